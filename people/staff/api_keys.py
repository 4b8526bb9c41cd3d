"""Keys for programs: `fd_`, 8 characters to recognise the key by, and a secret. Only a digest is kept.

The secret has 256 bits, so a plain SHA-256 is enough at rest: there is nothing to guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from core.database import connection_of, table_of
from core.errors import Invalid, InvalidValue, NotFound
from core.text import clean_line
from core.tokens import digest, new_token
from people.staff.policy import Scope
from people.staff.tables import ApiKey

MARK = "fd_"
PREFIX_LENGTH = 8
LONGEST_NAME = 100
# "Used" is written at most this often, so that a request of a program is seldom a write.
TOUCH_EVERY = timedelta(minutes=10)

_keys = table_of(ApiKey).c
# Written once, without the mapper: every request of a program begins with it.
_WORKING_KEY = select(_keys.id, _keys.name, _keys.authority_id, _keys.scopes, _keys.last_used_at).where(
    _keys.digest == bindparam("key_digest"),
    _keys.revoked_at.is_(None),
    or_(_keys.ends_at.is_(None), _keys.ends_at > bindparam("now")),
)


@dataclass(frozen=True)
class SignedInKey:
    """An API key, as one request sees it."""

    key_id: int
    name: str
    authority_id: int
    scopes: frozenset[Scope]
    last_used_at: datetime | None = None


def create_api_key(
    db: Session,
    *,
    name: str,
    authority_id: int,
    scopes: Collection[str],
    now: datetime,
    made_by: str = "",
) -> str:
    """A new key, shown this once. Raises: Invalid for no scope, an unknown one, or no name."""
    checked_scopes = _checked_scopes(scopes)
    kept_name = _checked_name(name)
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    key = f"{MARK}{prefix}_{new_token()}"
    row = ApiKey(
        authority_id=authority_id,
        name=kept_name,
        prefix=prefix,
        digest=digest(key),
        scopes=checked_scopes,
        created_at=now,
        made_by=made_by,
    )
    db.add(row)
    db.flush()
    return key


def _checked_name(text: str) -> str:
    try:
        name = clean_line(text, LONGEST_NAME)
    except InvalidValue as error:
        raise Invalid({"name": [error.reason]}) from error
    if not name:
        raise Invalid.in_field("name", "key_without_name")
    return name


def _checked_scopes(scopes: Collection[str]) -> list[str]:
    known = [scope.value for scope in Scope]
    unknown = sorted(set(scopes) - set(known))
    if unknown or not scopes:
        raise Invalid.in_field("scopes", "scopes_unknown" if unknown else "no_scope", known=known, unknown=unknown)
    return sorted(set(scopes))


def key_of(db: Session, token: str, now: datetime) -> SignedInKey | None:
    """The key that `token` is, or None when there is no such key or it has ended. One statement."""
    if not token.startswith(MARK):
        return None
    row = connection_of(db).execute(_WORKING_KEY, {"key_digest": digest(token), "now": now}).first()
    if row is None:
        return None
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    return SignedInKey(row.id, row.name, row.authority_id, scopes, row.last_used_at)


def is_unwritten(key: SignedInKey, now: datetime) -> bool:
    """Whether it is time to write down again that the key was used."""
    return key.last_used_at is None or now - key.last_used_at >= TOUCH_EVERY


def touch_key(db: Session, key_id: int, now: datetime) -> None:
    """Write that the key was used at `now`; never backwards."""
    is_older = or_(_keys.last_used_at.is_(None), _keys.last_used_at < now)
    db.execute(update(ApiKey).where(_keys.id == key_id, is_older).values(last_used_at=now))


def keys_of(db: Session, authority_id: int) -> list[ApiKey]:
    """Every key of the authority, those that have ended too, oldest first."""
    return list(db.scalars(select(ApiKey).where(ApiKey.authority_id == authority_id).order_by(ApiKey.id)))


def key_by_id(db: Session, authority_id: int, key_id: int) -> ApiKey:
    """A key of the authority. Raises: NotFound."""
    row = db.scalar(select(ApiKey).where(ApiKey.authority_id == authority_id, ApiKey.id == key_id))
    if row is None:
        raise NotFound
    return row


def has_ended(key: ApiKey, now: datetime) -> bool:
    """Whether a program with this key is refused."""
    return key.revoked_at is not None or (key.ends_at is not None and key.ends_at <= now)


def revoke_api_key(db: Session, authority_id: int, prefix: str, now: datetime) -> ApiKey:
    """The key with `prefix`, revoked now or before. Raises: NotFound."""
    row = db.scalar(select(ApiKey).where(ApiKey.authority_id == authority_id, ApiKey.prefix == prefix))
    if row is None:
        raise NotFound.because("key_unknown", prefix=prefix)
    row.revoked_at = row.revoked_at or now
    db.flush()
    return row
