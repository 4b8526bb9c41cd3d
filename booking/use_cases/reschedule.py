"""Reschedules and cancels appointments."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.appointment_repository import (
    appointment_for_change,
    check_link,
    check_seen,
    insert_services,
    service_ids_of,
)
from booking.capacity.claims import claim_for_appointment, release, turn_hold_into_appointment
from booking.capacity.placement import Placement, place, place_held
from booking.events import AppointmentChange, announce
from booking.slot_tokens import SlotKey, decode, encode
from booking.states import NEEDS_REASON, State, can_move
from booking.tables import Appointment, AppointmentService, Hold
from booking.use_cases.book import PUBLIC_ACTORS, Booked, parts_of, times_of, with_link
from booking.use_cases.closures import close_rebook_items
from booking.use_cases.holds import live_hold
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import CapacityConflict, IllegalMove, Invalid, NotFound, TooSoon
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import parse_reference
from core.wall_clock import unit_of
from locations.catalogue import Catalogue
from locations.catalogue_queries import catalogue_by_id
from locations.site_locks import catalogue_while_locked
from people.residents.support_needs import wants_extra_time

By = Literal["resident", "authority"]


@dataclass(frozen=True)
class Move:
    """Where an appointment is to go: a slot, or a hold's token."""

    slot_key: SlotKey | None = None
    hold: str | None = None
    reason: str = ""


def reschedule(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    move: Move,
    *,
    actor: Actor,
    enforce_cutoff: bool,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment at its new time: the same reference, the next version. `seen` is the stamp of what was shown.

    Raises: SlotTaken, HoldExpired, TooSoon, TooFar, IllegalMove, LinkEnded, Stale, Invalid, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        site_id = _site_of(db, authority_id, reference)
        row = _locked(db, authority_id, reference, site_id, _destination(db, authority_id, move, now))
        check_link(row, actor, now)
        _check_open(db, row, now, enforce_cutoff=enforce_cutoff)
        check_seen(row, seen)
        _move(db, row, move, actor, now)
        return answer_of(row)

    return with_link(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def cancel(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    by: By,
    reason: str = "",
    enforce_cutoff: bool,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, cancelled; its time is free for others at once. The version rises.

    Raises: TooSoon past the cut-off, IllegalMove, LinkEnded, Stale when it is not as `seen` any more,
    Invalid without a reason from the authority, NotFound.
    """
    requested_state = State.CANCELLED_BY_RESIDENT if by == "resident" else State.CANCELLED_BY_AUTHORITY

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        row = _locked(db, authority_id, reference, _site_of(db, authority_id, reference))
        check_link(row, actor, now)
        if not can_move(State(row.state), requested_state):
            raise IllegalMove(row.state, requested_state)
        if requested_state in NEEDS_REASON and not reason.strip():
            raise Invalid.in_field("reason", "no_reason_for_cancelling")
        _check_open(db, row, now, enforce_cutoff=enforce_cutoff)
        check_seen(row, seen)
        row.state, row.state_reason = requested_state.value, reason.strip()
        row.version += 1
        row.changed_at = now
        release(db, appointment_id=row.id)
        close_rebook_items(db, row.id, now)
        _recorded(db, row, actor, "cancelled", now, reason)
        return answer_of(row)

    return with_link(runtime, run_once(runtime.database, idempotency, operation, runtime.clock.now()))


def answer_of(row: Appointment) -> dict[str, Any]:
    """The appointment as it is now, for `with_link`."""
    booked = Booked(row.id, row.reference, row.version, row.state, row.slot_token, unit_of(row.ends_at))
    return asdict(booked) | {"nonce": row.manage_nonce}


def cutoff_at(db: Session, catalogue: Catalogue, appointment_id: int, starts_at: datetime) -> datetime:
    """The last instant at which the resident may change the appointment by themselves."""
    services = [catalogue.service_by_id(service_id) for service_id in service_ids_of(db, appointment_id)]
    return starts_at - timedelta(minutes=max(service.cancel_cutoff_minutes for service in services))


def _site_of(db: Session, authority_id: int, reference: str) -> int:
    """The site of the appointment, as a first look. Raises: NotFound."""
    same = (Appointment.authority_id == authority_id, Appointment.reference == parse_reference(reference))
    site_id = db.scalar(select(Appointment.site_id).where(*same))
    if site_id is None:
        raise NotFound.because("appointment_unknown")
    return site_id


def _locked(db: Session, authority_id: int, reference: str, *site_ids: int) -> Appointment:
    """The appointment's row, locked after its site and any other, so that closures take turns with it.

    Raises: NotFound; CapacityConflict when somebody moved it elsewhere since the first look.
    """
    catalogue_while_locked(db, authority_id, site_ids)
    row = appointment_for_change(db, authority_id, reference)
    if row.site_id != site_ids[0]:
        raise CapacityConflict
    return row


def _destination(db: Session, authority_id: int, move: Move, now: datetime) -> int:
    """The site that the appointment is to move to. Raises: HoldExpired, Invalid."""
    if move.hold is not None and move.slot_key is None:
        return decode(live_hold(db, authority_id, move.hold, now).slot_token).site_id
    if move.slot_key is None or move.hold is not None:
        raise Invalid.in_field("slot", "slot_and_hold")
    if move.slot_key.authority_id != authority_id:
        raise Invalid.in_field("slot", "slot_of_another_authority")
    return move.slot_key.site_id


def _check_open(db: Session, row: Appointment, now: datetime, *, enforce_cutoff: bool) -> None:
    if row.state != State.BOOKED:
        raise IllegalMove(row.state, State.BOOKED)
    if enforce_cutoff:
        limit_at = cutoff_at(db, catalogue_by_id(db, row.authority_id), row.id, row.starts_at)
        if now > limit_at:
            raise TooSoon(limit_at)


def _move(db: Session, row: Appointment, move: Move, actor: Actor, now: datetime) -> None:
    was = row.slot_token
    if move.hold is not None:
        placement, slot_key = _claim_held_slot(db, row, move.hold, now)
    elif move.slot_key is not None:
        placement, slot_key = _claim_slot(db, row, move.slot_key, actor, now)
    else:
        raise Invalid.in_field("slot", "no_slot")
    _set(row, times_of(placement, slot_key) | {"version": row.version + 1, "changed_at": now})
    db.execute(delete(AppointmentService).where(AppointmentService.appointment_id == row.id))
    insert_services(db, row.id, parts_of(placement, slot_key))
    close_rebook_items(db, row.id, now)
    _recorded(db, row, actor, "rescheduled", now, move.reason, was=was, slot_token=encode(slot_key))


def _claim_held_slot(db: Session, row: Appointment, token: str, now: datetime) -> tuple[Placement, SlotKey]:
    hold = live_hold(db, row.authority_id, token, now, lock=True)
    slot_key = _same_visit(db, row, decode(hold.slot_token))
    placement = place_held(db, hold.id, slot_key, now)
    release(db, appointment_id=row.id)
    turn_hold_into_appointment(db, hold_id=hold.id, appointment_id=row.id, now=now)
    connection_of(db).execute(delete(table_of(Hold)).where(Hold.id == hold.id))
    return placement, slot_key


def _claim_slot(
    db: Session, row: Appointment, requested_slot: SlotKey, actor: Actor, now: datetime
) -> tuple[Placement, SlotKey]:
    slot_key = _same_visit(db, row, requested_slot)
    slot_key = replace(slot_key, extra_time=slot_key.extra_time or wants_extra_time(frozenset(row.support_needs)))
    for_public, needs = actor.kind in PUBLIC_ACTORS, frozenset(row.support_needs)
    placement = place(db, slot_key, now, for_public=for_public, needs=needs, exclude_appointment_id=row.id)
    release(db, appointment_id=row.id)
    claim_for_appointment(db, placement.seat_claim, appointment_id=row.id)
    return placement, slot_key


def _same_visit(db: Session, row: Appointment, slot_key: SlotKey) -> SlotKey:
    """`slot_key`, when it is for the appointment's own services. Raises: Invalid."""
    if slot_key.authority_id != row.authority_id or slot_key.service_ids != service_ids_of(db, row.id):
        raise Invalid.in_field("slot", "slot_of_another_service")
    return slot_key


def _set(row: Appointment, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _recorded(
    db: Session,
    row: Appointment,
    actor: Actor,
    what: Literal["rescheduled", "cancelled"],
    now: datetime,
    reason: str,
    **facts: Any,
) -> None:
    record(
        db,
        actor,
        what,
        ("appointment", row.id),
        authority_id=row.authority_id,
        now=now,
        reason=reason.strip(),
        version=row.version,
        **facts,
    )
    announce(db, AppointmentChange(row.authority_id, row.id, row.version, what, now))
