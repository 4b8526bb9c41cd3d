"""Keys for programs: `fd_`, 8 characters to recognise the key by, and a secret. Only a digest is kept.

The secret has 256 bits, so a plain SHA-256 is enough at rest: there is nothing to guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
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

_keys = table_of(ApiKey).c
# Written once, without the mapper: every request of a program begins with it.
_WORKING_KEY = select(_keys.id, _keys.name, _keys.authority_id, _keys.scopes).where(
    _keys.digest == bindparam("key_digest"), _keys.revoked_at.is_(None)
)


@dataclass(frozen=True)
class SignedInKey:
    """An API key, as one request sees it."""

    key_id: int
    name: str
    authority_id: int
    scopes: frozenset[Scope]


def create_api_key(
    db: Session,
    *,
    name: str,
    authority_id: int,
    scopes: Collection[str],
    now: datetime,
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


def key_of(db: Session, token: str) -> SignedInKey | None:
    """The key that `token` is, or None when there is no such key or it is revoked. One statement."""
    if not token.startswith(MARK):
        return None
    row = connection_of(db).execute(_WORKING_KEY, {"key_digest": digest(token)}).first()
    if row is None:
        return None
    return SignedInKey(
        row.id,
        row.name,
        row.authority_id,
        frozenset(Scope(scope) for scope in row.scopes),
    )


def keys_of(db: Session, authority_id: int) -> list[ApiKey]:
    """Every key of the authority, revoked ones too, oldest first."""
    return list(db.scalars(select(ApiKey).where(ApiKey.authority_id == authority_id).order_by(ApiKey.id)))


def revoke_api_key(db: Session, authority_id: int, prefix: str, now: datetime) -> ApiKey:
    """The key with `prefix`, revoked now or before. Raises: NotFound."""
    row = db.scalar(select(ApiKey).where(ApiKey.authority_id == authority_id, ApiKey.prefix == prefix))
    if row is None:
        raise NotFound.because("key_unknown", prefix=prefix)
    row.revoked_at = row.revoked_at or now
    db.flush()
    return row
