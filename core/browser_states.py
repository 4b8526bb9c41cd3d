"""What the server keeps for one browser for a while: entries of JSON under names, which can be ended at once.

The browser has a random id in its signed cookie and nothing else; the table has only the digest of that id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.connections import CLEANUP
from core.database import Base, Database, connection_of, table_of
from core.tokens import digest


class BrowserState(Base):
    """One entry of one browser: "draft:1a2b3c4d", for example. It counts until `expires_at`."""

    __tablename__ = "browser_states"
    __table_args__ = (Index("ix_browser_states_expires_at", "expires_at"),)

    browser_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    expires_at: Mapped[datetime]


_states = table_of(BrowserState)
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert(_states), "postgresql": postgresql.insert(_states)}
_LIVE = (_states.c.browser_digest == bindparam("browser"), _states.c.expires_at > bindparam("now"))
_ONE = select(_states.c.value).where(*_LIVE, _states.c.name == bindparam("name"))
_NAMES = select(_states.c.name).where(*_LIVE).order_by(_states.c.changed_at.desc(), _states.c.name)


def read_entry(db: Session, browser_id: str, name: str, now: datetime) -> dict[str, Any] | None:
    """The entry of this name, or None when there is none or it has expired at `now`."""
    found = db.scalar(_ONE, {"browser": digest(browser_id), "name": name, "now": now})
    return None if found is None else dict(found)


def names_of(db: Session, browser_id: str, now: datetime) -> list[str]:
    """The names of the browser's entries, the one changed last first."""
    return list(db.scalars(_NAMES, {"browser": digest(browser_id), "now": now}))


def write_entry(
    database: Database, browser_id: str, name: str, value: dict[str, Any], *, now: datetime, expires_at: datetime
) -> None:
    """Write the entry of this name, over an earlier one if there is one."""
    row: dict[str, Any] = {"browser_digest": digest(browser_id), "name": name, "value": value}
    row |= {"changed_at": now, "expires_at": expires_at}
    with database.writing() as db:
        insert = _INSERT[db.get_bind().dialect.name]
        changed = {column: insert.excluded[column] for column in ("value", "changed_at", "expires_at")}
        statement = insert.on_conflict_do_update(index_elements=["browser_digest", "name"], set_=changed)
        connection_of(db).execute(statement, row)


def prolong_entry(database: Database, browser_id: str, name: str, *, now: datetime, expires_at: datetime) -> None:
    """Keep the entry of this name until `expires_at`, if there is one."""
    live = (_states.c.browser_digest == digest(browser_id), _states.c.name == name, _states.c.expires_at > now)
    with database.writing() as db:
        connection_of(db).execute(update(_states).where(*live).values(expires_at=expires_at))


def delete_entries(database: Database, browser_id: str, *names: str) -> None:
    """Delete the entries of these names, or all of the browser when none is named."""
    chosen = (_states.c.name.in_(names),) if names else ()
    with database.writing() as db:
        connection_of(db).execute(delete(_states).where(_states.c.browser_digest == digest(browser_id), *chosen))


def delete_expired(database: Database, now: datetime) -> None:
    """Delete what has expired. A row that is being written at this moment stays until the next time."""
    key = tuple_(_states.c.browser_digest, _states.c.name)
    expired = (
        select(_states.c.browser_digest, _states.c.name)
        .where(_states.c.expires_at <= now)
        .with_for_update(skip_locked=True)
    )
    with database.writing(CLEANUP) as db:
        connection_of(db).execute(delete(_states).where(key.in_(expired)))
