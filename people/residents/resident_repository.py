"""Rows of residents and representatives that a booking needs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from people.residents.details import Representation
from people.residents.tables import Representative, Resident


def lock_resident(db: Session, authority_id: int, resident_id: int) -> Resident:
    """The resident, locked until the transaction ends, to count their open appointments. Raises: NotFound."""
    statement = select(Resident).where(Resident.id == resident_id, Resident.authority_id == authority_id)
    resident = db.scalar(statement.with_for_update(key_share=True))
    if resident is None:
        raise NotFound.because("resident_unknown")
    return resident


def add_representative(
    db: Session, authority_id: int, resident_id: int, representation: Representation, now: datetime
) -> int:
    """The id of a new representative, as things stood for one booking."""
    row = Representative(
        authority_id=authority_id,
        resident_id=resident_id,
        name=representation.name.strip(),
        basis=representation.basis,
        email=representation.email.strip(),
        phone=representation.phone.strip(),
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row.id
