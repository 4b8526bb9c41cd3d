"""Changes of appointments, as the audit has them, that a program has not been told of.

The audit is the queue: each change stands there by the transaction that made it, for good. Within a lane, a transaction
takes the next number under a lock that it has until it ends, so that whoever sees a number sees all before it; ids alone
are seen in another order than they were given. A place is therefore a number for each lane. The changes of one
appointment are made under its own lock, one after the other, so their ids are in their order, whatever their lanes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from booking.slot_tokens import decode
from booking.tables import Appointment
from booking.webhooks.appointment_events import ACTIONS, AppointmentEvent, RecordedChange, events_of
from booking.webhooks.signed_message import APPOINTMENT_EVENTS, WebhookMessage
from booking.webhooks.tables import Webhook
from core.audit import AuditEntry, AuditLane
from core.wall_clock import instant_of
from locations.tables import Authority, Service, Site

Place = dict[str, Any]
"""The number up to which each lane was read, by the lane as text, as JSON has it."""
APPOINTMENTS = "/api/v1/appointments"
_OF_APPOINTMENTS = (AuditEntry.subject_kind == "appointment", AuditEntry.action.in_(ACTIONS))


@dataclass(frozen=True)
class Untold:
    """The next messages, each with the lane and number of its change; then all before `place` is told."""

    messages: tuple[tuple[WebhookMessage, str, int], ...]
    place: Place
    is_all: bool


def newest_place(db: Session, authority_id: int) -> Place:
    """As far as the council's audit has come."""
    lanes = db.execute(select(AuditLane.lane, AuditLane.entries).where(AuditLane.authority_id == authority_id))
    return {str(lane): entries for lane, entries in lanes}


def webhooks_to_tell(db: Session, now: datetime) -> list[int]:
    """The ids of those that want changes of appointments and wait for nothing, of councils in which something happened."""
    free = or_(Webhook.turn_ends_at.is_(None), Webhook.turn_ends_at <= now)
    due = or_(Webhook.next_try_at.is_(None), Webhook.next_try_at <= now)
    rows = db.scalars(select(Webhook).where(free, due).order_by(Webhook.next_try_at.is_not(None), Webhook.id)).all()
    wanted = [row for row in rows if not set(APPOINTMENT_EVENTS).isdisjoint(row.events)]
    places = {one: newest_place(db, one) for one in {row.authority_id for row in wanted}}
    return [row.id for row in wanted if row.read_up_to != places[row.authority_id]]


def are_programs_told(db: Session, before: datetime) -> bool:
    """Whether no program has failed to take what it is told since `before`."""
    return db.scalar(select(Webhook.id).where(Webhook.failing_since <= before).limit(1)) is None


def untold_changes(
    db: Session, authority_id: int, events: Collection[str], read_up_to: Place, limit: int, public_url: str
) -> Untold:
    """What happened in the council after the place, the oldest first, so many at most; only these events."""
    place = newest_place(db, authority_id)
    moved = [
        and_(AuditEntry.lane == int(lane), AuditEntry.number > read_up_to.get(lane, 0), AuditEntry.number <= number)
        for lane, number in place.items()
        if number > read_up_to.get(lane, 0)
    ]
    if not moved:
        return Untold((), place, is_all=True)
    after = select(AuditEntry).where(AuditEntry.authority_id == authority_id, *_OF_APPOINTMENTS, or_(*moved))
    # Found by the index of lanes: for the order of plain ids PostgreSQL would read all that was ever recorded.
    changes = _changes(db, after.order_by(AuditEntry.id + 0).limit(limit))
    told = [
        (message, str(event.change.lane), event.change.number)
        for event, message in _messages(db, authority_id, changes, public_url)
        if event.type in events
    ]
    is_all = len(changes) < limit
    if not is_all:
        place = dict(read_up_to) | {str(one.lane): one.number for one in changes}
    return Untold(tuple(told), place, is_all)


def _changes(db: Session, query: Select[AuditEntry]) -> list[RecordedChange]:
    rows = db.scalars(query)
    return [RecordedChange(row.id, row.lane, row.number, row.subject_id, row.at, row.action, row.facts) for row in rows]


def _messages(
    db: Session, authority_id: int, changes: list[RecordedChange], public_url: str
) -> list[tuple[AppointmentEvent, WebhookMessage]]:
    """What is said of each change: how the appointment stood after it, whatever became of it since."""
    if not changes:
        return []
    ids = {one.appointment_id for one in changes}
    of_council = Appointment.authority_id == authority_id
    rows = {row.id: row for row in db.scalars(select(Appointment).where(of_council, Appointment.id.in_(ids)))}
    until = AuditEntry.id <= changes[-1].id
    before = select(AuditEntry).where(*_OF_APPOINTMENTS, AuditEntry.subject_id.in_(ids), until).order_by(AuditEntry.id)
    histories: defaultdict[int, list[RecordedChange]] = defaultdict(list)
    for one in _changes(db, before.where(AuditEntry.authority_id == authority_id)):
        histories[one.appointment_id].append(one)
    events = {
        event.change.id: event
        for appointment_id, history in histories.items()
        if appointment_id in rows
        for event in events_of(history, is_walk_in=rows[appointment_id].is_walk_in)
    }
    found = [events[one.id] for one in changes if one.id in events]
    return _written(db, authority_id, found, rows, public_url)


def _written(
    db: Session,
    authority_id: int,
    events: list[AppointmentEvent],
    rows: Mapping[int, Appointment],
    public_url: str,
) -> list[tuple[AppointmentEvent, WebhookMessage]]:
    council = db.get_one(Authority, authority_id)
    tokens = {one.change.id: one.slot_token or rows[one.change.appointment_id].slot_token for one in events}
    keys = {id_: decode(token) for id_, token in tokens.items()}
    sites = dict(_slugs(db, Site, {key.site_id for key in keys.values()}))
    services = dict(_slugs(db, Service, {one for key in keys.values() for one in key.service_ids}))
    written = []
    for event in events:
        key, change = keys[event.change.id], event.change
        reference = rows[change.appointment_id].reference
        data = {
            "reference": reference,
            "council": council.slug,
            "status": event.state.value,
            "site": sites[key.site_id],
            "services": [services[one] for one in key.service_ids],
            "starts_at": instant_of(key.start_unit).astimezone(ZoneInfo(council.zone)).isoformat(timespec="seconds"),
            "mode": key.mode,
            "url": f"{public_url}{APPOINTMENTS}/{reference}",
        }
        id_ = f"msg_appointment_{authority_id}_{change.lane}_{change.number}"
        written.append((event, WebhookMessage(id_, event.type, change.at, data)))
    return written


def _slugs(db: Session, kind: type[Site | Service], ids: Collection[int]) -> list[tuple[int, str]]:
    return [(id_, slug) for id_, slug in db.execute(select(kind.id, kind.slug).where(kind.id.in_(ids)))]
