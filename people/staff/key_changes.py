"""Keys of programs: made, rolled over and ended, by an administrator on a page or by a command. Each is in the audit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import digest
from people.staff.api_keys import create_api_key, has_ended, key_by_id, revoke_api_key
from people.staff.tables import ApiKey

# How long an old key may go on working beside the new one.
OVERLAPS = {"now": timedelta(), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True)
class NewKey:
    """A key that was made just now; `text` is shown this once."""

    key_id: int
    text: str


def make_key(runtime: Runtime, authority_id: int, name: str, scopes: Collection[str], *, actor: Actor) -> NewKey:
    """A new key of the authority. Raises: Invalid, in the field "name" or "scopes"."""
    with runtime.database.writing() as db:
        return _make(db, authority_id, name, scopes, actor, runtime.clock.now())


def roll_over(runtime: Runtime, authority_id: int, key_id: int, overlap: timedelta, *, actor: Actor) -> NewKey:
    """A new key with the name and scopes of one that works; that one ends after `overlap`.

    Raises: NotFound, also for a key that has ended, or was rolled over before.
    """
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        old = _locked(db, authority_id, key_id)
        if has_ended(old, now) or old.ends_at is not None:
            raise NotFound
        new = _make(db, authority_id, old.name, old.scopes, actor, now, instead_of=old.id)
        old.ends_at = now + overlap
    return new


def end_key(runtime: Runtime, authority_id: int, key_id: int, *, actor: Actor) -> None:
    """End a key at once. One that has ended stays as it is. Raises: NotFound."""
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        key = _locked(db, authority_id, key_id)
        if not has_ended(key, now):
            revoke(db, authority_id, key.prefix, actor=actor, now=now)


def revoke(db: Session, authority_id: int, prefix: str, *, actor: Actor, now: datetime) -> ApiKey:
    """The key with `prefix`, which ends now, or has ended before. Raises: NotFound."""
    key = revoke_api_key(db, authority_id, prefix, now)
    record(db, actor, "api_key_ended", ("api_key", key.id), authority_id=authority_id, now=now)
    return key


def _make(
    db: Session,
    authority_id: int,
    name: str,
    scopes: Collection[str],
    actor: Actor,
    now: datetime,
    *,
    instead_of: int | None = None,
) -> NewKey:
    text = create_api_key(db, name=name, authority_id=authority_id, scopes=scopes, now=now, made_by=actor.name)
    key = db.scalars(select(ApiKey).where(ApiKey.digest == digest(text))).one()
    facts: dict[str, Any] = {"scopes": key.scopes, "instead_of": instead_of}
    record(db, actor, "api_key_made", ("api_key", key.id), authority_id=authority_id, now=now, **facts)
    return NewKey(key.id, text)


def _locked(db: Session, authority_id: int, key_id: int) -> ApiKey:
    """The key, so that of two who roll it over at once only one does."""
    db.execute(select(ApiKey.id).where(ApiKey.id == key_id).with_for_update())
    return key_by_id(db, authority_id, key_id)
