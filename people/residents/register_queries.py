"""Who stands on the register of people who cannot get online, and whose place on it is to be looked at anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from people.residents.tables import RegisterEntry, Resident
from people.staff.tables import StaffMember

MOST_LISTED = 200


@dataclass(frozen=True)
class Registered:
    """An entry of the register, whose it is, and who decided it."""

    entry: RegisterEntry
    name: str
    decided_by: str

    def is_due(self, today: date) -> bool:
        """Whether it is time to look at it anew."""
        return self.entry.ended_at is None and self.entry.review_on <= today


def open_entry(db: Session, authority_id: int, resident_id: int) -> RegisterEntry | None:
    """The resident's entry, if they are on the register."""
    here = (RegisterEntry.authority_id == authority_id, RegisterEntry.resident_id == resident_id)
    return db.scalar(select(RegisterEntry).where(*here, RegisterEntry.ended_at.is_(None)))


def on_register(db: Session, resident_ids: Sequence[int]) -> frozenset[int]:
    """Those of the residents who are on the register. One statement."""
    found = select(RegisterEntry.resident_id).where(
        RegisterEntry.resident_id.in_(resident_ids), RegisterEntry.ended_at.is_(None)
    )
    return frozenset(db.scalars(found)) if resident_ids else frozenset()


def entries_of(db: Session, authority_id: int, resident_id: int) -> list[Registered]:
    """All that was decided of the resident, the latest first."""
    here = (RegisterEntry.authority_id == authority_id, RegisterEntry.resident_id == resident_id)
    rows = _WITH_NAMES.where(*here).order_by(RegisterEntry.decided_at.desc(), RegisterEntry.id.desc())
    return [Registered(*row) for row in db.execute(rows.limit(MOST_LISTED))]


def register_of(db: Session, authority_id: int, most: int = MOST_LISTED) -> list[Registered]:
    """Who is on the register, those first who are to be looked at soonest; so many at most."""
    here = (
        RegisterEntry.authority_id == authority_id,
        RegisterEntry.ended_at.is_(None),
        Resident.anonymised_at.is_(None),
    )
    rows = _WITH_NAMES.where(*here).order_by(RegisterEntry.review_on, RegisterEntry.id)
    return [Registered(*row) for row in db.execute(rows.limit(most))]


def reviews_due(db: Session, authority_id: int, today: date) -> int:
    """How many are to be looked at anew."""
    due = (RegisterEntry.ended_at.is_(None), RegisterEntry.review_on <= today, Resident.anonymised_at.is_(None))
    rows = select(func.count(RegisterEntry.id)).join(Resident, Resident.id == RegisterEntry.resident_id)
    return db.scalar(rows.where(RegisterEntry.authority_id == authority_id, *due)) or 0


_WITH_NAMES = (
    select(RegisterEntry, Resident.name, func.coalesce(StaffMember.name, ""))
    .join(Resident, Resident.id == RegisterEntry.resident_id)
    .outerjoin(StaffMember, StaffMember.id == RegisterEntry.staff_id)
)
