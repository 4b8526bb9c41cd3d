"""The visits of a site's day as screens, programs and the rules of the order read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.availability.free_periods import is_open
from booking.availability.site_days import site_day
from booking.queries.appointments import stamp_of_row
from booking.tables import Allocation, Appointment
from booking.visits.desk_ability import is_for_desk
from booking.visits.tables import DayVisit
from booking.visits.visit_states import AT_DESK, HERE, VisitState
from booking.visits.visit_words import NO_WORDS, VisitWords
from booking.visits.waiting_order import Waiting, in_order
from core.errors import NotFound
from core.tokens import stamp_of
from core.wall_clock import local_day
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts
from people.residents.tables import Resident


@dataclass(frozen=True)
class VisitOfDay:
    """A visit with what a screen says of it. Instants are aware, in UTC. `booked_with` are ids of resources.

    `called_name` is what they said at the door, and `name` that of their record, where there is one.

    `stamp` changes whenever the visit does. `starts_at`, `ends_at` and `version` are those of its appointment. `answers` are
    what they were asked before, by question; `asked_at` is when somebody without an appointment asked for help so.
    """

    id: int
    site: SiteFacts
    local_date: date
    ticket: int
    part: int
    reference: str
    appointment_id: int | None
    resident_id: int | None
    version: int
    starts_at: datetime | None
    ends_at: datetime | None
    name: str
    called_name: str
    service: ServiceFacts
    support_needs: tuple[str, ...]
    is_urgent: bool
    state: VisitState
    changed_at: datetime
    arrived_at: datetime
    desk: ResourceFacts | None
    called_at: datetime | None
    times_called: int
    started_at: datetime | None
    ended_at: datetime | None
    shows_name: bool
    answers: tuple[tuple[str, str], ...] = ()
    asked_at: datetime | None = None
    channel: str = "counter"
    booked_with: frozenset[int] = frozenset()
    booked_instead: str = ""
    missing: tuple[str, ...] = ()
    booked_next: str = ""
    words: VisitWords = NO_WORDS
    text_to: str = ""
    stamp: str = ""

    @property
    def is_walk_in(self) -> bool:
        """Whether they have no appointment."""
        return self.appointment_id is None

    @property
    def waiting(self) -> Waiting:
        """The visit as the order knows it."""
        booked_at = None if self.starts_at is None else minutes_of_instant(self.starts_at)
        arrived_at = minutes_of_instant(self.arrived_at)
        return Waiting(self.id, self.ticket, arrived_at, booked_at, self.is_urgent)


def minutes_of_instant(instant: datetime) -> float:
    """The instant on the scale of `waiting_order`."""
    return instant.timestamp() / 60


_VISITS = (
    select(DayVisit, Appointment, Resident.name.label("resident"))
    .outerjoin(Appointment, Appointment.id == DayVisit.appointment_id)
    .outerjoin(Resident, Resident.id == func.coalesce(Appointment.resident_id, DayVisit.resident_id))
)


def visits_of_day(
    db: Session, catalogue: Catalogue, site: SiteFacts, local_date: date, states: Collection[VisitState] = HERE
) -> list[VisitOfDay]:
    """The visits of the day in these states, by ticket. Two statements."""
    same_day = (DayVisit.site_id == site.id, DayVisit.local_date == local_date)
    return _found(db, catalogue, *same_day, DayVisit.state.in_([state.value for state in states]))


def visit_by_id(db: Session, catalogue: Catalogue, visit_id: int) -> VisitOfDay:
    """The council's visit of this id. Raises: NotFound."""
    return _one(db, catalogue, DayVisit.id == visit_id)


def visit_of_appointment(db: Session, catalogue: Catalogue, appointment_id: int) -> VisitOfDay:
    """The visit of the appointment of this id. Raises: NotFound when nobody has come for it."""
    return _one(db, catalogue, DayVisit.appointment_id == appointment_id)


def waiting_in_order(visits: Iterable[VisitOfDay], now: datetime) -> list[VisitOfDay]:
    """Those who wait, in the order in which they are called at `now`. Who is with a desk for another part is left out."""
    known = list(visits)
    with_desk = {one.ticket for one in known if one.state in AT_DESK}
    waiting = {one.id: one for one in known if one.state is VisitState.WAITING and one.ticket not in with_desk}
    order = in_order((one.waiting for one in waiting.values()), minutes_of_instant(now))
    return [waiting[one.key] for one in order]


def working_today(site: SiteFacts, local_date: date, zone: str) -> frozenset[int]:
    """The ids of the resources that are open at all on the day."""
    plan = site_day(site, local_day(local_date, zone), zone)
    return frozenset(day.resource.resource_id for day in plan.resources if is_open(day))


def for_desk(desk: ResourceFacts, visits: Iterable[VisitOfDay], working: Collection[int]) -> list[VisitOfDay]:
    """Those of `visits` whom the desk may call, in their order."""
    return [
        one
        for one in visits
        if is_for_desk(
            desk,
            one.service,
            frozenset(one.support_needs),
            one.site,
            working=working,
            booked_with=one.booked_with,
        )
    ]


def _one(db: Session, catalogue: Catalogue, where: ColumnElement[bool]) -> VisitOfDay:
    found = _found(db, catalogue, where)
    if not found:
        raise NotFound.because("visit_unknown")
    return found[0]


def _found(db: Session, catalogue: Catalogue, *where: ColumnElement[bool]) -> list[VisitOfDay]:
    statement = _VISITS.where(DayVisit.authority_id == catalogue.authority.id, *where)
    rows = db.execute(statement.order_by(DayVisit.ticket, DayVisit.part)).all()
    seats = booked_resources(db, [row.Appointment.id for row in rows if row.Appointment is not None])
    return [_view(catalogue, row.DayVisit, row.Appointment, row.resident or "", seats) for row in rows]


def booked_resources(db: Session, appointment_ids: list[int]) -> Mapping[int, set[int]]:
    """The ids of the resources that each of the appointments occupies, by its id."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    if appointment_ids:
        columns = (Allocation.appointment_id, Allocation.resource_id)
        for owner, resource_id in db.execute(select(*columns).where(Allocation.appointment_id.in_(appointment_ids))):
            found[owner or 0].add(resource_id)
    return found


def _view(
    catalogue: Catalogue, row: DayVisit, booked: Appointment | None, resident: str, seats: Mapping[int, set[int]]
) -> VisitOfDay:
    site = catalogue.site_by_id(row.site_id)
    return VisitOfDay(
        id=row.id,
        site=site,
        local_date=row.local_date,
        ticket=row.ticket,
        part=row.part,
        reference=booked.reference if booked else row.reference or "",
        appointment_id=row.appointment_id,
        resident_id=booked.resident_id if booked else row.resident_id,
        version=booked.version if booked else 1,
        starts_at=booked.starts_at if booked and not booked.is_walk_in else None,
        ends_at=booked.ends_at if booked and not booked.is_walk_in else None,
        name=resident or row.name,
        called_name=row.name or resident or "",
        service=catalogue.service_by_id(row.service_id),
        support_needs=tuple(booked.support_needs if booked else row.support_needs),
        is_urgent=row.is_urgent,
        state=VisitState(row.state),
        changed_at=row.changed_at,
        arrived_at=row.arrived_at,
        desk=catalogue.resource_at(site, row.resource_id) if row.resource_id else None,
        called_at=row.called_at,
        times_called=row.times_called,
        started_at=row.started_at,
        ended_at=row.ended_at,
        shows_name=row.shows_name,
        answers=tuple((str(asked), str(answer)) for asked, answer in (booked or row).answers.items() if answer),
        asked_at=row.asked_at,
        channel=row.channel,
        booked_with=frozenset(seats.get(row.appointment_id or 0, ())),
        booked_instead=row.booked_instead,
        missing=tuple(row.missing),
        words=VisitWords(row.done, row.next_step),
        **{name: getattr(row, name) for name in ("booked_next", "text_to")},
        stamp=visit_stamp(row, booked),
    )


def words_after(db: Session, appointment_id: int) -> VisitWords:
    """What is said of the visit of an appointment."""
    row = db.execute(select(DayVisit.done, DayVisit.next_step).where(DayVisit.appointment_id == appointment_id)).first()
    return VisitWords(*row) if row else NO_WORDS


def visit_stamp(row: DayVisit, booked: Appointment | None) -> str:
    """The stamp of all that a page shows of a visit, and of its appointment, and that can change."""
    of_visit = (row.id, row.state, row.changed_at, row.resource_id, row.times_called, row.is_urgent, row.booked_next)
    return stamp_of(*of_visit, row.done, row.next_step, row.text_to, stamp_of_row(booked) if booked else "")
