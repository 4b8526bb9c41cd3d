"""The outbox: a change of an appointment writes what it owes, and voids what is not true, in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, select, union
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, ManageLinkRequest, PlanningFacts
from booking.tables import Appointment, AppointmentService
from core.database import connection_of, table_of
from core.errors import NotFound
from core.transactions import lock_by_name
from locations.tables import Authority, Service
from people.residents.tables import Representative, Resident
from reminders.contact_columns import CONTACT_COLUMNS
from reminders.costs.kinds_off import kinds_off_of
from reminders.costs.running_trials import allot
from reminders.costs.tables import ReminderTrial, TrialAllotment
from reminders.costs.trial_results import ARMS
from reminders.delivery_decisions import PENDING, VOID, WITHHELD
from reminders.due_times import (
    Owed,
    PlanningInput,
    owed_after,
    owed_arrangement,
    owed_contact_change,
    owed_hand_over,
    owed_link,
    owed_question,
    told_later,
)
from reminders.former_owner_queries import former_owners
from reminders.outdated import (
    follow_contact,
    has_gone_nowhere,
    owed_about_offers,
    owed_missed,
    void_arrangements,
    void_notices_to_owner,
    void_outdated,
)
from reminders.planned_ways import Planned, planned_ways, sending_rules
from reminders.progress_owed import owed_after_visit
from reminders.reasons import SWITCHED_OFF, TOLD_BY_STAFF, TOO_MANY_BOOKINGS
from reminders.recipients import (
    CONFIRMATION,
    MANAGE_LINK,
    RESCHEDULED,
    contacts_of,
    rules_in,
)
from reminders.tables import Notification
from reminders.told_since import owe_again

# Not a limit of core.rate_limits: the rows owed are the count, read and written in the transaction of the request itself.
BETWEEN_LINKS = timedelta(minutes=5)
NEW = ("booked", "imported")  # nothing is owed yet
# Of bookings made online for one email address; over that one message asks whether it was they who booked.
ONLINE, CONFIRMATIONS_IN_WINDOW, WINDOW = "online", 3, timedelta(days=1)

_INSERT = table_of(Notification).insert()
_SENDING = (
    Authority.quiet_from,
    Authority.quiet_until,
    Authority.reminders_apart_hours,
    Authority.missed_message_hours,
    Authority.kinds_off,
)
STATUS_OF = {"": PENDING, SWITCHED_OFF: VOID}  # of what is planned, by the reason why it is not sent
ABOUT_OFFERS = ("kept", "earlier_gone", "wish_paused")  # besides the offers themselves


def plan_notifications(db: Session, change: AppointmentChange) -> None:
    """Bring the outbox in line with `change`; twice for one it writes nothing more. Subscribes to `appointment_changed`."""
    planning = replace(planning_input(db, change.appointment_id, change.facts), spoke_with=change.spoke_with)
    appointment = planning.facts
    known: dict[tuple[str, str], Notification] = {}
    silence = ""
    if change.what not in NEW:
        known, silence = void_outdated(db, planning, change.now)
    contact = change.contact
    if contact and contact.is_new_address and has_gone_nowhere(known):
        contact = replace(contact, is_new_address=False)  # what reached nobody goes out again, and once
    if (change.what == "contact" or contact) and not silence:
        but = CONFIRMATION if contact and contact.is_new_address else ""
        follow_contact(db, (planning.contacts, planning.rules, appointment), known, change.now, but=but)
    told = [row.due_at for row in known.values() if row.kind in (CONFIRMATION, RESCHEDULED)]
    owed = told_later(owed_after(appointment, change.what, change.now, max(told, default=None)), change.told_after)
    if change.undoes:
        owed = []  # what was owed before is owed again, and nothing else
        owe_again(db, (planning.contacts, planning.rules, appointment), known, change.undoes, change.now)
    if contact:
        owed += owed_contact_change(contact, appointment, change.now)
    if change.offer or change.what in ABOUT_OFFERS:
        owed += owed_about_offers(change, appointment, known.values())
    if change.what in ("moved", "summarised", "progressed"):
        owed += owed_after_visit(db, known.values(), appointment, change)
    if change.what in ("moved", "summarised"):
        owed += owed_missed(known.values(), appointment, sending_rules(planning), change.now)
    if change.arrangement:
        void_arrangements(known.values(), change.arrangement, change.now)
        owed += owed_arrangement(change.arrangement, appointment, change.now)
    rows = _rows_of_change(db, planning, change, owed, silence)
    known_kinds = {kind for kind, _channel in known}  # go by another channel where they have to, and are not owed twice
    write_rows(db, [row for row in rows if row["kind"] not in known_kinds])


def _rows_of_change(
    db: Session, planning: PlanningInput, change: AppointmentChange, owed: list[Owed], silence: str
) -> list[dict[str, Any]]:
    rows = rows_for(planning, owed, change.now)
    if change.what == "handed_over":
        rows += _rows_of_former_owner(db, planning, change.now)
    if silence:
        _withhold(rows, silence, change.now)
    elif change.what == "booked" and planning.facts.channel == ONLINE:
        rows += _question_when_too_many(db, planning, rows, change.now)
    return rows


def _rows_of_former_owner(db: Session, current: PlanningInput, now: datetime) -> list[dict[str, Any]]:
    """Tell whom the appointment was not meant for, if anything went out to them about it; not whoever has it back."""
    facts = current.facts
    void_notices_to_owner(db, facts.appointment_id, now)
    owner = former_owners(db, [facts.appointment_id])[facts.appointment_id][facts.version]
    planning = replace(current, contacts=owner.contacts)
    return rows_for(planning, [owed_hand_over(facts.version, now)], now) if owner.was_told else []


def send_manage_link(db: Session, request: ManageLinkRequest) -> None:
    """Owe the manage link once more, not within a few minutes: nobody's mailbox is filled. For `manage_link_requested`."""
    planning = planning_input(db, request.appointment_id)
    links = select(Notification.created_at).where(
        Notification.appointment_id == request.appointment_id, Notification.kind.startswith(MANAGE_LINK)
    )
    earlier = db.scalars(links).all()
    if any(request.now - at < BETWEEN_LINKS for at in earlier):
        return
    write_rows(db, rows_for(planning, [owed_link(len(earlier) + 1, request.now)], request.now))


def _question_when_too_many(
    db: Session, planning: PlanningInput, rows: list[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Withhold the `rows` of an online booking when its address had its confirmations for a day; the question, once.

    Nobody has shown that the address is theirs, so a stranger could have it written to without end.
    """
    facts, address = planning.facts, planning.mail_address
    if not address:
        return []
    lock_by_name(db, f"bookings for {facts.authority_id} {address}")
    made = set(online_bookings(db, facts.authority_id, address, now - WINDOW)) - {facts.appointment_id}
    if len(made) < CONFIRMATIONS_IN_WINDOW:
        return []
    _withhold(rows, TOO_MANY_BOOKINGS, now)
    return rows_for(planning, [owed_question(facts, now)], now) if len(made) == CONFIRMATIONS_IN_WINDOW else []


def online_bookings(db: Session, authority_id: int, address: str, since: datetime) -> list[int]:
    """The online bookings for `address` that were made since then, in the order of booking."""
    residents = select(Resident.id).where(Resident.authority_id == authority_id, Resident.email == address)
    acting = select(Representative.id).where(
        Representative.authority_id == authority_id, Representative.email == address
    )
    made = (Appointment.authority_id == authority_id, Appointment.channel == ONLINE, Appointment.created_at >= since)
    found = union(  # each by an index of its own
        select(Appointment.id).where(Appointment.resident_id.in_(residents), *made),
        select(Appointment.id).where(Appointment.representative_id.in_(acting), *made),
        select(Appointment.id).where(Appointment.contact_email == address, *made),
    )
    return sorted(db.scalars(found))


def _withhold(rows: Iterable[dict[str, Any]], reason: str, now: datetime) -> None:
    for row in rows:
        row.update(status=WITHHELD, reason=reason, closed_at=now)


def planning_input(db: Session, appointment_id: int, facts: PlanningFacts | None = None) -> PlanningInput:
    """What decides about one appointment's messages, in one statement; `facts` where they are known. Raises: NotFound."""
    statement = _PLANNING_ROW if facts is None else _CONTACT_ROW
    row = connection_of(db).execute(statement, {"appointment": appointment_id}).first()
    if row is None:
        raise NotFound.because("appointment_id_unknown", id=appointment_id)
    return input_of(row, db) if facts is None else _of_trial(db, _input(facts, row, db), row.running_trial)


def _of_trial(db: Session, planning: PlanningInput, trial_id: int | None) -> PlanningInput:
    """The same with the plan of reminders that the appointment, which is new, is allotted in the trial, if one runs."""
    if trial_id is None or planning.facts.is_walk_in:
        return planning
    plan = tuple(allot(db, trial_id, planning.facts.appointment_id))
    return replace(planning, facts=replace(planning.facts, reminder_plan=plan))


def _with_people(statement: Select[Any]) -> Select[Any]:
    """`statement` about appointments with `CONTACT_COLUMNS`."""
    return (
        statement.add_columns(*CONTACT_COLUMNS)
        .join(Resident, Resident.id == Appointment.resident_id)
        .outerjoin(Representative, Representative.id == Appointment.representative_id)
        .join(Authority, Authority.id == Appointment.authority_id)
        .add_columns(Authority.message_channels, Authority.zone, *_SENDING)
    )


_OF_APPOINTMENT = select(AppointmentService.service_id).where(AppointmentService.appointment_id == Appointment.id)
_FIRST_SERVICE = _OF_APPOINTMENT.order_by(AppointmentService.position).limit(1).correlate(Appointment).scalar_subquery()


def planning_rows() -> Select[Any]:
    """A statement with what `input_of` reads, for appointments by ascending id."""
    is_allotted_a = TrialAllotment.arm == ARMS[0]
    allotted = case((is_allotted_a, ReminderTrial.plan_a), else_=ReminderTrial.plan_b)
    statement = (
        select(
            Appointment.id,
            Appointment.authority_id,
            Appointment.version,
            Appointment.state,
            Appointment.starts_at,
            Appointment.is_walk_in,
            Appointment.owner_since,
            Authority.division,
            Authority.reminder_plan,
            Service.reminder_plan.label("own_plan"),
            allotted.label("allotted_plan"),
        )
        .select_from(Appointment)
        .outerjoin(Service, Service.id == _FIRST_SERVICE)
        .outerjoin(TrialAllotment, TrialAllotment.appointment_id == Appointment.id)
        .outerjoin(ReminderTrial, ReminderTrial.id == TrialAllotment.trial_id)
        .order_by(Appointment.id)
    )
    return _with_people(statement)


_OF_ONE = Appointment.id == bindparam("appointment")
_PLANNING_ROW = planning_rows().where(_OF_ONE).limit(1)
_RUNNING = select(ReminderTrial.id).where(ReminderTrial.service_id == _FIRST_SERVICE, ReminderTrial.ended_at.is_(None))
_OF_NEW = (Appointment.id, _RUNNING.correlate(Appointment).scalar_subquery().label("running_trial"))
_CONTACT_ROW = _with_people(select(*_OF_NEW)).where(_OF_ONE)


def input_of(row: Row[Any], db: Session) -> PlanningInput:
    """What decides about the messages of the appointment in a row of `planning_rows`."""
    plan = next(plan for plan in (row.allotted_plan, row.own_plan, row.reminder_plan) if plan is not None)
    first = (row.authority_id, row.id, row.version, row.state, row.starts_at, row.is_walk_in, row.zone, tuple(plan))
    apart = timedelta(hours=row.reminders_apart_hours)
    missed = None if row.missed_message_hours is None else timedelta(hours=row.missed_message_hours)
    facts = PlanningFacts(
        *first, owner_since=row.owner_since, division=row.division, reminders_apart=apart, missed_after=missed
    )
    return _input(facts, row, db)


def _input(facts: PlanningFacts, row: Row[Any], db: Session) -> PlanningInput:
    rules = rules_in(db.info, row.message_channels)
    off = kinds_off_of(row.kinds_off) if row.kinds_off else ()
    return PlanningInput(facts, contacts_of(row), rules, (row.zone, row.quiet_from, row.quiet_until), off)


def rows_for(planning: PlanningInput, owed: Iterable[Owed], now: datetime) -> list[dict[str, Any]]:
    """A row for each message, by the channel by which it goes: of reminders that go by one post the last one."""
    return [_row(planning, one, now) for one in planned_ways(planning, owed, now)]


def _row(planning: PlanningInput, planned: Planned, now: datetime) -> dict[str, Any]:
    facts, way, due_at = planning.facts, planned.way, planned.due_at
    return {
        "authority_id": facts.authority_id,
        "appointment_id": facts.appointment_id,
        "version": facts.version,
        "kind": way.message.kind,
        "channel": way.channel,
        "status": STATUS_OF.get(planned.reason, WITHHELD),
        "due_at": due_at,
        "useful_until": way.message.useful_until,
        "next_try_at": due_at,
        "tries": 0,
        "fencing_token": 0,
        "created_at": now,
        "closed_at": now if planned.reason else None,
        "reason": planned.reason,
        "told_at": now if planned.reason == TOLD_BY_STAFF else None,
        "instead_of": ",".join(sorted(way.failed)),
    }


def write_rows(db: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows of the outbox, in one statement."""
    rows = list(rows)
    if rows:
        connection_of(db).execute(_INSERT, rows)
