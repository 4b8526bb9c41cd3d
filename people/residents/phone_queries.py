"""Who else has a telephone number."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from people.residents.details import phone_key
from people.residents.tables import Resident


def is_shared_phone(db: Session, authority_id: int, resident_id: int, phone: str) -> bool:
    """Whether the number stands in the record of another resident of the council too."""
    key = phone_key(phone)
    others = exists().where(
        Resident.authority_id == authority_id, Resident.phone_key == key, Resident.id != resident_id
    )
    return bool(key) and bool(db.scalar(select(others)))
