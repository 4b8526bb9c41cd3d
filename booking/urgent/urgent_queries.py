"""The work list of urgent requests: who asked, in which words, how they are reached, and who sees to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.queries.appointments import AppointmentView, of_ids
from booking.states import State
from booking.tables import Appointment
from booking.urgent.tables import UrgentRequest
from booking.urgent.urgent_rules import CLOSED_WITHIN, NAMED_WITHIN, SAME_WITHIN, is_late
from core.runtime import Runtime
from locations.model import Catalogue
from locations.tables import Authority
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
    is_named: bool
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


@dataclass(frozen=True)
class UrgentList:
    """The requests that a page shows; `more` are open besides."""

    requests: tuple[UrgentView, ...]
    more: int = 0


def urgent_requests(db: Session, catalogue: Catalogue, now: datetime) -> UrgentList:
    """The open ones, first those without a name that can be reached, the oldest first; then what was closed within a day."""
    rows = select(UrgentRequest, Resident, StaffMember.name.label("taken_by"), StaffMember.is_active)
    rows = rows.outerjoin(Resident, Resident.id == UrgentRequest.resident_id)
    rows = rows.outerjoin(StaffMember, StaffMember.id == UrgentRequest.staff_id)
    here = rows.where(UrgentRequest.authority_id == catalogue.authority.id)
    cannot_be_reached = and_(UrgentRequest.resident_id.is_(None), UrgentRequest.phone == "")
    first = (~_without_name(), cannot_be_reached, UrgentRequest.asked_at, UrgentRequest.id)
    still_open = here.where(UrgentRequest.closed_at.is_(None)).order_by(*first)
    closed = here.where(UrgentRequest.closed_at > now - SHOWN_CLOSED).order_by(UrgentRequest.closed_at.desc())
    found = [*db.execute(still_open.limit(MOST_LISTED)), *db.execute(closed.limit(MOST_LISTED))]
    booked = _booked(db, catalogue, {row.Resident.id for row in found if row.Resident}, now)
    number = select(func.count()).where(UrgentRequest.authority_id == catalogue.authority.id)
    more = (db.scalar(number.where(UrgentRequest.closed_at.is_(None))) or 0) - MOST_LISTED
    views = (
        UrgentView(
            row.UrgentRequest,
            row.Resident,
            row.taken_by or "",
            bool(row.is_active),
            _is_late(row.UrgentRequest, now, is_named=bool(row.is_active)),
            booked.get(row.UrgentRequest.resident_id, ()),
        )
        for row in found
    )
    return UrgentList(tuple(views), max(0, more))


def _is_late(row: UrgentRequest, now: datetime, *, is_named: bool) -> bool:
    if is_named and row.taken_at is not None:
        return now - row.taken_at >= CLOSED_WITHIN
    return is_late(row.asked_at, now)


def unnamed_counts(db: Session, authority_id: int, now: datetime) -> tuple[int, int]:
    """How many open requests have nobody's name, and how many of those for too long."""
    here = (UrgentRequest.authority_id == authority_id, UrgentRequest.closed_at.is_(None), _without_name())
    asked = db.scalars(select(UrgentRequest.asked_at).where(*here)).all()
    return len(asked), sum(is_late(at, now) for at in asked)


def left_open_count(db: Session, authority_id: int, now: datetime) -> int:
    """How many requests have somebody's name for so long that they may have been forgotten."""
    here = (UrgentRequest.authority_id == authority_id, UrgentRequest.closed_at.is_(None), _left_open(now))
    return db.scalar(select(func.count()).where(*here)) or 0


def are_urgent_requests_named(runtime: Runtime) -> bool:
    """Whether no council has an urgent request that has nobody's name for too long, or was taken and left open."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        unnamed = and_(_without_name(), UrgentRequest.asked_at <= now - NAMED_WITHIN)
        late = select(func.count()).where(UrgentRequest.closed_at.is_(None), or_(unnamed, _left_open(now)))
        return not db.scalar(late)


def requests_to_alert(db: Session, now: datetime) -> list[UrgentRequest]:
    """Those that have nobody's name for too long and of which nobody was written to yet, locked."""
    late = select(UrgentRequest).where(*_to_alert(now)).order_by(UrgentRequest.id)
    rows = late.with_for_update(skip_locked=True, of=UrgentRequest)
    return list(db.scalars(rows.limit(MOST_LISTED)))


def has_requests_to_alert(db: Session, now: datetime) -> bool:
    """Whether there is such a request."""
    return db.scalar(select(UrgentRequest.id).where(*_to_alert(now)).limit(1)) is not None


def is_any_late(db: Session, authority_id: int, now: datetime) -> bool:
    """Whether the council has a request that has nobody's name for too long."""
    return unnamed_counts(db, authority_id, now)[1] > 0


def open_request(db: Session, authority_id: int, key: str, now: datetime) -> UrgentRequest | None:
    """The newest open request of this browser or call that is not of long ago, locked."""
    rows = select(UrgentRequest).where(*_of_key(authority_id, key, now)).order_by(UrgentRequest.id.desc())
    return db.scalars(rows.limit(1).with_for_update()).first()


def number_of_request(db: Session, authority_id: int, key: str, now: datetime) -> str | None:
    """The number that was given with the open request of this browser, empty for none; None where there is no request."""
    rows = select(UrgentRequest.phone).where(*_of_key(authority_id, key, now)).order_by(UrgentRequest.id.desc())
    return db.scalar(rows.limit(1))


def _of_key(authority_id: int, key: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    here = (UrgentRequest.authority_id == authority_id, UrgentRequest.asked_key == key)
    return (*here, UrgentRequest.closed_at.is_(None), UrgentRequest.asked_at > now - SAME_WITHIN)


def _to_alert(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Late, nobody written to yet, and the council has named somebody."""
    late = (UrgentRequest.closed_at.is_(None), _without_name(), UrgentRequest.asked_at <= now - NAMED_WITHIN)
    has_named = exists().where(Authority.id == UrgentRequest.authority_id, Authority.urgent_email != "")
    return (*late, UrgentRequest.alerted_at.is_(None), has_named)


def _without_name() -> ColumnElement[bool]:
    """Whether no member of staff who works here has their name on it."""
    colleague = aliased(StaffMember)  # apart from the one whose name a list shows
    return ~exists().where(colleague.id == UrgentRequest.staff_id, colleague.is_active)


def _left_open(now: datetime) -> ColumnElement[bool]:
    return and_(~_without_name(), UrgentRequest.taken_at <= now - CLOSED_WITHIN)


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
