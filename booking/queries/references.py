"""What a reference means, as somebody typed it: one of ours, or the one that the appointment had in another system."""

from __future__ import annotations

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from booking.tables import Appointment, OldReference
from core.database import connection_of, table_of
from core.tokens import old_reference_key, old_reference_keys, parse_reference

_old, _appointments = table_of(OldReference).c, table_of(Appointment).c
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_BY_OLD = (
    select(_old.key, _appointments.reference)
    .join_from(table_of(OldReference), table_of(Appointment), _old.appointment_id == _appointments.id)
    .where(_old.authority_id == bindparam("authority"), _old.key.in_(_KEYS))
)
_ANY = select(_old.id).where(_old.authority_id == bindparam("authority")).limit(1)


def meant_reference(db: Session, authority_id: int, text: str) -> str | None:
    """The reference of ours that `text` means, or None; whether there is such an appointment is not said.

    An import refuses old references that are one of ours, so that no text means two appointments.
    """
    key = old_reference_key(text)
    found = _by_old(db, authority_id, [key]) if key else None
    return found or parse_reference(text)


def reference_by_old(db: Session, authority_id: int, text: str) -> str | None:
    """The reference of the appointment whose old reference `text` is, or else of one that stands in it, or None."""
    keys = old_reference_keys(text)
    return _by_old(db, authority_id, list(keys)) if keys else None


def has_old_references(db: Session, authority_id: int) -> bool:
    """Whether the authority has brought bookings in from another system."""
    return connection_of(db).execute(_ANY, {"authority": authority_id}).first() is not None


def _by_old(db: Session, authority_id: int, keys: list[str]) -> str | None:
    rows = connection_of(db).execute(_BY_OLD, {"authority": authority_id, "keys": keys}).all()
    found: dict[str, str] = {row.key: row.reference for row in rows}
    return next((found[key] for key in keys if key in found), None)
