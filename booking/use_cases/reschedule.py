"""Reschedules an appointment: another time, another place, or both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.appointment_repository import check_link, check_seen, service_ids_of
from booking.arrangements import asked_again
from booking.availability.site_days import are_counts_of_plan
from booking.capacity.placement import Placement, claim_for_appointment, live_hold, place, place_held
from booking.capacity.same_time import is_proposed_at_same_time, place_at_same_time
from booking.proposals.tables import Proposal
from booking.queries.advisers import advisers_of_visit
from booking.queries.appointments import contact_of
from booking.slot_tokens import SlotKey, counts_in_token, decode, encode, without_adviser
from booking.states import BY_COUNCIL, BY_RESIDENT, Contact
from booking.tables import Appointment, AppointmentService, Hold
from booking.use_cases.appointment_changes import (
    check_changeable,
    lock_appointment,
    occupied_by,
    raise_version,
    record_change,
    release_or_keep,
    site_id_of,
)
from booking.use_cases.book import PUBLIC_ACTORS, Booked, check_same_time, insert_services, run_operation
from booking.use_cases.booking_checks import check_adviser
from booking.use_cases.change_details import Details, change_contact
from booking.use_cases.changed_result import result_of
from booking.use_cases.claim_number import check_still_free
from booking.use_cases.proposals import answer_of_move
from booking.use_cases.rebook_items import close_rebook_items, is_to_rebook
from core.audit import Actor
from core.errors import Invalid
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import check_reach
from people.residents.tables import Representative, Resident


@dataclass(frozen=True)
class Move:
    """Where an appointment is to go: a slot, or a hold's token; and the contact that the new mode needs, where it is new.

    `is_by_council` says that the council asked for it. Whoever has to be rebooked is moved by the council, whoever answers.
    Staff `spoke_with` the resident or the representative, if it is known with whom.
    The appointment stays as long as it is, unless the number of what its services count `changes_counts`.
    """

    slot_key: SlotKey | None = None
    hold: str | None = None
    reason: str = ""
    contact: Contact | None = None
    despite_same_time: bool = False
    is_by_council: bool = False
    changes_counts: bool = False
    spoke_with: str = ""


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

    Staff are warned of another appointment of the person at that time. Raises: SameTime, SlotTaken, HoldExpired, TooSoon,
    TooFar, IllegalMove, LinkEnded, Stale, Invalid, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        site_id = site_id_of(db, authority_id, reference)
        destination = _destination(db, authority_id, move, now)
        slot_key = decode(destination.slot_token) if isinstance(destination, Hold) else destination
        row = lock_appointment(db, authority_id, reference, site_id, slot_key.site_id)
        check_link(row, actor, now)
        check_changeable(db, row, now, enforce_cutoff=enforce_cutoff)
        check_seen(row, seen)
        check_still_free(db, row, now)
        _check_same_visit(db, row, slot_key, changes_counts=move.changes_counts, is_held=isinstance(destination, Hold))
        if move.contact is not None:
            change_contact(db, runtime, row, Details(contact=move.contact), actor, now)
        if actor.kind in PUBLIC_ACTORS and slot_key.mode != row.mode:
            _check_reach(db, row, slot_key.mode)
        if actor.kind == "resident" and _is_same_time(db, row, slot_key):
            return result_of(row)  # pressed twice, or chosen again: nothing is new, and nobody is told so
        placement = _placed(db, row, destination, actor, now)
        if actor.kind == "staff" and not move.despite_same_time:
            check_same_time(db, placement, (row.resident_id,), except_id=row.id)
        _move(db, row, placement, actor, now, move)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _is_same_time(db: Session, row: Appointment, slot_key: SlotKey) -> bool:
    """Whether the appointment is there already, with whoever is wanted, and can stay."""
    if slot_key.adviser and slot_key.adviser not in advisers_of_visit(db, row.id):
        return False
    return encode(without_adviser(slot_key)) == row.slot_token and not is_to_rebook(db, row.id)


def _destination(db: Session, authority_id: int, move: Move, now: datetime) -> SlotKey | Hold:
    """The slot or the hold to which the appointment is to move. Raises: HoldExpired, Invalid."""
    if move.hold is not None and move.slot_key is None:
        return live_hold(db, authority_id, move.hold, now)
    if move.slot_key is None or move.hold is not None:
        raise Invalid.in_field("slot", "slot_and_hold")
    if move.slot_key.authority_id != authority_id:
        raise Invalid.in_field("slot", "slot_of_another_authority")
    return move.slot_key


def _check_same_visit(db: Session, row: Appointment, slot_key: SlotKey, *, changes_counts: bool, is_held: bool) -> None:
    """Raises: Invalid when the slot is not for the appointment's own services, or not as long as it may be."""
    if slot_key.authority_id != row.authority_id or slot_key.service_ids != service_ids_of(db, row.id):
        raise Invalid.in_field("slot", "slot_of_another_service")
    if slot_key.counts == counts_in_token(row.slot_token):
        return
    catalogue = catalogue_by_id(db, row.authority_id)
    if not changes_counts or not (is_held or are_counts_of_plan(catalogue, slot_key)):
        raise Invalid.in_field("slot", "slot_of_another_length")


def _check_reach(db: Session, row: Appointment, mode: str) -> None:
    """Raises: Invalid when nobody could be rung, or sent the link, for a visit in another mode than before."""
    contact = contact_of(row, db.get_one(Resident, row.resident_id))
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    email, phone = contact.email or (helper.email if helper else ""), contact.phone or (helper.phone if helper else "")
    check_reach(mode, email=email, phone=phone)


def _placed(db: Session, row: Appointment, destination: SlotKey | Hold, actor: Actor, now: datetime) -> Placement:
    """The new place of the appointment. Staff are not asked with whom, nor is whoever takes what the council holds for them.

    Raises: as `place`, Invalid.
    """
    placement = _place(db, row, destination, actor, now)
    if actor.kind != "staff" and not _is_proposed(db, destination):
        check_adviser(db, placement, (row.resident_id,), actor, now, own=advisers_of_visit(db, row.id))
    return placement


def _is_proposed(db: Session, destination: SlotKey | Hold) -> bool:
    if not isinstance(destination, Hold):
        return False
    return db.scalar(select(Proposal.id).where(Proposal.hold_id == destination.id).limit(1)) is not None


def _place(db: Session, row: Appointment, destination: SlotKey | Hold, actor: Actor, now: datetime) -> Placement:
    for_public, needs = actor.kind in PUBLIC_ACTORS, frozenset(row.support_needs)
    if isinstance(destination, Hold):  # staff hold what suits, whatever the appointment says
        asked = needs if for_public else frozenset[str]()
        if is_proposed_at_same_time(db, row, destination):
            return place_at_same_time(db, row, destination, now, for_public=for_public, needs=asked)
        return place_held(db, destination, now, for_public=for_public, needs=asked)
    return place(db, destination, now, for_public=for_public, needs=needs, exclude_appointment_ids=[row.id])


def _move(db: Session, row: Appointment, placement: Placement, actor: Actor, now: datetime, move: Move) -> None:
    was, answer = row.slot_token, answer_of_move(db, row.id, placement.hold_id, now)
    occupied = occupied_by(db, row.id)
    row.moved_by = BY_COUNCIL if move.is_by_council or is_to_rebook(db, row.id) else BY_RESIDENT
    release_or_keep(db, placement.catalogue, row, now, taken=placement.seats)
    claim_for_appointment(db, placement, appointment_id=row.id, now=now)
    for name, value in placement.columns().items():
        setattr(row, name, value)
    raise_version(row)
    row.arrangements = asked_again(row.arrangements, row.support_needs)  # for another time
    row.changed_at = now
    db.execute(delete(AppointmentService).where(AppointmentService.appointment_id == row.id))
    insert_services(db, row.id, placement.services())
    close_rebook_items(db, row.id, now, answer)
    facts: dict[str, Any] = {"was": was, "slot_token": placement.slot_token, "by": row.moved_by, "occupied": occupied}
    record_change(db, row, actor, "rescheduled", now, move.reason, spoke_with=move.spoke_with, **facts)
