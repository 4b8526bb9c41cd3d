"""Who else has a telephone number."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from people.residents.details import phone_key
from people.residents.tables import Representative, Resident


def is_shared_phone(db: Session, authority_id: int, resident_id: int, phone: str) -> bool:
    """Whether the number stands in the record of another resident of the council too."""
    key = phone_key(phone)
    others = exists().where(
        Resident.authority_id == authority_id, Resident.phone_key == key, Resident.id != resident_id
    )
    return bool(key) and bool(db.scalar(select(others)))


def residents_of_phone(db: Session, authority_id: int, phone: str, limit: int) -> Sequence[Resident]:
    """Whose number it may be, or that of somebody who acts for them, at most `limit`; nobody for no number."""
    key = phone_key(phone)
    if not key:
        return ()
    acting = exists().where(Representative.resident_id == Resident.id, Representative.phone_key == key)
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None))
    found = select(Resident).where(*here, or_(Resident.phone_key == key, acting))
    return db.scalars(found.order_by(Resident.phone_key != key, Resident.id).limit(limit)).all()
