"""The work list of urgent requests: who asked, in which words, how they are reached, and who sees to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView, of_ids
from booking.states import State
from booking.tables import Appointment
from booking.urgent.tables import UrgentRequest
from booking.urgent.urgent_rules import NAMED_WITHIN, is_late
from core.runtime import Runtime
from locations.model import Catalogue
from people.residents.tables import Resident
from people.staff.tables import StaffMember

MOST_LISTED = 200
SHOWN_CLOSED = timedelta(hours=24)


@dataclass(frozen=True)
class UrgentView:
    """An urgent request: `resident` where it is known who asked, with what they have booked that is not over."""

    row: UrgentRequest
    resident: Resident | None
    taken_by: str
    is_late: bool
    appointments: tuple[AppointmentView, ...] = ()

    @property
    def name(self) -> str:
        """Whose it is, as far as known."""
        return self.resident.name if self.resident else self.row.name

    @property
    def phone(self) -> str:
        """The number that they gave for this, or else the one of their record."""
        return self.row.phone or (self.resident.phone if self.resident else "")


def urgent_requests(db: Session, catalogue: Catalogue, now: datetime) -> list[UrgentView]:
    """The open ones, first those without a name, the oldest first; then those that were closed within a day."""
    rows = select(UrgentRequest, Resident, StaffMember.name.label("taken_by"))
    rows = rows.outerjoin(Resident, Resident.id == UrgentRequest.resident_id)
    rows = rows.outerjoin(StaffMember, StaffMember.id == UrgentRequest.staff_id)
    here = rows.where(UrgentRequest.authority_id == catalogue.authority.id)
    first = (UrgentRequest.staff_id.is_not(None), UrgentRequest.asked_at, UrgentRequest.id)
    still_open = here.where(UrgentRequest.closed_at.is_(None)).order_by(*first)
    closed = here.where(UrgentRequest.closed_at > now - SHOWN_CLOSED).order_by(UrgentRequest.closed_at.desc())
    found = [*db.execute(still_open.limit(MOST_LISTED)), *db.execute(closed.limit(MOST_LISTED))]
    booked = _booked(db, catalogue, {row.Resident.id for row in found if row.Resident}, now)
    return [
        UrgentView(
            row.UrgentRequest,
            row.Resident,
            row.taken_by or "",
            row.UrgentRequest.staff_id is None and is_late(row.UrgentRequest.asked_at, now),
            booked.get(row.UrgentRequest.resident_id, ()),
        )
        for row in found
    ]


def unnamed_counts(db: Session, authority_id: int, now: datetime) -> tuple[int, int]:
    """How many requests have nobody's name, and how many of those for too long."""
    has_no_name = (UrgentRequest.authority_id == authority_id, *_without_name())
    asked = db.scalars(select(UrgentRequest.asked_at).where(*has_no_name)).all()
    return len(asked), sum(is_late(at, now) for at in asked)


def are_urgent_requests_named(runtime: Runtime) -> bool:
    """Whether no council has an urgent request that has nobody's name for too long."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        late = select(func.count()).where(*_without_name(), UrgentRequest.asked_at <= now - NAMED_WITHIN)
        return not db.scalar(late)


def requests_to_alert(db: Session, now: datetime) -> list[UrgentRequest]:
    """Those that have nobody's name for too long and of which nobody was written to yet, locked."""
    rows = select(UrgentRequest).where(*_to_alert(now)).order_by(UrgentRequest.id).with_for_update(skip_locked=True)
    return list(db.scalars(rows.limit(MOST_LISTED)))


def has_requests_to_alert(db: Session, now: datetime) -> bool:
    """Whether there is such a request."""
    return db.scalar(select(UrgentRequest.id).where(*_to_alert(now)).limit(1)) is not None


def open_request(db: Session, authority_id: int, key: str) -> UrgentRequest | None:
    """The open request of this visit or call, locked."""
    here = (UrgentRequest.authority_id == authority_id, UrgentRequest.asked_key == key)
    rows = select(UrgentRequest).where(*here, UrgentRequest.closed_at.is_(None)).order_by(UrgentRequest.id)
    return db.scalars(rows.limit(1).with_for_update()).first()


def _to_alert(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (*_without_name(), UrgentRequest.asked_at <= now - NAMED_WITHIN, UrgentRequest.alerted_at.is_(None))


def known_phone(db: Session, authority_id: int, key: str) -> str:
    """The number that was given in this visit while its request is open; empty for none."""
    here = (UrgentRequest.authority_id == authority_id, UrgentRequest.asked_key == key)
    rows = select(UrgentRequest.phone).where(*here, UrgentRequest.closed_at.is_(None)).order_by(UrgentRequest.id)
    return db.scalar(rows.limit(1)) or ""


def _without_name() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return UrgentRequest.closed_at.is_(None), UrgentRequest.staff_id.is_(None)


def _booked(
    db: Session, catalogue: Catalogue, residents: set[int], now: datetime
) -> dict[int | None, tuple[AppointmentView, ...]]:
    """What these residents have booked and is not over, the next one first."""
    to_come = (Appointment.state == State.BOOKED.value, Appointment.ends_at > now)
    ids = (
        db.scalars(select(Appointment.id).where(Appointment.resident_id.in_(residents), *to_come)) if residents else ()
    )
    views = sorted(of_ids(db, catalogue, list(ids)).values(), key=lambda view: view.starts_at)
    return {who: tuple(view for view in views if view.resident.id == who) for who in residents}
