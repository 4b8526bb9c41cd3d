"""Rows of who acts for residents: one for each booking, read and written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from people.residents.details import Representation, phone_key
from people.residents.tables import Representative


def representation_by_id(
    db: Session, authority_id: int, resident_id: int, representative_id: int
) -> Representation | None:
    """Who acted for the resident in an earlier booking, or None."""
    row = db.get(Representative, representative_id)
    if row is None or (row.authority_id, row.resident_id) != (authority_id, resident_id):
        return None
    return Representation(row.name, row.basis, row.email, row.phone, row.address, row.postcode)


def gets_no_texts(db: Session, authority_id: int, phone: str) -> bool:
    """Whether somebody who acts for a resident of the council has asked for no texts to this number."""
    key = phone_key(phone)
    stopped = (Representative.authority_id == authority_id, Representative.phone_key == key, Representative.do_not_text)
    return bool(key) and db.scalar(select(exists().where(*stopped))) is True


def add_representative(
    db: Session, authority_id: int, resident_id: int, representation: Representation, now: datetime
) -> int:
    """The id of a new representative, for one booking. Who has asked for no texts to this number gets none."""
    row = Representative(
        authority_id=authority_id,
        resident_id=resident_id,
        name=representation.name.strip(),
        basis=representation.basis,
        email=representation.email.strip(),
        phone=representation.phone.strip(),
        address=representation.address,
        postcode=representation.postcode,
        do_not_text=gets_no_texts(db, authority_id, representation.phone),
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row.id
