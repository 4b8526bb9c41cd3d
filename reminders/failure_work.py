"""What staff do about messages that failed: correct the address, try it again, ring instead, or leave it. Recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.ringing import had_last, leave_rung, take_to_ring
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import Stale
from core.runtime import Runtime
from core.transactions import run_with_retries
from people.residents.resident_repository import lock_resident
from people.residents.tables import Representative
from reminders.appointment_queries import current_state
from reminders.arrival_queries import may_have_arrived
from reminders.corrections import Correction, contact_stamp, write_correction
from reminders.delivery_decisions import FAILED, LATE, PENDING
from reminders.due_times import Way
from reminders.failure_queries import Failure, open_failures
from reminders.failures import ContactPart, FailureResult
from reminders.history_queries import reason_for_silence
from reminders.outbox import planning_input
from reminders.outdated import go_by, own_times
from reminders.posting import by_post
from reminders.recipients import (
    ABOUT_THE_VISIT,
    CALL,
    CONFIRMATION,
    LETTER,
    REMINDER,
    ChannelRules,
    Withheld,
    deliveries_for,
    family_of,
)
from reminders.rerouting import locked_alike
from reminders.tables import EndedFailure, Notification

MOST_AT_ONCE = 500  # messages of one person
BY_TELEPHONE = ChannelRules(frozenset({CALL}))
_Act = Callable[[Session, Sequence[Failure], datetime], Mapping[int, FailureResult]]
_INSERT = {
    name: insert(table_of(EndedFailure)).on_conflict_do_nothing(index_elements=["notification_id", "fencing_token"])
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


@dataclass(frozen=True)
class Done:
    """What was done about failures: how many of the messages are sent again, or rung about, and how many are not."""

    again: int
    not_again: int


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
            ids = {one.appointment_id for one in self._open(db, now)}
            rows = [row for row in self._locked(db) if row.id in ids]
            return bool(rows) and all(take_to_ring(db, row, self.staff_id, self.actor, now) for row in rows)

        return run_with_retries(self.runtime.database, operation)

    def correct(self, part: ContactPart, correction: Correction, seen: str | None = None) -> Done | None:
        """Write what is right where what failed came from; what is of use goes out again.

        `seen` is the `contact_stamp` of what was shown. Raises: Stale when it is not so any more.
        """

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> dict[int, FailureResult]:
            resident = lock_resident(db, self.authority_id, self.resident_id)
            ids = {one.appointment_id for one in failures}
            if seen is not None and seen != contact_stamp(db, resident, ids):
                raise Stale.because("record_changed")
            write_correction(db, self.runtime, resident, ids, part, correction, self.actor, now)
            for one in failures:
                if not _is_planned_anew(db, one.id, now):
                    _try_again(db, one.id, now)
            return {one.id: FailureResult.CORRECTED for one in failures}

        return self._end(part, act)

    def retry(self, part: ContactPart) -> Done | None:
        """Take the address for right again: what is of use goes to it once more."""

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> dict[int, FailureResult]:
            self._trust(db, {one.appointment_id for one in failures}, part)
            again = {one.id for one in failures if _try_again(db, one.id, now)}
            return {one.id: FailureResult.RETRIED if one.id in again else FailureResult.CHECKED for one in failures}

        return self._end(part, act)

    def ring(self, part: ContactPart) -> Done | None:
        """Put on the list of calls what is of use; the others stay as they are."""

        def act(db: Session, failures: Sequence[Failure], now: datetime) -> dict[int, FailureResult]:
            return {one.id: FailureResult.RUNG for one in failures if _owe_call(db, one.id, now)}

        return self._end(part, act)

    def leave(self, part: ContactPart) -> Done | None:
        """Write that nothing more is to do."""
        return self._end(part, lambda _db, failures, _now: {one.id: FailureResult.NOTHING for one in failures})

    def give_back(self) -> None:
        """Let colleagues have this person."""

        def operation(db: Session) -> None:
            rows = self._locked(db)
            self._give_back(db, rows, self.runtime.clock.database_now(db))

        run_with_retries(self.runtime.database, operation)

    def _end(self, part: ContactPart, act: _Act) -> Done | None:
        """What `act` did about the failures of this part, in order of id, which is how each it names has ended.

        None when it ended none, when there are none, or when somebody else has this person.
        """

        def operation(db: Session) -> Done | None:
            lock_resident(db, self.authority_id, self.resident_id)
            rows, now = self._locked(db), self.runtime.clock.database_now(db)
            failures = [one for one in self._open(db, now) if one.part is part]
            if not failures or not had_last(db, self.resident_id, self.staff_id, now):
                return None
            failures.sort(key=lambda failure: failure.id)
            tokens = _tokens(db, failures)
            results = act(db, failures, now)
            if not results:
                return None
            again = _owed_now(db, results)
            self._write(db, tokens, results, again, now)
            if not self._open(db, now):
                self._give_back(db, rows, now)
            return Done(again, len(results) - again)

        return run_with_retries(self.runtime.database, operation)

    def _open(self, db: Session, now: datetime) -> list[Failure]:
        whose = (self.authority_id, now)
        return open_failures(db, *whose, site_ids=self.site_ids, limit=MOST_AT_ONCE, resident_id=self.resident_id)

    def _locked(self, db: Session) -> Sequence[Appointment]:
        """The appointments of this person, locked in order of id, as `take_to_ring` and `leave_rung` want them."""
        theirs = (Appointment.resident_id == self.resident_id, Appointment.authority_id == self.authority_id)
        return db.scalars(
            select(Appointment).where(*theirs).order_by(Appointment.id).with_for_update(key_share=True)
        ).all()

    def _write(
        self, db: Session, tokens: Mapping[int, int], results: Mapping[int, FailureResult], again: int, now: datetime
    ) -> None:
        connection = connection_of(db)
        same = {"authority_id": self.authority_id, "staff_id": self.staff_id, "at": now}
        rows = [
            same | {"notification_id": id_, "fencing_token": tokens[id_], "ending": result.value}
            for id_, result in results.items()
        ]
        connection.execute(_INSERT[connection.dialect.name], rows)
        facts: dict[str, Any] = {
            "ending": ",".join(sorted({result.value for result in results.values()})),
            "again": again,
            "messages": len(results),
        }
        subject, authority_id = ("resident", self.resident_id), self.authority_id
        record(db, self.actor, "failure_ended", subject, authority_id=authority_id, now=now, **facts)

    def _give_back(self, db: Session, rows: Sequence[Appointment], now: datetime) -> None:
        for row in rows:
            leave_rung(db, row, self.staff_id, self.actor, now, nobody_answered=False)

    def _trust(self, db: Session, ids: Collection[int], part: ContactPart) -> None:
        """Take the address for right again, of whomever it is."""
        mark = {ContactPart.EMAIL: "email_returned_at", ContactPart.POST: "letter_returned_at"}.get(part)
        if mark is None:
            return
        row = lock_resident(db, self.authority_id, self.resident_id)
        setattr(row, mark, None)
        own_mark = "contact_email_returned_at" if part is ContactPart.EMAIL else "contact_postal_returned_at"
        own = update(Appointment).where(Appointment.id.in_(ids)).values({own_mark: None})
        helpers = select(Appointment.representative_id).where(Appointment.id.in_(ids))
        theirs = update(Representative).where(Representative.id.in_(helpers)).values({mark: None})
        for statement in (own, theirs):
            db.execute(statement.execution_options(synchronize_session=False))
        db.flush()


def _tokens(db: Session, failures: Sequence[Failure]) -> dict[int, int]:
    """The token of the try that failed, of each message."""
    columns = (Notification.id, Notification.fencing_token)
    rows = db.execute(select(*columns).where(Notification.id.in_([one.id for one in failures])))
    return {row.id: row.fencing_token for row in rows}


def _owed_now(db: Session, ids: Collection[int]) -> int:
    """How many of these messages go out, or are rung about, by whatever channel."""
    db.flush()
    other = aliased(Notification)
    is_same = (
        other.appointment_id == Notification.appointment_id,
        other.version == Notification.version,
        other.kind == Notification.kind,
        other.status == PENDING,
    )
    owed = select(func.count()).select_from(Notification).where(Notification.id.in_(ids), exists().where(*is_same))
    return db.scalar(owed) or 0


def _is_planned_anew(db: Session, notification_id: int, now: datetime) -> bool:
    """Whether the change of the contact has decided about this message: a confirmation may have another in its place."""
    row = db.get_one(Notification, notification_id)
    about = db.get_one(Appointment, row.appointment_id)
    is_ahead = about.state == State.BOOKED and about.starts_at > now
    return is_ahead and row.version == about.version and family_of(row.kind) == CONFIRMATION


def _try_again(db: Session, notification_id: int, now: datetime) -> bool:
    """Whether the message is owed by its own channel again: it is true and of use, and nothing of it is on its way."""
    alike = locked_alike(db, notification_id)
    row = next(one for one in alike.values() if one.id == notification_id)
    facts = planning_input(db, row.appointment_id).facts
    message = own_times(row, facts)
    posted = by_post(message, facts, now) if row.channel == LETTER else message
    if posted is None or not _may_go(db, row, alike, posted.useful_until, now):
        return False
    failed = frozenset(channel for channel in row.instead_of.split(",") if channel)
    go_by(db, alike, Way(row.channel, posted, failed), now)
    return True


def _owe_call(db: Session, notification_id: int, now: datetime) -> bool:
    """Whether staff ring about the message from now on, or do so already: it is of use, and there is a number."""
    alike = locked_alike(db, notification_id)
    row = next(one for one in alike.values() if one.id == notification_id)
    planning = planning_input(db, row.appointment_id)
    message = own_times(row, planning.facts)
    if CALL in alike and alike[CALL].status == PENDING:
        return True
    is_rung_about = family_of(row.kind) in ABOUT_THE_VISIT and row.channel != CALL
    if not is_rung_about or not _may_go(db, row, alike, message.useful_until, now):
        return False
    if isinstance(deliveries_for(planning.contacts, row.kind, BY_TELEPHONE), Withheld):
        return False
    failed = frozenset(one.channel for one in alike.values() if one.status in (FAILED, LATE))
    go_by(db, alike, Way(CALL, message, failed - {CALL}), now)
    return True


def _may_go(
    db: Session, row: Notification, alike: Mapping[str, Notification], useful_until: datetime, now: datetime
) -> bool:
    """Whether a message that failed may be owed again: it is true, wanted and of use, and nothing of it goes or went."""
    goes = any(may_have_arrived(one) or one.status == PENDING or one.told_at for one in alike.values())
    if goes or row.status not in (FAILED, LATE) or now >= useful_until or reason_for_silence(db, row.appointment_id):
        return False
    state = current_state(db, row.appointment_id)
    is_in_vain = state.awaits_rebooking and family_of(row.kind) == REMINDER
    return state.makes_current(row.kind, row.version) and not is_in_vain


def can_be_rung(db: Session, failures: Sequence[Failure]) -> bool:
    """Whether a call would be of use about one of these, and there is a number that is not what failed."""
    return any(_is_callable(db, one) for one in failures)


def _is_callable(db: Session, failure: Failure) -> bool:
    if not failure.is_of_use or failure.kind not in ABOUT_THE_VISIT or failure.channel == CALL or failure.went_by:
        return False
    contacts = planning_input(db, failure.appointment_id).contacts
    return not isinstance(deliveries_for(contacts, failure.kind, BY_TELEPHONE), Withheld)
