"""Booking: a slot or a hold becomes an appointment, with its claims, audit, notifications and idempotency record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from booking.appointment_repository import insert_appointment, insert_services
from booking.capacity.claims import claim_for_appointment, turn_hold_into_appointment
from booking.capacity.placement import Placement, place, place_held
from booking.events import AppointmentChange, PlanningFacts, announce
from booking.slot_tokens import SlotKey, decode, encode
from booking.states import CHANNELS, State
from booking.tables import Appointment, AppointmentService, Hold
from booking.use_cases.holds import live_hold
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import Invalid, LimitReached
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce
from core.wall_clock import instant_of, local_date_of
from people.residents.details import Representation, ResidentDetails
from people.residents.identity import Identified, identify
from people.residents.resident_repository import add_representative, lock_resident
from people.residents.support_needs import wants_extra_time

_appointments, _services = table_of(Appointment).c, table_of(AppointmentService).c
_OPEN_COUNTS = (
    select(_services.service_id, func.count())
    .join(table_of(Appointment), _appointments.id == _services.appointment_id)
    .where(
        _appointments.resident_id.in_(bindparam("residents", expanding=True)),
        _appointments.starts_at > bindparam("now"),
        _appointments.state == State.BOOKED.value,
        _services.service_id.in_(bindparam("services", expanding=True)),
    )
    .group_by(_services.service_id)
)
PUBLIC_ACTORS = frozenset({"resident", "api"})


@dataclass(frozen=True)
class Booking:
    """A booking to be made: a slot or a hold's token, for whom, through which channel, and what is known of them."""

    authority_id: int
    channel: str
    resident: ResidentDetails | int
    slot_key: SlotKey | None = None
    hold: str | None = None
    representative: Representation | None = None
    support_needs: tuple[str, ...] = ()
    notes: str = ""
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Booked:
    """An appointment after a change: reference, version, state, the token of its slot, the unit at which it ends."""

    appointment_id: int
    reference: str
    version: int
    state: str
    slot_token: str
    end_unit: int
    manage_url_path: str = ""


@dataclass(frozen=True)
class _PlannedBooking:
    """A checked slot with its placement, and the id of the hold that has its capacity already, if one does."""

    slot_key: SlotKey
    placement: Placement
    hold_id: int | None


def book(runtime: Runtime, booking: Booking, *, actor: Actor, idempotency: IdempotencyKey | None = None) -> Booked:
    """The appointment that is made from `booking`.

    Raises: SlotTaken, HoldExpired, TooSoon, TooFar, LimitReached, Invalid, NotFound, IdempotencyMismatch.
    """
    if booking.channel not in CHANNELS:
        raise Invalid.in_field("channel", "channel_unknown", known=sorted(CHANNELS))
    operation = partial(_book, runtime=runtime, booking=booking, actor=actor)
    return with_link(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def with_link(runtime: Runtime, result: dict[str, Any]) -> Booked:
    """`result` with its manage link, which is computed each time: no row, not even the idempotency record, has the token."""
    facts = dict(result)
    token = manage_token(runtime.settings.secret_key, facts.pop("nonce"))
    return Booked(**facts | {"manage_url_path": f"/manage/{token}"})


def _book(db: Session, runtime: Runtime, booking: Booking, actor: Actor) -> dict[str, Any]:
    now = runtime.clock.database_now(db)
    planned = _planned(db, booking, actor, now)
    resident = _resident(db, booking, actor, now)
    if actor.kind in PUBLIC_ACTORS and resident.same:
        _check_limit(db, planned, resident.same, now)
    representative_id = None
    if booking.representative is not None:
        representative_id = add_representative(db, booking.authority_id, resident.id, booking.representative, now)
    nonce = new_nonce()
    values = _values(planned, booking, now) | {
        "resident_id": resident.id,
        "representative_id": representative_id,
        "manage_nonce": nonce,
        "manage_digest": digest(manage_token(runtime.settings.secret_key, nonce)),
    }
    appointment_id, reference = insert_appointment(db, values)
    insert_services(db, appointment_id, parts_of(planned.placement, planned.slot_key))
    _claim_capacity(db, planned, appointment_id, now)
    record(
        db,
        actor,
        "booked",
        ("appointment", appointment_id),
        authority_id=booking.authority_id,
        now=now,
        channel=booking.channel,
        slot_token=encode(planned.slot_key),
    )
    facts = _planning_facts(planned, appointment_id)
    announce(db, AppointmentChange(booking.authority_id, appointment_id, 1, "booked", now, facts))
    slot_token, end_unit = encode(planned.slot_key), planned.placement.end_unit
    booked = Booked(appointment_id, reference, 1, State.BOOKED.value, slot_token, end_unit)
    return asdict(booked) | {"nonce": nonce}


def _planned(db: Session, booking: Booking, actor: Actor, now: datetime) -> _PlannedBooking:
    if booking.hold is not None and booking.slot_key is None:
        hold = live_hold(db, booking.authority_id, booking.hold, now)
        slot_key, needs = decode(hold.slot_token), frozenset(booking.support_needs)
        placement = place_held(db, hold.id, slot_key, now, needs=needs)
        live_hold(db, booking.authority_id, booking.hold, now, lock=True)
        return _PlannedBooking(slot_key, placement, hold.id)
    if booking.slot_key is None or booking.hold is not None:
        raise Invalid.in_field("slot", "slot_and_hold")
    if booking.slot_key.authority_id != booking.authority_id:
        raise Invalid.in_field("slot", "slot_of_another_authority")
    needs = frozenset(booking.support_needs)
    slot_key = replace(booking.slot_key, extra_time=booking.slot_key.extra_time or wants_extra_time(needs))
    for_public = actor.kind in PUBLIC_ACTORS
    return _PlannedBooking(slot_key, place(db, slot_key, now, for_public=for_public, needs=needs), None)


def _resident(db: Session, booking: Booking, actor: Actor, now: datetime) -> Identified:
    if isinstance(booking.resident, int):
        return Identified(booking.resident, same=(lock_resident(db, booking.authority_id, booking.resident).id,))
    if not booking.resident.name.strip():
        raise Invalid.in_field("name", "no_name")
    return identify(db, booking.authority_id, booking.resident, now, by_staff=actor.kind == "staff")


def _check_limit(db: Session, planned: _PlannedBooking, residents: Sequence[int], now: datetime) -> None:
    """Raises: LimitReached. All records of the person count, and are locked, so that bookings are counted one by one."""
    values = {"residents": residents, "now": now, "services": planned.slot_key.service_ids}
    counts: dict[int, int] = {row[0]: row[1] for row in connection_of(db).execute(_OPEN_COUNTS, values)}
    for service_id in planned.slot_key.service_ids:
        limit = planned.placement.catalogue.service_by_id(service_id).open_limit
        if counts.get(service_id, 0) + planned.slot_key.service_ids.count(service_id) > limit:
            raise LimitReached(limit)


def _values(planned: _PlannedBooking, booking: Booking, now: datetime) -> dict[str, Any]:
    return times_of(planned.placement, planned.slot_key) | {
        "authority_id": booking.authority_id,
        "version": 1,
        "state": State.BOOKED.value,
        "channel": booking.channel,
        "support_needs": sorted(set(booking.support_needs)),
        "notes": booking.notes,
        "answers": booking.answers,
        "is_walk_in": False,
        "created_at": now,
        "changed_at": now,
        "state_reason": "",
    }


def times_of(placement: Placement, slot_key: SlotKey) -> dict[str, Any]:
    """The columns of an appointment that say where and when it is."""
    return {
        "site_id": slot_key.site_id,
        "mode": slot_key.mode,
        "starts_at": instant_of(placement.start_unit),
        "ends_at": instant_of(placement.end_unit),
        "local_date": local_date_of(placement.start_unit, placement.catalogue.authority.zone),
        "slot_token": encode(slot_key),
    }


def parts_of(placement: Placement, slot_key: SlotKey) -> list[tuple[int, datetime, datetime]]:
    """The services of the visit, back to back: (service id, start, end) each."""
    parts, unit = [], placement.start_unit
    for shape in placement.search.visit:
        end = unit + shape.duration_ticks + placement.search.extra_ticks
        parts.append((shape.service_id, instant_of(unit), instant_of(end)))
        unit = end
    return parts


def _planning_facts(planned: _PlannedBooking, appointment_id: int) -> PlanningFacts:
    """The facts by which messages are planned; all are known here, so that no subscriber reads them again."""
    catalogue = planned.placement.catalogue
    return PlanningFacts(
        authority_id=catalogue.authority.id,
        appointment_id=appointment_id,
        version=1,
        state=State.BOOKED.value,
        starts_at=instant_of(planned.placement.start_unit),
        is_walk_in=False,
        zone=catalogue.authority.zone,
        reminder_plan=catalogue.service_by_id(planned.slot_key.service_ids[0]).reminder_plan,
    )


def _claim_capacity(db: Session, planned: _PlannedBooking, appointment_id: int, now: datetime) -> None:
    if planned.hold_id is None:
        claim_for_appointment(db, planned.placement.seat_claim, appointment_id=appointment_id)
        return
    turn_hold_into_appointment(db, hold_id=planned.hold_id, appointment_id=appointment_id, now=now)
    connection_of(db).execute(delete(table_of(Hold)).where(Hold.id == planned.hold_id))
