"""What staff do about messages that failed: correct the address, try it again, ring instead, or leave it. Recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.ringing.tables import Ringing
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.change_details import Details, HelperContact, change_contact
from booking.use_cases.change_record import write_record
from booking.use_cases.ringing import had_last, leave_rung, take_to_ring
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.details import ResidentDetails
from people.residents.resident_repository import lock_resident
from people.residents.tables import Representative, Resident
from reminders.appointment_queries import current_state
from reminders.delivery_decisions import FAILED, LATE
from reminders.due_times import Way
from reminders.failure_queries import Failure, open_failures
from reminders.failures import ContactPart, FailureEnding
from reminders.outbox import planning_input
from reminders.outdated import go_by, is_open, own_times
from reminders.posting import by_post
from reminders.recipients import ABOUT_THE_VISIT, CALL, LETTER, ChannelRules, Withheld, deliveries_for, family_of
from reminders.rerouting import locked_alike
from reminders.tables import EndedFailure, Notification

MOST_AT_ONCE = 500  # messages of one person
BY_TELEPHONE = ChannelRules(frozenset({CALL}))
_INSERT = {
    name: insert(table_of(EndedFailure)).on_conflict_do_nothing(index_elements=["notification_id", "fencing_token"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True)
class Correction:
    """What is right: the part that did not work, the others empty."""

    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class FailureWork:
    """Whose failures a member of staff deals with; at the sites of `site_ids`, or None for all."""

    runtime: Runtime
    authority_id: int
    resident_id: int
    staff_id: int
    actor: Actor
    site_ids: Collection[int] | None

    def take(self) -> bool:
        """Whether this member of staff has this person for ten minutes; False when somebody else has, or nothing failed."""

        def operation(db: Session) -> bool:
            now = self.runtime.clock.database_now(db)
            ids = sorted({one.appointment_id for one in self._open(db, now)})
            rows = [db.get_one(Appointment, appointment_id) for appointment_id in ids]
            return bool(rows) and all(take_to_ring(db, row, self.staff_id, self.actor, now) for row in rows)

        return run_with_retries(self.runtime.database, operation)

    def correct(self, part: ContactPart, correction: Correction) -> bool:
        """Whether what is right was written, where it failed; what is of use goes out again."""

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> None:
            ids = {one.appointment_id for one in failures}
            of_helpers = set() if part is ContactPart.POST else self._correct_helpers(db, ids, part, correction, now)
            if ids - of_helpers:
                row = lock_resident(db, self.authority_id, self.resident_id)
                db.refresh(row)
                write_record(db, self.runtime, row, _corrected(row, part, correction), self.actor, now)

        return self._end(part, FailureEnding.CORRECTED, act)

    def retry(self, part: ContactPart) -> bool:
        """Whether the address counts as right again: what is of use goes to it once more."""

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> None:
            self._trust(db, {one.appointment_id for one in failures}, part)
            for one in sorted(failures, key=lambda failure: failure.id):
                _try_again(db, one.id, now)

        return self._end(part, FailureEnding.RETRIED, act)

    def ring(self, part: ContactPart) -> bool:
        """Whether what is of use is on the list of calls now."""

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> None:
            for one in sorted(failures, key=lambda failure: failure.id):
                _owe_call(db, one.id, now)

        return self._end(part, FailureEnding.RUNG, act)

    def leave(self, part: ContactPart) -> bool:
        """Whether it is written that nothing more is to do."""
        return self._end(part, FailureEnding.NOTHING, lambda _db, _failures, _now: None)

    def give_back(self) -> None:
        """Let colleagues have this person."""

        def operation(db: Session) -> None:
            self._give_back(db, self.runtime.clock.database_now(db))

        run_with_retries(self.runtime.database, operation)

    def _end(
        self, part: ContactPart, ending: FailureEnding, act: Callable[[Session, Sequence[Failure], datetime], None]
    ) -> bool:
        """Whether `act` was done about the failures of this part, and written: they have this person, and there are some."""

        def operation(db: Session) -> bool:
            now = self.runtime.clock.database_now(db)
            failures = [one for one in self._open(db, now) if one.part is part]
            if not failures or not had_last(db, self.resident_id, self.staff_id, now):
                return False
            tokens = _tokens(db, failures)
            act(db, failures, now)
            self._write(db, tokens, ending, now)
            if not self._open(db, now):
                self._give_back(db, now)
            return True

        return run_with_retries(self.runtime.database, operation)

    def _open(self, db: Session, now: datetime) -> list[Failure]:
        whose = (self.authority_id, now)
        return open_failures(db, *whose, site_ids=self.site_ids, limit=MOST_AT_ONCE, resident_id=self.resident_id)

    def _write(self, db: Session, tokens: dict[int, int], ending: FailureEnding, now: datetime) -> None:
        connection = connection_of(db)
        same = {"authority_id": self.authority_id, "ending": ending.value, "staff_id": self.staff_id, "at": now}
        rows = [same | {"notification_id": id_, "fencing_token": token} for id_, token in tokens.items()]
        connection.execute(_INSERT[connection.dialect.name], rows)
        subject, authority_id = ("resident", self.resident_id), self.authority_id
        record(db, self.actor, "failure_ended", subject, authority_id=authority_id, now=now, ending=ending.value)

    def _give_back(self, db: Session, now: datetime) -> None:
        of_person = select(Appointment).join(Ringing, Ringing.appointment_id == Appointment.id)
        mine = (Appointment.resident_id == self.resident_id, Ringing.staff_id == self.staff_id)
        for row in db.scalars(of_person.where(*mine).order_by(Appointment.id)).all():
            leave_rung(db, row, self.staff_id, self.actor, now, nobody_answered=False)

    def _correct_helpers(
        self, db: Session, ids: Collection[int], part: ContactPart, correction: Correction, now: datetime
    ) -> set[int]:
        """Those of the appointments whose messages go to whoever acts for the resident; theirs is corrected."""
        rows = (
            select(Appointment).where(Appointment.id.in_(ids)).order_by(Appointment.id).with_for_update(key_share=True)
        )
        found = set()
        for row in db.scalars(rows).all():
            helper = db.get(Representative, row.representative_id) if row.representative_id else None
            if helper is None or not getattr(helper, part.value):
                continue
            found.add(row.id)
            if row.state == State.BOOKED and row.starts_at > now:
                row.changed_at = now
                contact = HelperContact(correction.email or helper.email, correction.phone or helper.phone)
                change_contact(db, self.runtime, row, Details(helper=contact), self.actor, now)
        return found

    def _trust(self, db: Session, ids: Collection[int], part: ContactPart) -> None:
        """Take the address for right again, of whomever it is."""
        mark = {ContactPart.EMAIL: "email_returned_at", ContactPart.POST: "letter_returned_at"}.get(part)
        if mark is None:
            return
        row = lock_resident(db, self.authority_id, self.resident_id)
        setattr(row, mark, None)
        if part is ContactPart.EMAIL:
            own = update(Appointment).where(Appointment.id.in_(ids)).values(contact_email_returned_at=None)
            helpers = select(Appointment.representative_id).where(Appointment.id.in_(ids))
            theirs = update(Representative).where(Representative.id.in_(helpers)).values(email_returned_at=None)
            for statement in (own, theirs):
                db.execute(statement.execution_options(synchronize_session=False))
        db.flush()


def _tokens(db: Session, failures: Sequence[Failure]) -> dict[int, int]:
    """The token of the try that failed, of each message."""
    columns = (Notification.id, Notification.fencing_token)
    rows = db.execute(select(*columns).where(Notification.id.in_([one.id for one in failures])))
    return {row.id: row.fencing_token for row in rows}


def _corrected(row: Resident, part: ContactPart, correction: Correction) -> ResidentDetails:
    facts = {name: getattr(row, name) for name in ResidentDetails.__dataclass_fields__}
    known = ResidentDetails(**facts | {"support_needs": tuple(row.support_needs)})
    if part is ContactPart.EMAIL:
        return replace(known, email=correction.email)
    if part is ContactPart.PHONE:
        return replace(known, phone=correction.phone)
    return replace(known, address=correction.address, postcode=correction.postcode)


def _try_again(db: Session, notification_id: int, now: datetime) -> None:
    """Owe the message by its own channel again, if it is true and of use and nothing else of it is on its way."""
    alike = locked_alike(db, notification_id)
    row = next(one for one in alike.values() if one.id == notification_id)
    facts = planning_input(db, row.appointment_id).facts
    message = own_times(row, facts)
    posted = by_post(message, facts, now) if row.channel == LETTER else message
    if row.status not in (FAILED, LATE) or posted is None:
        return
    failed = frozenset(channel for channel in row.instead_of.split(",") if channel)
    if _may_go(db, row, alike, posted.useful_until, now):
        go_by(db, alike, Way(row.channel, posted, failed), now)


def _owe_call(db: Session, notification_id: int, now: datetime) -> None:
    """Have staff ring about the message, where that is of use and there is a number."""
    alike = locked_alike(db, notification_id)
    row = next(one for one in alike.values() if one.id == notification_id)
    planning = planning_input(db, row.appointment_id)
    message = own_times(row, planning.facts)
    if family_of(row.kind) not in ABOUT_THE_VISIT or not _may_go(db, row, alike, message.useful_until, now):
        return
    if not isinstance(deliveries_for(planning.contacts, row.kind, BY_TELEPHONE), Withheld):
        failed = frozenset(one.channel for one in alike.values() if one.status in (FAILED, LATE))
        go_by(db, alike, Way(CALL, message, failed - {CALL}), now)


def _may_go(
    db: Session, row: Notification, alike: dict[str, Notification], useful_until: datetime, now: datetime
) -> bool:
    is_true = current_state(db, row.appointment_id).makes_current(row.kind, row.version)
    return is_true and (is_open(alike, useful_until, now) or (row.status == LATE and now < useful_until))


def can_be_rung(db: Session, failures: Sequence[Failure]) -> bool:
    """Whether a call would be of use about one of these, and there is a number that is not what failed."""
    return any(_is_callable(db, one) for one in failures)


def _is_callable(db: Session, failure: Failure) -> bool:
    if not failure.is_of_use or failure.kind not in ABOUT_THE_VISIT or failure.channel == CALL or failure.went_by:
        return False
    contacts = planning_input(db, failure.appointment_id).contacts
    return not isinstance(deliveries_for(contacts, failure.kind, BY_TELEPHONE), Withheld)
