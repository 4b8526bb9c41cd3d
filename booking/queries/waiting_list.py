"""Who waits for an earlier time, and for whom of them which time is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.site_days import counts_of
from booking.availability.values import Slot
from booking.capacity.kept_times import kept_seats
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import SHORT_NOTICE, PassedOver, QueuedWish, WantedTimes, WishState, earliest_use
from booking.queries.advisers import bookable_adviser
from booking.queries.slots import SlotQuery, engine_slots, free_slots_of
from booking.rebooking import ProposalState
from booking.slot_tokens import Counts, SlotKey, decode
from booking.states import State
from booking.tables import Appointment, AppointmentService, RebookItem
from core.wall_clock import ONE_DAY, instant_of
from locations.model import Catalogue
from locations.shut_for_good import last_date_of
from people.residents.details import missing_contact, wants_extra_time
from people.residents.tables import Resident

MOST_WAITING = 1000  # of a council, looked at in one pass: those who have waited longest
Start = tuple[int, datetime]  # site id, start

_IS_TO_BE_REBOOKED = (
    exists().where(RebookItem.appointment_id == Wish.appointment_id, RebookItem.closed_at.is_(None)).label("to_rebook")
)
_WAITING = (
    select(Wish, Appointment, Resident, _IS_TO_BE_REBOOKED)
    .join(Resident, Resident.id == Wish.resident_id)
    .outerjoin(Appointment, Appointment.id == Wish.appointment_id)
    .where(Wish.closed_at.is_(None))
    .order_by(Wish.asked_at, Wish.id)
)


@dataclass(frozen=True)
class Visit:
    """What is searched for somebody who waits. No mode is any mode."""

    service_ids: tuple[int, ...]
    mode: str | None
    needs: frozenset[str]
    extra_time: bool
    counts: Counts | None = None
    adviser: int = 0  # the only one to whom they come, or 0


@dataclass(frozen=True)
class Candidate:
    """Somebody who waits, with what they wait for; `is_over` when no time can be of use to them any more."""

    waiting: QueuedWish
    visit: Visit
    appointment_id: int | None
    email: str
    phone: str
    is_over: bool


@dataclass(frozen=True)
class Choice:
    """A free time for whoever has waited longest for it; `passed` says why those who waited longer do not get it."""

    wish_id: int
    slot_key: SlotKey
    needs: frozenset[str]
    passed: tuple[tuple[int, str], ...]
    others: tuple[int, ...] = ()  # the wishes of those to whom it is offered at once, besides


@dataclass
class _FreeTimes:
    """The free times of each visit that somebody waits for, searched once: (start on the place's clock, slot) each."""

    db: Session
    catalogue: Catalogue
    now: datetime
    kept: frozenset[BusyRow]  # for those who wait, and nobody else
    by_visit: dict[Visit, list[tuple[datetime, Slot]]] = field(default_factory=dict)

    def of(self, visit: Visit, last_date: date) -> list[tuple[datetime, Slot]]:
        """Those that are of use, up to `last_date`, in the order of time."""
        if visit not in self.by_visit:
            zone = ZoneInfo(self.catalogue.authority.zone)
            earliest = earliest_use(self.now, self.catalogue.authority.zone)
            query = replace(_query(visit, last_date), own_seats=self.kept)
            starts = (
                (instant_of(slot.start_unit).astimezone(zone), slot)
                for slot in engine_slots(self.db, self.catalogue, query, self.now)
            )
            self.by_visit[visit] = [(start, slot) for start, slot in starts if start >= earliest]
        return self.by_visit[visit]


def candidates(db: Session, catalogue: Catalogue, now: datetime, most: int = MOST_WAITING) -> list[Candidate]:
    """Everybody of the council who waits, who has waited longest first."""
    rows: Sequence[Any] = db.execute(_WAITING.where(Wish.authority_id == catalogue.authority.id).limit(most)).all()
    services = _service_ids(db, [row.Appointment.id for row in rows if row.Appointment])
    offers = _offers(db, [row.Wish.id for row in rows])
    return [_candidate(row, services, offers.get(row.Wish.id, ()), catalogue, now) for row in rows]


def next_choice(
    db: Session,
    catalogue: Catalogue,
    now: datetime,
    refused: Collection[tuple[int, SlotKey]] = (),
    full: Collection[int] = (),
) -> Choice | None:
    """The next free time that is somebody's, or None.

    `refused` are (wish id, slot) that could not be held, `full` the wishes for which nothing more is held now.
    """
    everybody = [one for one in candidates(db, catalogue, now) if not one.is_over]
    last_dates: dict[Visit, date] = {}
    for one in everybody:
        last_dates[one.visit] = max(last_dates.get(one.visit, date.min), one.waiting.times.last_date)
    free = _FreeTimes(db, catalogue, now, kept_seats(db, catalogue.authority.id, now))
    for number, one in enumerate(everybody):
        if one.waiting.barred is not None or one.waiting.wish_id in full:
            continue
        for start, slot in free.of(one.visit, last_dates[one.visit]):
            if one.waiting.why_not(slot.site_id, start) is not None:
                continue
            slot_key = _slot_key(catalogue, one, slot)
            if slot_key is not None and (one.waiting.wish_id, slot_key) not in refused:
                passed = _passed_over(everybody[:number], one.visit, slot.site_id, start)
                others = _at_once(catalogue, everybody[number:], slot, start, now)
                return Choice(one.waiting.wish_id, slot_key, one.visit.needs, passed, others)
    return None


def _at_once(
    catalogue: Catalogue, everybody: Sequence[Candidate], slot: Slot, start: datetime, now: datetime
) -> tuple[int, ...]:
    """The wishes of the next ones to whom the time of the first of `everybody` is offered at once, at short notice."""
    first, slot_key = everybody[0], _slot_key(catalogue, everybody[0], slot)
    most = max(catalogue.service_by_id(service_id).offered_at_once for service_id in first.visit.service_ids) - 1
    if not most or start - now > SHORT_NOTICE:
        return ()
    same = (one for one in everybody[1:] if slot_key and _is_met_by(one, first.visit, slot_key.mode))
    return tuple(one.waiting.wish_id for one in same if one.waiting.why_not(slot.site_id, start) is None)[:most]


def _is_met_by(one: Candidate, visit: Visit, mode: str) -> bool:
    """Whether a time that was found for `visit`, in this mode, is what they wait for as well, and they can be reached."""
    own = one.visit
    alike = (own.service_ids, own.extra_time, own.counts) == (visit.service_ids, visit.extra_time, visit.counts)
    is_same = alike and own.needs <= visit.needs and own.adviser in (0, visit.adviser)
    return is_same and own.mode in (None, mode) and not missing_contact(mode, email=one.email, phone=one.phone)


def _passed_over(
    earlier: Iterable[Candidate], visit: Visit, site_id: int, start: datetime
) -> tuple[tuple[int, str], ...]:
    """Those who have waited longer for the same services, and why the time is not offered to each.

    Whoever wants it then could be offered it first, were it free to them.
    """
    same = (one for one in earlier if one.visit.service_ids == visit.service_ids)
    reasons = ((one.waiting.wish_id, one.waiting.why_not(site_id, start) or _otherwise(one, visit)) for one in same)
    return tuple((wish_id, reason.value) for wish_id, reason in reasons)


def _otherwise(one: Candidate, visit: Visit) -> PassedOver:
    """Why a time that was found for `visit`, and that they want, is none for them."""
    if one.visit.adviser not in (0, visit.adviser):
        return PassedOver.OTHER_ADVISER
    return PassedOver.UNREACHABLE if one.visit.needs <= visit.needs else PassedOver.OTHER_NEEDS


def _query(visit: Visit, last_date: date | None) -> SlotQuery:
    return SlotQuery(
        visit.service_ids,
        mode=visit.mode,
        needs=visit.needs,
        last_date=None if last_date == date.max else last_date,
        extra_time=visit.extra_time,
        for_list=True,
        counts=visit.counts,
        adviser=visit.adviser,
    )


def _slot_key(catalogue: Catalogue, one: Candidate, slot: Slot) -> SlotKey | None:
    """The slot in the first mode in which they can be reached."""
    found = free_slots_of(catalogue, _query(one.visit, None), slot)
    reached = (free.slot_key for free in found if not missing_contact(free.mode, email=one.email, phone=one.phone))
    return next(reached, None)


def _service_ids(db: Session, appointment_ids: Collection[int]) -> Mapping[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    columns = select(AppointmentService.appointment_id, AppointmentService.service_id)
    rows = columns.where(AppointmentService.appointment_id.in_(appointment_ids)).order_by(AppointmentService.position)
    for appointment_id, service_id in db.execute(rows):
        found[appointment_id].append(service_id)
    return found


def _offers(db: Session, wish_ids: Collection[int]) -> Mapping[int, list[tuple[Start, bool]]]:
    """The times that were offered to each, and whether each still is."""
    found: defaultdict[int, list[tuple[Start, bool]]] = defaultdict(list)
    columns = select(Proposal.wish_id, Proposal.slot_token, Proposal.state).where(Proposal.wish_id.in_(wish_ids))
    for wish_id, token, state in db.execute(columns):
        slot_key = decode(token)
        start = (slot_key.site_id, instant_of(slot_key.start_unit))
        found[wish_id or 0].append((start, state == ProposalState.OPEN.value))
    return found


def _candidate(
    row: Any,
    services: Mapping[int, list[int]],
    offers: Sequence[tuple[Start, bool]],
    catalogue: Catalogue,
    now: datetime,
) -> Candidate:
    wish, appointment, resident = row.Wish, row.Appointment, row.Resident
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    visit = _visit(catalogue, wish, appointment, resident, services)
    visit = replace(visit, adviser=bookable_adviser(catalogue, wish.adviser_id, visit.service_ids, today))
    times, is_open = _times(wish, appointment), _last_open_date(catalogue, wish, visit)
    times = replace(times, last_date=min(times.last_date, is_open))
    waiting = QueuedWish(
        wish.id,
        wish.asked_at,
        times,
        unanswered=wish.unanswered,
        is_paused=wish.state == WishState.PAUSED.value,
        has_offer=any(is_open for _, is_open in offers),
        is_to_be_rebooked=row.to_rebook,
        offered=frozenset(start for start, _ in offers),
    )
    is_gone = appointment is not None and appointment.state != State.BOOKED.value
    return Candidate(
        waiting=waiting,
        visit=visit,
        appointment_id=wish.appointment_id,
        email=resident.email,
        phone=resident.phone,
        is_over=is_gone or times.last_date < today,
    )


def _last_open_date(catalogue: Catalogue, wish: Wish, visit: Visit) -> date:
    """The last date on which all services of the visit, and one of the wanted sites, are not shut for good or removed."""
    services = {one.id: one for one in catalogue.services}
    sites = [site for site in catalogue.sites if not wish.site_ids or site.id in wish.site_ids]
    if not sites or not services.keys() >= set(visit.service_ids):
        return date.min
    ends = [last_date_of(services[service_id].ending) for service_id in visit.service_ids]
    return min([*ends, max(last_date_of(site.ending) for site in sites)])


def _times(wish: Wish, appointment: Appointment | None) -> WantedTimes:
    last_date, site_ids = wish.until or date.max, wish.site_ids
    if appointment is not None:
        last_date = min(last_date, appointment.local_date - ONE_DAY)
        site_ids = site_ids or [appointment.site_id]
    return WantedTimes(last_date, frozenset(site_ids), frozenset(wish.weekdays), wish.from_time, wish.to_time)


def _visit(
    catalogue: Catalogue,
    wish: Wish,
    appointment: Appointment | None,
    resident: Resident,
    services: Mapping[int, list[int]],
) -> Visit:
    if appointment is None:
        needs = frozenset(resident.support_needs if wish.support_needs is None else wish.support_needs)
        wanted = [one for service_id in wish.service_ids for one in catalogue.services if one.id == service_id]
        counts = counts_of(wanted, dict(zip(wish.service_ids, wish.numbers, strict=False)))
        return Visit(tuple(wish.service_ids), None, needs, wants_extra_time(needs), counts)
    needs = frozenset(appointment.support_needs)
    slot_key = decode(appointment.slot_token)
    service_ids = tuple(services[appointment.id])
    return Visit(service_ids, appointment.mode, needs, slot_key.extra_time, slot_key.counts)
