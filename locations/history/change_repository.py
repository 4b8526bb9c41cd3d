"""The changes of a council's set-up, written and read."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.audit import Actor
from core.database import connection_of, table_of
from core.errors import NotFound
from locations.history.tables import SetUpChange
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import Table, TableChange

MOST_SHOWN = 50
_changes = table_of(SetUpChange)


@dataclass(frozen=True)
class PastChange:
    """A change of one thing: its own table before and after, who made it and when. `change_set` names what came with it."""

    id: int
    key: Key
    before: Table | None
    after: Table | None
    at: datetime
    actor_kind: str
    actor_name: str
    change_set: str


def record_changes(db: Session, authority_id: int, changes: Iterable[TableChange], actor: Actor, now: datetime) -> str:
    """The name of the change set under which these changes were written, in the caller's transaction."""
    change_set = secrets.token_hex(8)
    common: dict[str, Any] = {"authority_id": authority_id, "at": now, "change_set": change_set}
    common |= {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name}
    rows = [
        common | {"thing": _text_of(one.key), "before": one.before, "after": one.after}
        for one in changes
        if one.before is not None or one.after is not None
    ]
    if rows:
        connection_of(db).execute(_changes.insert(), rows)
    return change_set


def changes_of(db: Session, authority_id: int, key: Key, limit: int = MOST_SHOWN) -> list[PastChange]:
    """The changes of one thing, the newest first."""
    return _read(db, _of_council(authority_id).where(_changes.c.thing == _text_of(key)).limit(limit))


def recent_changes(db: Session, authority_id: int, limit: int = MOST_SHOWN) -> list[PastChange]:
    """The changes of the whole set-up, the newest first."""
    return _read(db, _of_council(authority_id).limit(limit))


def changes_of_sessions(db: Session, authority_id: int, site: str, limit: int = MOST_SHOWN) -> list[PastChange]:
    """The changes of all sessions of a site, the newest first."""
    here = _changes.c.thing.startswith(f"session/{site}/", autoescape=True)
    return _read(db, _of_council(authority_id).where(here).limit(limit))


def changes_of_set(db: Session, authority_id: int, change_set: str) -> list[PastChange]:
    """What was changed together."""
    return _read(db, _of_council(authority_id).where(_changes.c.change_set == change_set))


def change_by_id(db: Session, authority_id: int, change_id: int) -> PastChange:
    """One change. Raises: NotFound."""
    found = _read(db, _of_council(authority_id).where(_changes.c.id == change_id))
    if not found:
        raise NotFound
    return found[0]


def _of_council(authority_id: int) -> Select[Any]:
    return select(_changes).where(_changes.c.authority_id == authority_id).order_by(_changes.c.id.desc())


def _read(db: Session, statement: Select[Any]) -> list[PastChange]:
    rows: Sequence[Any] = connection_of(db).execute(statement).all()
    return [
        PastChange(
            row.id, _key_of(row.thing), row.before, row.after, row.at, row.actor_kind, row.actor_name, row.change_set
        )
        for row in rows
    ]


def _text_of(key: Key) -> str:
    return "/".join((key.kind, *key.slugs))


def _key_of(text: str) -> Key:
    kind, *slugs = text.split("/")
    return Key(cast(Kind, kind), tuple(slugs))
