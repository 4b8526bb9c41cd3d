"""The waves of a list go out: so many people are invited as its rule says, each once, however often it is tried."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from booking.events import InvitationChange, announce_invitation
from booking.invitations.cohort_rules import CohortState, is_given_in, is_wave_due, visits_that_fit, wave_size
from booking.invitations.invitation_rules import (
    BY_VOICE,
    FAMILIES_OF_NONE,
    NO_ADDRESS,
    NO_CONTACT_WANTED,
    WAVES_OVER,
    InvitationState,
    reminder_at,
    ways_to_invite,
)
from booking.invitations.tables import Cohort, Invitation
from booking.queries.slots import SlotQuery, engine_slots
from booking.use_cases.answer_invitation import answer_invitations, visit_in_window
from booking.use_cases.invite import open_invitation, person_of
from core.audit import Actor, record
from core.errors import NotFound
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import lock_by_name, run_with_retries
from core.wall_clock import TICK_MINUTES, wall_instant
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.resident_repository import lock_known

AT_ONCE = 200
log = logging.getLogger(__name__)
WAVES_GO = time(9)  # but for the first, which goes at once
_WAITS = Invitation.state == InvitationState.WAITING.value
_NOT_STOPPED = (CohortState.RUNNING.value, CohortState.PAUSED.value)
_OPEN = Invitation.state == InvitationState.OPEN.value


def send_waves(runtime: Runtime, ways: Collection[str]) -> int:
    """How many people were invited in one pass, by those of `ways` for which there is a channel."""
    with runtime.database.reading() as db:
        running = Cohort.state == CohortState.RUNNING.value
        yesterday = runtime.clock.database_now(db).date() - timedelta(days=1)  # or later, in every zone
        is_left = exists().where(Invitation.cohort_id == Cohort.id, _WAITS)
        is_over = and_(Cohort.state.in_(_NOT_STOPPED), Cohort.last_date <= yesterday, is_left)
        due_now = or_(and_(running, Cohort.next_wave_at.is_not(None)), is_over)
        ids = db.scalars(select(Cohort.id).where(due_now).order_by(Cohort.id)).all()
    for cohort_id in ids:
        _apart(runtime, partial(_begin_wave, runtime, cohort_id))
    with runtime.database.reading() as db:
        due = select(Invitation.id).join(Cohort, Cohort.id == Invitation.cohort_id)
        due = due.where(_WAITS, Invitation.wave.is_not(None), running).order_by(Invitation.id).limit(AT_ONCE)
        people = db.scalars(due).all()
    return sum(_apart(runtime, partial(_invite, runtime, one, ways)) for one in people)


def _apart(runtime: Runtime, operation: Callable[[Session], int]) -> int:
    """The result of the operation, in a transaction of its own; 0 when it fails, which must not stop the others."""
    try:
        return run_with_retries(runtime.database, operation)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a wave of a list could not go out")
        return 0


def _begin_wave(runtime: Runtime, cohort_id: int, db: Session) -> int:
    """How many people of the list get their wave now, if one is due; the list whose last day is over ends."""
    now = runtime.clock.database_now(db)
    row = db.scalars(select(Cohort).where(Cohort.id == cohort_id).with_for_update(skip_locked=True)).first()
    if row is None or row.state not in _NOT_STOPPED:
        return 0
    catalogue, mine = catalogue_by_id(db, row.authority_id), Invitation.cohort_id == row.id
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    if row.last_date < today:
        _end(db, row, now)
    if row.state != CohortState.RUNNING or row.next_wave_at is None:
        return 0
    counted = select(
        func.count().filter(_WAITS, Invitation.wave.is_(None)).label("left"),
        func.count().filter(_WAITS, Invitation.wave.is_not(None)).label("sending"),
        func.count().filter(_OPEN).label("unanswered"),
    )
    counts = db.execute(counted.where(mine)).one()
    if not counts.left:
        row.next_wave_at = None
        return 0
    are_answered = row.waves > 0 and not counts.unanswered and row.nothing_free_at is None
    if counts.sending or not is_wave_due(row.next_wave_at, are_answered=are_answered, now=now):
        return 0
    if not is_given_in(catalogue, row, today):
        size = 0
    else:
        size = wave_size(row.per_wave, 0, 0) if row.per_wave else _free_beyond(db, catalogue, row, now)
    size = min(size, int(counts.left))
    _give(db, catalogue, row, size, now)
    return size


def _give(db: Session, catalogue: Catalogue, row: Cohort, size: int, now: datetime) -> None:
    zone = catalogue.authority.zone
    days = row.every_days if size else 1  # what is free is looked for every day
    row.next_wave_at = wall_instant(now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), WAVES_GO, zone)
    if not size:
        row.nothing_free_at = now
        return
    row.waves, row.nothing_free_at = row.waves + 1, None
    next_ones = select(Invitation.id).where(Invitation.cohort_id == row.id, _WAITS, Invitation.wave.is_(None))
    ids = db.scalars(next_ones.order_by(Invitation.id).limit(size)).all()
    db.execute(update(Invitation).where(Invitation.id.in_(ids)).values(wave=row.waves))
    facts: dict[str, Any] = {"wave": row.waves, "people": len(ids)}
    record(db, Actor.system(), "wave_began", ("cohort", row.id), authority_id=row.authority_id, now=now, **facts)


def _free_beyond(db: Session, catalogue: Catalogue, row: Cohort, now: datetime) -> int:
    """How many visits fit in the days of the list beyond those that whoever is invited for it may still pick."""
    lock_by_name(db, f"waves:{row.authority_id}:{row.service_id}")  # lists of one service count one after the other
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    days = (max(row.first_date, today), row.last_date)
    sites = tuple(row.site_ids) or None
    query = SlotQuery((row.service_id,), sites, row.mode or None, first_date=days[0], last_date=days[1], within=days)
    service = next(one for one in catalogue.services if one.id == row.service_id)
    slots, turnaround = engine_slots(db, catalogue, query, now), -(-service.turnaround_minutes // TICK_MINUTES)
    length = slots[0].end_unit - slots[0].start_unit + turnaround if slots else 0
    free = visits_that_fit(((one.site_id, one.start_unit, one.free) for one in slots), length)
    of_service = (Invitation.authority_id == row.authority_id, Invitation.service_id == row.service_id)
    may_pick = or_(_OPEN, and_(_WAITS, Invitation.wave.is_not(None)))  # of other lists too, told already or next
    overlaps = (Invitation.first_date <= days[1], Invitation.last_date >= days[0])
    those = select(func.count()).select_from(Invitation).where(*of_service, *overlaps, may_pick)
    unanswered = db.scalar(those) or 0
    return wave_size(None, free, unanswered)


def _end(db: Session, row: Cohort, now: datetime) -> None:
    """Whoever never had a wave before the last day is a task: somebody has to decide about them."""
    row.next_wave_at = None
    left = (Invitation.cohort_id == row.id, _WAITS)
    values = {"state": InvitationState.OVER.value, "closed_at": now, "untold": WAVES_OVER}
    db.execute(update(Invitation).where(*left).values(values))
    record(db, Actor.system(), "list_over", ("cohort", row.id), authority_id=row.authority_id, now=now)


def _invite(runtime: Runtime, invitation_id: int, ways: Collection[str], db: Session) -> int:
    """Invite one of a wave; 0 where they have answered already, or another pass was quicker."""
    now = runtime.clock.database_now(db)
    row = db.scalars(select(Invitation).where(Invitation.id == invitation_id).with_for_update(skip_locked=True)).first()
    if row is None or row.state != InvitationState.WAITING or row.wave is None:
        return 0
    cohort = select(Cohort.state).where(Cohort.id == row.cohort_id).with_for_update(read=True)
    if db.scalar(cohort) != CohortState.RUNNING:
        return 0
    catalogue = catalogue_by_id(db, row.authority_id)
    zone = catalogue.authority.zone
    if visit := visit_in_window(db, row, zone):
        answer_invitations(db, [row], visit, Actor.system(), now)
        return 0
    if not is_given_in(catalogue, row, now.astimezone(ZoneInfo(zone)).date()):
        row.wave = None  # the page of the link would say that no time can be chosen
        return 0
    try:
        resident = lock_known(db, row.authority_id, row.resident_id)
    except NotFound:
        resident = None
    if resident is None or open_invitation(db, row.resident_id, row.service_id, except_id=row.id) is not None:
        row.state, row.closed_at = InvitationState.WITHDRAWN.value, now
        return 0
    person = person_of(resident)
    row.told_by = next(way for way in ways_to_invite(person) if way == BY_VOICE or way in ways)
    row.state, row.invited_at = InvitationState.OPEN.value, now
    row.remind_at = reminder_at(now, row.first_date, row.last_date, zone, row.told_by)
    about = ("invitation", row.id)
    facts: dict[str, Any] = {"service": row.service_id, "told_by": row.told_by}
    record(db, Actor.system(), "invited", about, authority_id=row.authority_id, now=now, **facts)
    if row.told_by == BY_VOICE:
        row.untold = NO_CONTACT_WANTED if person.preference == FAMILIES_OF_NONE else NO_ADDRESS
    else:
        announce_invitation(db, InvitationChange(row.authority_id, row.id, "invited", now))
    return 1
