"""What a change of an appointment, or a booking, would have sent: read for `reminders.expected`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from booking.events import UNDO_FOR, PlanningFacts, What
from booking.states import ContactChange
from booking.tables import Appointment
from locations.model import AuthorityFacts, ServiceFacts
from people.residents.tables import Representative, Resident
from reminders.contact_columns import CONTACT_COLUMNS
from reminders.contacts import Contacts, Person
from reminders.costs.kinds_off import kinds_off_of
from reminders.costs.running_trials import running_plans
from reminders.due_times import (
    Owed,
    PlanningInput,
    owed_arrangement,
    owed_contact_change,
    owed_going_ahead,
    owed_hand_over,
    owed_offer,
    owed_word_to_missing,
)
from reminders.expected import Expected, expected, expected_after, with_either_plan
from reminders.former_owner_queries import is_owner_told
from reminders.history_queries import reason_for_silence, reasons_for_silence
from reminders.outbox import input_of, planning_rows
from reminders.outdated import number_of_offer
from reminders.queue import pauses_on
from reminders.recipients import BOOKED, DID_NOT_ATTEND, EARLIER_TIME, OFFER, contacts_of, rules_in
from reminders.sending_times import rules_of_council
from reminders.tables import Notification

ByAppointment = Mapping[int, tuple[Expected, ...]]
OTHER_CONTACT = ContactChange(1, had_address=True, is_new_address=False)
NEW_READER = ContactChange(1, had_address=False, is_new_address=True)


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A visit that is about to be booked."""

    service: ServiceFacts
    starts_at: datetime
    mode: str
    representative: Person | None = None
    spoke_with: str = ""  # while it is booked


def contacts_of_resident(db: Session, resident_id: int) -> Contacts:
    """How a resident is reached by the record alone."""
    rows = select(*CONTACT_COLUMNS).select_from(Resident).outerjoin(Appointment, false())
    row = db.execute(rows.outerjoin(Representative, false()).where(Resident.id == resident_id)).one()
    return replace(contacts_of(row), mode="")


def expected_of_booking(
    db: Session, council: AuthorityFacts, resident_id: int, visit: NewVisit, now: datetime
) -> tuple[Expected, ...]:
    """What the resident would be owed when the visit is booked."""
    return expected_of_contacts(db, council, contacts_of_resident(db, resident_id), visit, now)


def expected_of_contacts(
    db: Session, council: AuthorityFacts, contacts: Contacts, visit: NewVisit, now: datetime
) -> tuple[Expected, ...]:
    """The same of somebody who is reached by these contacts, on record or not."""
    contacts = replace(contacts, mode=visit.mode, representative=visit.representative)
    facts = PlanningFacts(
        authority_id=council.id,
        appointment_id=0,
        version=1,
        state=BOOKED,
        starts_at=visit.starts_at,
        is_walk_in=False,
        zone=council.zone,
        reminder_plan=visit.service.reminder_plan,
        division=council.division,
        reminders_apart=timedelta(hours=council.reminders_apart_hours),
    )
    quiet = (council.zone, council.quiet_from, council.quiet_until)
    rules, off = rules_in(db.info, council.message_channels), kinds_off_of(council.kinds_off)
    pauses = pauses_on(db, now, council.id)
    found = [
        expected_after(
            PlanningInput(replace(facts, reminder_plan=tuple(plan)), contacts, rules, quiet, off, visit.spoke_with),
            "booked",
            council,
            now,
            pauses=pauses,
        )
        for plan in running_plans(db, visit.service.id) or (visit.service.reminder_plan,)
    ]
    return found[0] if len(found) == 1 else with_either_plan(*found)


def planning_of(db: Session, appointment_ids: Collection[int]) -> Mapping[int, PlanningInput]:
    """What decides about the messages of each appointment, by its id. One statement."""
    rows = db.execute(planning_rows().where(Appointment.id.in_(appointment_ids)))
    return {row.id: input_of(row, db) for row in rows}


def expected_of_change(
    db: Session, council: AuthorityFacts, appointment_id: int, what: What, now: datetime, *, by_staff: bool = True
) -> tuple[Expected, ...]:
    """What the appointment would be owed after `what`, which staff can take back for a while, and a resident cannot."""
    planning, silence = planning_of(db, [appointment_id])[appointment_id], reason_for_silence(db, appointment_id)
    pauses = pauses_on(db, now, council.id)
    return expected_after(planning, what, council, now, silence=silence, pauses=pauses, wait=_undo_time(db, by_staff))


def expected_of_moves(
    db: Session,
    council: AuthorityFacts,
    starts: Mapping[int, datetime],
    now: datetime,
    *,
    by_staff: bool = True,
    spoke_with: str = "",
) -> ByAppointment:
    """What each appointment would be owed when it is moved to this start, by its id."""
    plans, silences = planning_of(db, starts), reasons_for_silence(db, starts)
    plans = {id_: replace(plan, spoke_with=spoke_with) for id_, plan in plans.items()} if spoke_with else plans
    pauses, wait = pauses_on(db, now, council.id), _undo_time(db, by_staff)
    after = partial(expected_after, what="rescheduled", council=council, now=now, pauses=pauses, wait=wait)
    return {id_: after(plan, starts_at=starts[id_], silence=silences.get(id_, "")) for id_, plan in plans.items()}


def _undo_time(db: Session, by_staff: bool) -> timedelta:
    """For how long a change that is made by staff can be taken back, before anybody is told of it."""
    found: timedelta = db.info.get(UNDO_FOR, timedelta()) if by_staff else timedelta()
    return found


def expected_of_hand_over(
    db: Session, council: AuthorityFacts, appointment_id: int, to_resident_id: int, now: datetime
) -> tuple[tuple[Expected, ...], tuple[Expected, ...]]:
    """What whose the visit becomes is owed, and whose it was: nothing where nothing has gone out to them."""
    planning = planning_of(db, [appointment_id])[appointment_id]
    contacts = contacts_of_resident(db, to_resident_id)
    to_new = replace(planning, contacts=replace(contacts, mode=planning.contacts.mode))
    notice = [owed_hand_over(planning.facts.version + 1, now)] if is_owner_told(db, appointment_id) else []
    pauses = pauses_on(db, now, council.id)
    to_old = expected(planning, notice, council, now, pauses=pauses)
    return expected_after(to_new, "handed_over", council, now, pauses=pauses), to_old


def expected_of_offers(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What each appointment would be owed when another time is offered, by its id."""
    return _each(db, council, appointment_ids, now, lambda facts: [owed_offer(OFFER, 1, facts.starts_at, now)])


def expected_of_earlier(
    db: Session, council: AuthorityFacts, appointment_id: int, now: datetime, told_by: str
) -> tuple[Expected, ...]:
    """What the appointment would be owed when an earlier time is offered, to whoever is told of these in this way."""
    planning = planning_of(db, [appointment_id])[appointment_id]
    planning = replace(planning, contacts=replace(planning.contacts, earlier_by=told_by))
    owed = [owed_offer(EARLIER_TIME, 1, planning.facts.starts_at, now)]
    silence, pauses = reason_for_silence(db, appointment_id), pauses_on(db, now, council.id)
    return expected(planning, owed, council, now, silence=silence, pauses=pauses)


def expected_of_arrangements(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What each appointment would be owed when it is decided whether there is an interpreter, by its id."""
    return _each(db, council, appointment_ids, now, lambda facts: owed_arrangement(1, facts, now))


def expected_of_missing(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What each appointment would be owed when it is recorded that they did not come, by its id."""
    rules = rules_of_council(council)
    return _each(
        db,
        council,
        appointment_ids,
        now,
        lambda facts: owed_word_to_missing(1, replace(facts, state=DID_NOT_ATTEND), rules, now),
    )


def expected_of_keeping(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What each appointment would be owed when it takes place as booked after all: nothing where no time was offered."""
    offers = Notification.appointment_id.in_(appointment_ids) & Notification.kind.startswith(OFFER)
    rows = db.scalars(select(Notification).join(Appointment).where(offers, Notification.version == Appointment.version))
    numbers = Counter[int]()
    for row in rows:
        numbers[row.appointment_id] = max(numbers[row.appointment_id], number_of_offer(row))
    return _each(
        db, council, appointment_ids, now, lambda facts: owed_going_ahead(numbers[facts.appointment_id], facts, now)
    )


def _each(
    db: Session,
    council: AuthorityFacts,
    appointment_ids: Collection[int],
    now: datetime,
    owed: Callable[[PlanningFacts], list[Owed]],
) -> ByAppointment:
    plans, silences = planning_of(db, appointment_ids), reasons_for_silence(db, appointment_ids)
    pauses = pauses_on(db, now, council.id)
    return {
        id_: expected(plan, owed(plan.facts), council, now, silence=silences.get(id_, ""), pauses=pauses)
        for id_, plan in plans.items()
    }


def coming_visits_of(db: Session, resident_id: int, now: datetime) -> Sequence[int]:
    """The ids of the resident's visits that are still to come, the first one first."""
    is_ahead = (Appointment.state == BOOKED, Appointment.starts_at > now)
    rows = select(Appointment.id).where(Appointment.resident_id == resident_id, *is_ahead)
    return db.scalars(rows.order_by(Appointment.starts_at, Appointment.id)).all()


def expected_of_new_contact(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What whoever reads the email address of each appointment is owed when another one takes its place."""
    of_change, pauses = partial(owed_contact_change, OTHER_CONTACT), pauses_on(db, now, council.id)
    return {
        id_: expected(_with_earlier(planning), of_change(planning.facts, now), council, now, pauses=pauses)
        for id_, planning in planning_of(db, appointment_ids).items()
        if planning.mail_address
    }


def expected_without_helper(
    db: Session, council: AuthorityFacts, appointment_ids: Collection[int], now: datetime
) -> ByAppointment:
    """What the resident would be owed of each appointment when whoever acts in it is not told of it any more."""
    silences, pauses = reasons_for_silence(db, appointment_ids), pauses_on(db, now, council.id)
    return {
        id_: expected(
            replace(planning, contacts=replace(planning.contacts, representative=None)),
            owed_contact_change(NEW_READER, planning.facts, now),
            council,
            now,
            silence=silences.get(id_, ""),
            pauses=pauses,
        )
        for id_, planning in planning_of(db, appointment_ids).items()
    }


def _with_earlier(planning: PlanningInput) -> PlanningInput:
    contacts = replace(planning.contacts, earlier_emails=(planning.mail_address,))
    return replace(planning, contacts=contacts)
