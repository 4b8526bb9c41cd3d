"""Originals that the council has taken, and which of them it should have given back by now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from booking.documents.document_owner import DocumentOwner
from booking.documents.tables import KeptOriginal
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from people.residents.tables import Resident
from people.staff.tables import StaffMember

BACK_WITHIN = timedelta(days=5)
"""An original that was kept longer is an alarm. Source: the council's own rule for originals, five days."""

TAKEN_BACK_WITHIN = timedelta(days=1)
"""As long it can be said that an original was not given back after all."""


class Returned(StrEnum):
    """How an original was given back."""

    COLLECTED = "collected"
    POSTED = "posted"


@dataclass(frozen=True)
class OriginalView:
    """An original: of whom, by the reference of the visit; `taken_by` and `returned_by` are names of staff."""

    id: int
    reference: str
    name: str
    resident_id: int | None
    document: str
    place: str
    taken_at: datetime
    taken_by: str
    returned_at: datetime | None
    returned_how: str
    returned_by: str

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been given back."""
        return self.returned_at is None and now - self.taken_at > BACK_WITHIN

    def may_be_here(self, now: datetime) -> bool:
        """Whether it can still be said that it was not given back after all."""
        return self.returned_at is not None and now - self.returned_at <= TAKEN_BACK_WITHIN


def originals_of(db: Session, owner: DocumentOwner) -> list[OriginalView]:
    """All that were taken of one visit, the oldest first."""
    if owner.appointment_id:
        return _found(
            db, KeptOriginal.appointment_id == owner.appointment_id, KeptOriginal.resident_id == owner.resident_id
        )
    return _found(db, KeptOriginal.visit_id == owner.visit_id)


def originals_at(db: Session, site_id: int) -> list[OriginalView]:
    """All that a site has now, the oldest first."""
    return _found(db, KeptOriginal.site_id == site_id, KeptOriginal.returned_at.is_(None))


def given_back_lately(db: Session, site_id: int, now: datetime) -> list[OriginalView]:
    """Those of a site of which it can still be said that they were not given back, the oldest first."""
    return _found(db, KeptOriginal.site_id == site_id, KeptOriginal.returned_at >= now - TAKEN_BACK_WITHIN)


def overdue_by_site(db: Session, site_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many originals each of the sites should have given back by now; none for those that have none."""
    late = (KeptOriginal.returned_at.is_(None), KeptOriginal.taken_at < now - BACK_WITHIN)
    counted = select(KeptOriginal.site_id, func.count()).where(KeptOriginal.site_id.in_(site_ids), *late)
    rows = db.execute(counted.group_by(KeptOriginal.site_id)).all()
    return {row[0]: row[1] for row in rows}


def _found(db: Session, *where: ColumnElement[bool]) -> list[OriginalView]:
    taker, giver = aliased(StaffMember), aliased(StaffMember)
    rows = db.execute(
        select(
            KeptOriginal,
            Appointment.reference,
            Resident.name,
            DayVisit.reference,
            DayVisit.name,
            taker.name,
            giver.name,
        )
        .outerjoin(Appointment, Appointment.id == KeptOriginal.appointment_id)
        .outerjoin(Resident, Resident.id == KeptOriginal.resident_id)
        .outerjoin(DayVisit, DayVisit.id == KeptOriginal.visit_id)
        .outerjoin(taker, taker.id == KeptOriginal.staff_id)
        .outerjoin(giver, giver.id == KeptOriginal.returned_by)
        .where(*where)
        .order_by(KeptOriginal.taken_at, KeptOriginal.id)
    )
    return [
        OriginalView(
            row.id,
            booked or walked_in or "",
            resident or name or "",
            row.resident_id,
            row.document,
            row.place,
            row.taken_at,
            taken_by or "",
            row.returned_at,
            row.returned_how,
            returned_by or "",
        )
        for row, booked, resident, walked_in, name, taken_by, returned_by in rows
    ]
