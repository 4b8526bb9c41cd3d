"""Booking: a slot or a hold becomes an appointment, with its claims, audit, notifications and idempotency record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.capacity.placement import Placement, claim_for_appointment, live_hold, place, place_held
from booking.events import AppointmentChange, PlanningFacts, What, announce, facts_of_new
from booking.invitations.tables import Invitation
from booking.states import CHANNELS, State
from booking.tables import Appointment, AppointmentService
from booking.use_cases.answer_invitation import answer_invitations, invitations_to_answer
from booking.use_cases.booking_checks import check_adviser, check_lives_there
from booking.use_cases.booking_values import Booked, Booking
from booking.use_cases.claim_number import claim_number
from booking.visits.visit_repository import follow_appointment, lock_visits
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import Invalid, LimitReached, SameTime
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce, new_reference, working_manage_token
from core.wall_clock import instant_of
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import check_reached
from people.residents.first_contact_repository import keep_first_contact
from people.residents.representative_repository import add_representative
from people.residents.resident_repository import Identified, identify, lock_known, wishes_beside_record

_appointments, _services = table_of(Appointment).c, table_of(AppointmentService).c
_INSERT_APPOINTMENT = {
    name: insert(table_of(Appointment)).on_conflict_do_nothing(index_elements=["reference"]).returning(_appointments.id)
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
_INSERT_SERVICE = table_of(AppointmentService).insert()
_COMING = (
    select(_services.service_id, _appointments.reference)
    .join(table_of(Appointment), _appointments.id == _services.appointment_id)
    .where(
        _appointments.resident_id.in_(bindparam("residents", expanding=True)),
        *(_appointments.starts_at > bindparam("now"), _appointments.state == State.BOOKED.value),
        _services.service_id.in_(bindparam("services", expanding=True)),
    )
    .order_by(_appointments.starts_at, _appointments.id, _services.position)
)
_SAME_TIME = select(_appointments.id).where(
    _appointments.resident_id.in_(bindparam("residents", expanding=True)),
    *(_appointments.id != bindparam("except_id"), _appointments.state == State.BOOKED.value),
    *(_appointments.starts_at < bindparam("ends_at"), _appointments.ends_at > bindparam("starts_at")),
)
_OF_THEM = Invitation.resident_id.in_(bindparam("who", expanding=True))
_INVITED = select(Invitation.id).where(_OF_THEM, Invitation.state.in_(("open", "waiting"))).limit(1)
PUBLIC_ACTORS = frozenset({"resident", "api"})
__all__ = [
    "PUBLIC_ACTORS",
    "Booked",
    "Booking",
    "book",
    "book_in_transaction",
    "check_same_time",
    "coming_visits",
    "insert_services",
    "make_booking",
    "run_operation",
]
Operation = Callable[[Session, datetime], dict[str, Any]]


def book(runtime: Runtime, booking: Booking, *, actor: Actor, idempotency: IdempotencyKey | None = None) -> Booked:
    """The appointment that is made from `booking`.

    Raises: SlotTaken, HoldExpired, TooSoon, TooFar, LimitReached, SameTime, Invalid, NotFound, IdempotencyMismatch.
    """
    if booking.channel not in CHANNELS:
        raise Invalid.in_field("channel", "channel_unknown", known=sorted(CHANNELS))
    return run_operation(runtime, idempotency, lambda db, now: make_booking(db, now, runtime, booking, actor))


def make_booking(db: Session, now: datetime, runtime: Runtime, booking: Booking, actor: Actor) -> dict[str, Any]:
    """The result of an operation that books, in its transaction, whatever else it does. Raises: what `book` raises."""
    if any(one.catchment or one.wards for one in catalogue_by_id(db, booking.authority_id).services):
        check_lives_there(db, booking, actor, now)
    if actor.kind in PUBLIC_ACTORS and booking.case_number is None:
        booking = replace(booking, case_number="")
    return _book(db, now, runtime, booking, actor, is_chosen=True)


def run_operation(runtime: Runtime, idempotency: IdempotencyKey | None, operation: Operation) -> Booked:
    """The appointment that `operation` booked or changed, in one transaction, with its manage link.

    `operation` gets the database session and the database's time; its result is that of `result_of`. The link is computed
    from it: no row, not even the idempotency record, has the link's token.
    """
    clock = runtime.clock
    made = run_once(runtime.database, idempotency, lambda db: operation(db, clock.database_now(db)), clock.now())
    facts = dict(made)
    token = working_manage_token(runtime.settings.secret_keys, facts.pop("nonce"), facts.pop("digest", ""))
    return Booked(**facts | {"manage_url_path": f"/manage/{token}"})


def book_in_transaction(db: Session, now: datetime, runtime: Runtime, booking: Booking, *, actor: Actor) -> Booked:
    """The appointment that is made from `booking` in the transaction of `db`, without its link. See `book`.

    Raises CapacityConflict as well; after any error the transaction must be rolled back.
    """
    facts = _book(db, now, runtime, booking, actor)
    return Booked(**{name: value for name, value in facts.items() if name != "nonce"})


def _book(
    db: Session, now: datetime, runtime: Runtime, booking: Booking, actor: Actor, *, is_chosen: bool = False
) -> dict[str, Any]:
    if booking.is_walk_in and booking.slot_key:
        lock_visits(db, booking.slot_key.site_id)
    placement = _placed(db, booking, actor, now)
    resident = _resident(db, booking, actor, now)
    if is_chosen and placement.is_with_own_adviser:
        people = {resident.id, *resident.same, booking.known_resident or 0}
        check_adviser(db, placement, people, actor, now, is_passed=bool(booking.outside_reason) or booking.is_walk_in)
    who = (resident.id, *(one for one in resident.same if one != resident.id))
    known = booking.invitation or db.execute(_INVITED, {"who": who}).first()
    invited = invitations_to_answer(db, booking, placement.slot_key, who, actor, now) if known else ()
    _check(db, booking, placement, resident, actor, now)
    helper, nonce, key = booking.representative, new_nonce(), runtime.settings.secret_key
    representative_id = helper and add_representative(db, booking.authority_id, resident.id, helper, now)
    values = _values(placement, booking, now) | {"resident_id": resident.id, "representative_id": representative_id}
    if actor.kind == "resident" and not isinstance(booking.resident, int) and resident.id in resident.same:
        values |= wishes_beside_record(db, booking.resident, resident.id)
    values |= booking.beside
    numbered = claim_number(db, booking, placement, who, invited, actor, now) if _asks_number(placement) else None
    values |= numbered.columns if numbered else {}
    values |= {"room": new_nonce(), "manage_nonce": nonce, "manage_digest": digest(manage_token(key, nonce))}
    values["is_approach"] = bool(booking.approach and keep_first_contact(db, resident.id, booking.approach, actor, now))
    appointment_id, reference = _insert_appointment(db, values)
    insert_services(db, appointment_id, placement.services())
    claim_for_appointment(db, placement, appointment_id=appointment_id, now=now)
    if answered := numbered.invited if numbered else invited:
        answer_invitations(db, answered, appointment_id, actor, now, numbered.also_with if numbered else "")
    action, subject = "imported" if booking.imported_as else "booked", ("appointment", appointment_id)
    logged = {"reason": booking.outside_reason, "channel": booking.channel, "slot_token": placement.slot_token}
    logged |= {"spoke_with": booking.spoke_with} if booking.spoke_with else {}
    record(db, actor, action, subject, authority_id=booking.authority_id, now=now, **logged)
    if booking.is_walk_in:
        follow_appointment(db, db.get_one(Appointment, appointment_id), now)
    what: What = "booked" if booking.is_told else "imported"
    facts, spoken = _planning_facts(placement, appointment_id, booking), booking.spoke_with
    announce(db, AppointmentChange(booking.authority_id, appointment_id, 1, what, now, facts, spoke_with=spoken))
    booked = Booked(appointment_id, reference, 1, _state_of(booking).value, placement.slot_token, placement.end_unit)
    return asdict(booked) | {"nonce": nonce}


def _asks_number(placement: Placement) -> bool:
    return any(placement.catalogue.service_by_id(one).case_number for one in placement.slot_key.service_ids)


def _state_of(booking: Booking) -> State:
    """The state of the appointment as it is booked."""
    return State.ARRIVED if booking.is_walk_in else State.BOOKED


def _check(db: Session, booking: Booking, placement: Placement, who: Identified, actor: Actor, now: datetime) -> None:
    """Raises: Invalid, LimitReached, SameTime."""
    if actor.kind == "resident" and not isinstance(booking.resident, int):
        check_reached(booking.resident, booking.representative, placement.slot_key.mode)
    if actor.kind in PUBLIC_ACTORS and who.same:
        _check_open_limit(db, placement, who.same, now)
    if actor.kind in ("resident", "staff") and not (booking.despite_same_time or booking.is_walk_in):
        check_same_time(db, placement, who.same)


def _placed(db: Session, booking: Booking, actor: Actor, now: datetime) -> Placement:
    for_public, needs = actor.kind in PUBLIC_ACTORS, frozenset(booking.support_needs)
    if booking.hold is not None and booking.slot_key is None:
        return place_held(
            db, live_hold(db, booking.authority_id, booking.hold, now), now, for_public=for_public, needs=needs
        )
    if booking.slot_key is None or booking.hold is not None:
        raise Invalid.in_field("slot", "slot_and_hold")
    if booking.slot_key.authority_id != booking.authority_id:
        raise Invalid.in_field("slot", "slot_of_another_authority")
    walks_in, prefer = booking.is_walk_in, booking.prefer
    return place(db, booking.slot_key, now, for_public=for_public, needs=needs, is_walk_in=walks_in, prefer=prefer)


def _resident(db: Session, booking: Booking, actor: Actor, now: datetime) -> Identified:
    if isinstance(booking.resident, int):
        return Identified(booking.resident, same=(lock_known(db, booking.authority_id, booking.resident).id,))
    if not booking.resident.name.strip():
        raise Invalid.in_field("name", "no_name")
    by_staff, is_alone = actor.kind == "staff", bool(booking.imported_as)
    return identify(db, booking.authority_id, booking.resident, now, by_staff=by_staff, is_alone=is_alone)


def _check_open_limit(db: Session, placement: Placement, residents: Sequence[int], now: datetime) -> None:
    """Raises: LimitReached. All records of the person count, and are locked, so that bookings are counted one by one."""
    visits = coming_visits(db, residents, placement.slot_key.service_ids, now)
    for service_id in placement.slot_key.service_ids:
        limit = placement.catalogue.service_by_id(service_id).open_limit
        if len(visits[service_id]) + placement.slot_key.service_ids.count(service_id) > limit:
            raise LimitReached(limit)


def coming_visits(
    db: Session, residents: Sequence[int], service_ids: Sequence[int], now: datetime
) -> defaultdict[int, list[str]]:
    """The references of the booked visits to come of `residents`, the soonest first, for each of `service_ids`.

    A visit in which the service comes twice is there twice. `residents` are the records of one person.
    """
    values = {"residents": residents, "now": now, "services": service_ids}
    visits: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection_of(db).execute(_COMING, values):
        visits[row.service_id].append(row.reference)
    return visits


def check_same_time(db: Session, placement: Placement, residents: Sequence[int], *, except_id: int = 0) -> None:
    """Raises: SameTime, when the person has another appointment than `except_id`, which moves, that overlaps with this."""
    columns = placement.columns()
    values = {"residents": residents, "starts_at": columns["starts_at"], "ends_at": columns["ends_at"]}
    if connection_of(db).execute(_SAME_TIME, values | {"except_id": except_id}).first() is not None:
        raise SameTime


def _values(placement: Placement, booking: Booking, now: datetime) -> dict[str, Any]:
    return placement.columns() | {
        "state": _state_of(booking).value,
        "support_needs": sorted(set(booking.support_needs)),
        **{name: getattr(booking, name) for name in ("authority_id", "channel", "notes", "answers", "paper_answers")},
        "is_walk_in": booking.is_walk_in,
        "arrived_at": now if booking.is_walk_in else None,
        **dict.fromkeys(("created_at", "changed_at"), now),
    }


def _insert_appointment(db: Session, values: dict[str, Any]) -> tuple[int, str]:
    """The id and the new reference of an appointment with these column values.

    A reference that exists already (one in 22,000 at a million appointments) is drawn again.
    """
    connection = connection_of(db)
    statement = _INSERT_APPOINTMENT[connection.dialect.name]
    while True:
        reference = new_reference()
        appointment_id = connection.execute(statement, values | {"reference": reference}).scalar()
        if appointment_id is not None:
            return appointment_id, reference


def insert_services(db: Session, appointment_id: int, parts: Sequence[tuple[int, datetime, datetime]]) -> None:
    """Write the services of a visit in their order: (service id, start, end) each."""
    rows = [
        {"appointment_id": appointment_id, "service_id": service, "position": n, "starts_at": begins, "ends_at": ends}
        for n, (service, begins, ends) in enumerate(parts)
    ]
    connection_of(db).execute(_INSERT_SERVICE, rows)


def _planning_facts(placement: Placement, appointment_id: int, booking: Booking) -> PlanningFacts:
    """The facts by which messages are planned; all are known here, so that no subscriber reads them again."""
    council, service = placement.catalogue.authority, placement.slot_key.service_ids[0]
    plan, starts_at = placement.catalogue.service_by_id(service).reminder_plan, instant_of(placement.start_unit)
    facts = facts_of_new(council, plan, appointment_id, _state_of(booking).value, starts_at)
    return replace(facts, is_walk_in=booking.is_walk_in, channel="" if booking.imported_as else booking.channel)
