"""What staff do about the waiting list: ring while a time is held, tell those who have waited long; and its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import ANSWER_DAYS, PassedOver, WishState, is_answer_due
from booking.queries.open_wishes import WishView, views_of
from booking.rebooking import ProposalState
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Allocation, Appointment, Hold
from core.wall_clock import instant_of
from locations.model import Catalogue, SiteFacts
from people.residents.tables import Resident

MOST_LOOKED_AT = 500  # proposals, for the history of one wish


class WaitingTask(StrEnum):
    """What is to be done about somebody who waits."""

    RING = "ring"  # a time is held, and no message reaches them
    TELL = "tell"  # they have waited as long as was promised, and have no answer
    OVER = "over"  # nothing came up, and nobody has told them
    NONE = "none"


@dataclass(frozen=True)
class WaitingPerson:
    """Somebody who waits, how to reach them, and what is to be done. No appointment is none yet."""

    wish: WishView
    resident: Resident
    appointment: Appointment | None
    task: WaitingTask


@dataclass(frozen=True)
class HistoryEntry:
    """A time that was offered to somebody who waits, or that went to another person, and why. Instants in the zone."""

    at: datetime
    starts_at: datetime
    site: SiteFacts
    state: ProposalState | None
    passed_over: PassedOver | None
    is_rung: bool


def people_waiting(
    db: Session, catalogue: Catalogue, now: datetime, site_ids: Collection[int] | None
) -> list[WaitingPerson]:
    """Everybody who waits or is still to be told that it is over, who has waited longest first; of these sites or all."""
    statement = (
        select(Wish, Resident, Appointment)
        .join(Resident, Resident.id == Wish.resident_id)
        .outerjoin(Appointment, Appointment.id == Wish.appointment_id)
        .where(
            Wish.authority_id == catalogue.authority.id,
            or_(Wish.closed_at.is_(None), (Wish.state == WishState.OVER.value) & Wish.told_at.is_(None)),
        )
        .order_by(Wish.asked_at, Wish.id)
    )
    rows: Sequence[Any] = [row for row in db.execute(statement).all() if _is_served(row, site_ids)]
    views = views_of(db, catalogue, [row.Wish for row in rows], now)
    rung = select(Proposal.wish_id).where(Proposal.state == ProposalState.OPEN.value, Proposal.is_rung)
    is_rung = set(db.scalars(rung.where(Proposal.authority_id == catalogue.authority.id)))
    people = (
        WaitingPerson(view, row.Resident, row.Appointment, _task(view, row, now, is_rung=view.id in is_rung))
        for view, row in zip(views, rows, strict=True)
    )
    return [one for one in people if one.wish.state is not WishState.OVER or one.task is WaitingTask.OVER]


def waiting_person(
    db: Session, catalogue: Catalogue, now: datetime, wish_id: int, site_ids: Collection[int] | None
) -> WaitingPerson | None:
    """Who has this wish, whatever has become of it; None where there is none, or not at these sites."""
    statement = (
        select(Wish, Resident, Appointment)
        .join(Resident, Resident.id == Wish.resident_id)
        .outerjoin(Appointment, Appointment.id == Wish.appointment_id)
        .where(Wish.id == wish_id, Wish.authority_id == catalogue.authority.id)
    )
    row: Any = db.execute(statement).first()
    if row is None or not _is_served(row, site_ids):
        return None
    (view,) = views_of(db, catalogue, [row.Wish], now)
    is_open = (Proposal.wish_id == wish_id, Proposal.state == ProposalState.OPEN.value, Proposal.is_rung)
    is_rung = db.scalar(select(Proposal.id).where(*is_open)) is not None
    return WaitingPerson(view, row.Resident, row.Appointment, _task(view, row, now, is_rung=is_rung))


def task_counts(
    db: Session, catalogue: Catalogue, now: datetime, site_ids: Collection[int] | None
) -> Counter[WaitingTask]:
    """How many people who wait have to be rung, and how many told how it stands; at these sites or all."""
    is_open = (Proposal.state == ProposalState.OPEN.value, Proposal.is_rung, Proposal.answer_by > now)
    rung = select(Proposal.wish_id).where(*is_open, Proposal.authority_id == catalogue.authority.id)
    is_rung = set(db.scalars(rung))
    soonest = timedelta(days=min((service.answer_days for service in catalogue.services), default=ANSWER_DAYS))
    is_due = func.coalesce(Wish.told_at, Wish.asked_at) <= now - soonest
    is_coming = (Appointment.state == State.BOOKED.value) & (Appointment.starts_at > now)
    is_over = (Wish.state == WishState.OVER.value) & Wish.told_at.is_(None)
    statement = (
        select(Wish, Appointment)
        .outerjoin(Appointment, Appointment.id == Wish.appointment_id)
        .where(
            Wish.authority_id == catalogue.authority.id,
            or_(
                Wish.id.in_(is_rung),
                (Wish.state == WishState.OPEN.value) & is_due,
                is_over & or_(Wish.appointment_id.is_(None), is_coming),
            ),
        )
    )
    rows = [row for row in db.execute(statement).all() if _is_served(row, site_ids)]
    views = views_of(db, catalogue, [row.Wish for row in rows], now)
    tasks = (_task(view, row, now, is_rung=view.id in is_rung) for view, row in zip(views, rows, strict=True))
    return Counter(task for task in tasks if task is not WaitingTask.NONE)


@dataclass(frozen=True)
class KeptTime:
    """A freed time that nobody but those who wait can have until `until`. Instants in the council's zone."""

    site: SiteFacts
    starts_at: datetime
    until: datetime


def kept_times(db: Session, catalogue: Catalogue, now: datetime, site_ids: Collection[int] | None) -> list[KeptTime]:
    """What is kept for the waiting list now, by the start; at these sites or all."""
    # An offer may have taken the beginning of what was freed.
    kept = (
        select(func.min(Allocation.first_unit).label("first_unit"), Hold.site_id, Hold.expires_at)
        .join(Hold, Hold.id == Allocation.hold_id)
        .where(Hold.authority_id == catalogue.authority.id, Hold.is_kept, Hold.expires_at > now)
        .group_by(Hold.id, Hold.site_id, Hold.expires_at)
    )
    zone = ZoneInfo(catalogue.authority.zone)
    found = (
        KeptTime(
            catalogue.site_by_id(row.site_id),
            instant_of(row.first_unit).astimezone(zone),
            row.expires_at.astimezone(zone),
        )
        for row in db.execute(kept)
        if site_ids is None or row.site_id in site_ids
    )
    return sorted(found, key=lambda one: (one.starts_at, one.site.name))


def history_of(db: Session, catalogue: Catalogue, wish_id: int, asked_at: datetime) -> list[HistoryEntry]:
    """What was offered to whoever has this wish, or was not and why, at sites that are still there; the newest first."""
    since = select(Proposal).where(Proposal.authority_id == catalogue.authority.id, Proposal.made_at >= asked_at)
    recent = since.where(Proposal.wish_id.is_not(None)).order_by(Proposal.made_at.desc(), Proposal.id.desc())
    rows = db.scalars(recent.limit(MOST_LOOKED_AT))
    found = (_entry(catalogue, row, wish_id) for row in rows)
    return [entry for entry in found if entry is not None]


def _entry(catalogue: Catalogue, row: Proposal, wish_id: int) -> HistoryEntry | None:
    reason = next((why for passed, why in row.passed if passed == wish_id), None)
    if row.wish_id != wish_id and reason is None:
        return None
    slot, zone = decode(row.slot_token), ZoneInfo(catalogue.authority.zone)
    site = next((one for one in catalogue.sites if one.id == slot.site_id), None)
    if site is None:
        return None
    is_own = row.wish_id == wish_id
    return HistoryEntry(
        row.made_at.astimezone(zone),
        instant_of(slot.start_unit).astimezone(zone),
        site,
        ProposalState(row.state) if is_own else None,
        None if is_own or reason is None else PassedOver(reason),
        row.is_rung,
    )


def _is_served(row: Any, site_ids: Collection[int] | None) -> bool:
    if site_ids is None:
        return True
    wanted = [row.Appointment.site_id] if row.Appointment else row.Wish.site_ids
    return not wanted or bool(set(wanted) & set(site_ids))


def _task(view: WishView, row: Any, now: datetime, *, is_rung: bool) -> WaitingTask:
    if is_rung and view.proposal is not None:
        return WaitingTask.RING
    if view.state is WishState.OVER:
        is_seen = row.Appointment is not None and (
            row.Appointment.state != State.BOOKED or row.Appointment.starts_at <= now
        )
        return WaitingTask.NONE if is_seen or row.Wish.told_at else WaitingTask.OVER
    is_due = is_answer_due(view.asked_at, row.Wish.told_at, now, view.answer_days)
    is_due = is_due and view.state is WishState.OPEN
    return WaitingTask.TELL if is_due else WaitingTask.NONE
