"""What one channel cannot deliver, or whose reader is reached in another way now, goes by the next channel, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed, readers_asked
from booking.states import Contact
from booking.tables import Appointment
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.change_record import change_record
from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred
from reminders.outbox import plan_notifications
from reminders.reach_queries import readers_of
from reminders.recipients import BY_HAND, CHANNELS, USUAL_CHANNELS
from reminders.reconciliation import BEFORE_VISIT
from reminders.rerouting import plan_next_channel
from reminders.stuck_messages import replace_stuck
from reminders.tables import Notification
from reminders.untold import due_calls, untold
from reminders.untried import hold_channel
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.reminders.make_bulk_notifications import notifications
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

STARTS = NOW + timedelta(days=1, hours=2)
ROBIN = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123", contact_preference="text")


def refuse(_message: object) -> None:
    raise DeliveryFailed(detail="550 nobody here", permanent=True)


def busy(_message: object) -> None:
    raise DeliveryFailed(detail="451 busy")


@dataclass
class Post:
    """A council that reaches people by email, text and telephone, with somebody who has an appointment."""

    runtime: Runtime
    world: World
    email: RecordingChannel = field(default_factory=RecordingChannel)
    text: RecordingChannel = field(default_factory=RecordingChannel)
    reference: str = ""
    starts: datetime = STARTS

    @property
    def database(self) -> Database:
        return self.runtime.database

    def book(self, person: ResidentDetails = ROBIN) -> None:
        booked = make_appointment(self.runtime, self.world, self.starts, resident=person)
        self.reference = booked.reference

    def send(self) -> None:
        worker = Worker(self.database, self.runtime.clock, {"email": self.email, "text": self.text}, writer())
        worker.send_due()

    def at(self, now: datetime) -> None:
        """Let it be that time."""
        self.runtime = replace(self.runtime, clock=FixedClock(now))

    def change(self, **values: object) -> None:
        """Other contact details in the record, as staff write them, or behind the back of the program."""
        with self.database.writing() as db:
            db.execute(update(Resident).values(**values))

    def record(self, person: ResidentDetails) -> None:
        with self.database.reading() as db:
            resident_id = db.query(Resident.id).scalar()
        change_record(self.runtime, self.world.authority_id, resident_id, person, actor=AGENT)

    def link(self) -> str:
        """The digest of the link that opens the appointment."""
        with self.database.reading() as db:
            return db.scalars(select(Appointment.manage_digest)).one()

    def rows(self, kind: str = "confirmation") -> dict[str, str]:
        """Of a message its status by channel, with the channels that failed before."""
        found = [row for row in notifications(self.database) if row.kind == kind]
        assert len({row.channel for row in found}) == len(found)
        return {row.channel + (f" for {row.instead_of}" if row.instead_of else ""): row.status for row in found}


@pytest.fixture
def post(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({*USUAL_CHANNELS, BY_HAND}))
    with appointment_changed.connected_to(plan_notifications), readers_asked.connected_to(readers_of):
        yield Post(make_runtime(database), make_world(database))


def test_what_a_channel_refuses_for_good_goes_by_the_next_and_at_last_to_a_person(post: Post) -> None:
    post.text.on_send = post.email.on_send = refuse
    post.book()
    post.send()
    assert post.rows() == {"text": "failed", "email for text": "pending"} | post.rows()
    post.send()
    assert post.rows() == {"text": "failed", "email for text": "failed", "call for email,text": "pending"}
    assert post.rows("reminder_2h") == {"text": "pending"}
    post.send()
    assert len(post.rows()) == 3


def test_the_next_channel_brings_it(post: Post) -> None:
    post.text.on_send = refuse
    post.book()
    post.send()
    post.send()
    assert post.rows() == {"text": "failed", "email for text": "sent"}
    assert [message.recipient.address for message in post.email.sent] == ["robin@example.org"]


def test_what_is_of_no_use_any_more_or_has_arrived_goes_nowhere_else(post: Post) -> None:
    post.book()
    ids = {row.kind: row.id for row in notifications(post.database)}
    with post.database.writing() as db:
        db.execute(update(Notification).values(status="failed"))
        assert plan_next_channel(db, ids["confirmation"], STARTS) == ""
        assert plan_next_channel(db, ids["reminder_2h"], NOW) == "email"
        assert plan_next_channel(db, ids["reminder_2h"], NOW) == ""  # it waits for the email
        db.execute(update(Notification).where(Notification.channel == "email").values(status="in_doubt"))
        assert plan_next_channel(db, ids["reminder_2h"], NOW) == ""


def unavailable(_message: object) -> None:
    raise ChannelUnavailable(detail="allowance_used_up")


def deferred(_message: object) -> None:
    raise DeliveryDeferred(detail="template_unusable: confirmation")


@pytest.mark.parametrize("refusal", [unavailable, deferred])
def test_what_a_channel_cannot_send_goes_by_the_next_when_the_visit_is_near(
    post: Post, refusal: Callable[[object], None]
) -> None:
    """Neither costs a try, so that without this it would wait until the visit has begun."""
    post.text.on_send = refusal
    post.book()
    post.send()
    for before, status in ((BEFORE_VISIT + timedelta(minutes=1), {"text": "pending"}), (BEFORE_VISIT, None)):
        post.at(STARTS - before)
        replaced = replace_stuck(post.runtime)
        assert post.rows() == (status or {"text": "failed", "email for text": "pending"})
        assert bool(replaced) == (status is None)
    assert replace_stuck(post.runtime) == 0
    post.send()
    assert post.rows() == {"text": "failed", "email for text": "sent"}


def test_what_only_waits_or_has_no_other_channel_goes_on_waiting(post: Post) -> None:
    post.book(replace(ROBIN, email="", do_not_text=False))
    post.change(phone="")
    post.at(STARTS - timedelta(hours=3))
    assert replace_stuck(post.runtime) == 0  # no channel is known to fail
    with post.database.writing() as db:
        hold_channel(db, "text", NOW)
    assert replace_stuck(post.runtime) == 0
    assert post.rows() == {"text": "pending"}


def test_what_fails_when_no_other_try_is_in_time_goes_by_the_next(post: Post) -> None:
    """The waits between tries grow to six hours, and the visit may come sooner."""
    post.text.on_send = busy
    post.book()
    with post.database.writing() as db:
        db.execute(update(Notification).values(useful_until=NOW + timedelta(seconds=1)))
    post.send()
    assert post.rows() == {"text": "late", "email for text": "pending"}


def test_two_who_see_the_same_failure_owe_one_message(post: Post) -> None:
    post.book()
    with post.database.writing() as db:
        db.execute(update(Notification).values(status="failed"))
    (failed,) = (row.id for row in notifications(post.database) if row.kind == "confirmation")

    def fail(_number: int) -> str:
        with post.database.writing() as db:
            return plan_next_channel(db, failed, NOW)

    with ThreadPoolExecutor(4) as pool:
        planned = list(pool.map(fail, range(4)))
    assert planned.count("email") == 1
    assert post.rows() == {"text": "failed", "email for text": "pending"}


@pytest.mark.parametrize("is_announced", [True, False])
def test_who_changes_the_preference_between_planning_and_sending_gets_the_message(
    post: Post, *, is_announced: bool
) -> None:
    post.book()
    for preference in ("email", "text", "email"):
        if is_announced:
            post.record(replace(ROBIN, contact_preference=preference))
        else:
            post.change(contact_preference=preference)
    post.send()
    post.send()
    if is_announced:  # each change owes a confirmation where it is read now, and voids the one before
        assert post.rows("confirmation_3") == {"email": "sent"}
    else:
        assert post.rows() == {"text": "withheld", "email": "sent"}
    assert (len(post.email.sent), len(post.text.sent)) == (1, 0)
    assert set(post.rows("reminder_2h")) == ({"text", "email"} if is_announced else {"text"})


def test_a_corrected_address_lets_what_is_of_use_go_out_again(post: Post) -> None:
    post.email.on_send = refuse
    alone = replace(ROBIN, phone="", contact_preference="email")
    post.book(alone)
    post.send()
    assert post.rows() == {"email": "failed"}
    post.email.on_send = None
    post.record(replace(alone, name="Robin Example"))
    assert post.rows() == {"email": "failed"}  # they are reached as before
    post.record(replace(alone, email="robin@council.example.org"))
    post.send()
    assert post.rows() == {"email": "sent"}
    post.record(replace(alone, email="robin@other.example.org"))
    assert post.rows() == {"email": "sent"}


def test_an_address_that_is_added_or_corrected_lets_letters_go_out(post: Post) -> None:
    soon = ResidentDetails("Robin Sample", contact_preference="letter")
    post.starts = NOW + timedelta(days=14, hours=2)
    post.book(soon)
    post.send()
    assert post.rows() == {"email": "withheld"}
    there = replace(soon, address="1 High Street\nTestshire", postcode="NW11 9QS")
    post.record(there)
    assert post.rows() == {"email": "withheld", "letter": "pending"}
    returned = {"status": "failed", "reason": "letter_returned", "closed_at": NOW}
    for other in (replace(there, postcode="NW11 9QT"), replace(there, address="2 High Street\nTestshire")):
        with post.database.writing() as db:
            db.execute(update(Notification).where(Notification.channel == "letter").values(**returned))
        post.change(letter_returned_at=NOW)
        post.record(replace(there, postcode="nw119qs"))  # the same, in other letters
        assert post.rows() == {"email": "withheld", "letter": "failed"}
        post.record(other)
        assert post.rows() == {"email": "withheld", "letter": "pending"}
        post.record(there)


@pytest.mark.parametrize("is_record", [True, False])
@pytest.mark.parametrize(
    ("person", "changed", "confirmed_to"),
    [
        (ROBIN, {"phone": "07700 900789"}, "07700 900789"),
        (replace(ROBIN, email=""), {"phone": "07700 900789"}, "07700 900789"),
        (ROBIN, {"contact_preference": "email"}, "robin@example.org"),
        (
            replace(ROBIN, contact_preference="email"),
            {"email": "robin@council.example.org"},
            "robin@council.example.org",
        ),
        (replace(ROBIN, contact_preference="email"), {"phone": "07700 900789"}, ""),
        (
            replace(ROBIN, email="refused@example.org", contact_preference="email"),
            {"phone": "07700 900789"},
            "07700 900789",
        ),
        (ROBIN, {"leave_no_message": True}, ""),
    ],
)
def test_who_is_reached_elsewhere_gets_a_new_link_and_the_old_one_ends(
    post: Post, person: ResidentDetails, changed: dict[str, object], confirmed_to: str, *, is_record: bool
) -> None:
    post.email.on_send = lambda message: refuse(message) if "refused" in message.recipient.address else None
    post.book(person)
    post.send()
    post.send()
    before, sent = post.link(), len(post.text.sent + post.email.sent)
    assert sent == 1
    other = replace(person, **changed)  # type: ignore[arg-type]
    if is_record:
        post.record(other)
    else:
        contact = Contact(other.email, other.phone, other.contact_preference, other.leave_no_message)
        change_details(post.runtime, post.world.authority_id, post.reference, Details(contact), actor=AGENT)
    assert (post.link() != before) == bool(confirmed_to)
    assert bool(post.rows("confirmation_1")) == bool(confirmed_to)
    for _ in range(2):
        post.send()
    rows = [row for row in notifications(post.database) if row.kind == "confirmation_1"]
    references = {f"notification-{row.id}-{row.version}" for row in rows}
    confirmed = [one.recipient.address for one in post.text.sent + post.email.sent if one.reference in references]
    assert confirmed == [confirmed_to] * bool(confirmed_to)


MARY = ResidentDetails("Mary Sample", phone="07700 900123", address="1 High Street\nTestshire", postcode="NW11 9QS")
LETTERS = replace(MARY, contact_preference="letter")
IN_DAYS = NOW + timedelta(days=4, hours=1)  # Friday: the last post goes on Monday, today


def test_no_letter_is_the_next_channel_that_would_arrive_after_the_visit(post: Post) -> None:
    post.email.on_send = post.text.on_send = refuse
    post.book(replace(MARY, email="mary@example.org"))
    for _ in range(3):
        post.send()
    assert post.rows() == {"email": "failed", "text for email": "failed", "call for email,letter,text": "pending"}


@pytest.mark.parametrize(("days", "channel"), [(1, "call for letter"), (14, "letter")])
def test_who_prefers_letters_from_now_on_is_rung_where_none_arrives(post: Post, days: int, channel: str) -> None:
    post.starts = NOW + timedelta(days=days, hours=2)
    post.book(replace(MARY, contact_preference="text"))
    post.record(LETTERS)
    assert post.rows("reminder_2h")["text"] == "withheld"
    assert post.rows("reminder_2h")[channel] == "pending"


@pytest.mark.parametrize("is_changed", [True, False])
def test_one_post_brings_one_reminder(post: Post, *, is_changed: bool) -> None:
    post.starts = NOW + timedelta(days=14, hours=1)
    post.book(replace(MARY, contact_preference="text") if is_changed else LETTERS)
    if is_changed:
        post.record(LETTERS)
    letters = [row for row in notifications(post.database) if row.channel == "letter" and row.status == "pending"]
    due = [row.due_at for row in letters if row.kind.startswith("reminder")]
    assert due
    assert len(due) == len(set(due))
    assert "reminder_2h" in {row.kind for row in letters}
    post.record(replace(LETTERS, letter_format="large_print"))
    assert [row.due_at for row in notifications(post.database) if row.id in {one.id for one in letters}] == [
        row.due_at for row in letters
    ]


def test_what_a_letter_did_not_bring_is_told_by_telephone_until_the_visit(post: Post) -> None:
    post.starts = IN_DAYS
    post.book(LETTERS)
    assert post.rows() == {"letter": "pending"}
    with post.database.writing() as db:
        db.execute(update(Notification).values(status="failed", closed_at=NOW))
    (row,) = (one for one in notifications(post.database) if one.kind == "confirmation")
    with post.database.writing() as db:
        assert plan_next_channel(db, row.id, NOW + timedelta(days=2)) == "call"
    (call,) = (one for one in notifications(post.database) if (one.kind, one.channel) == ("confirmation", "call"))
    assert call.useful_until == IN_DAYS


@pytest.mark.parametrize("is_announced", [True, False])
def test_who_wants_no_contact_any_more_is_not_rung(post: Post, *, is_announced: bool) -> None:
    booked = ResidentDetails("Mary Sample", phone="07700 900123", do_not_text=True)
    post.book(booked)
    assert post.rows() == {"call": "pending"}
    (row, *_) = notifications(post.database)
    if is_announced:
        post.record(replace(booked, contact_preference="none"))
        assert post.rows() == {"call": "withheld"}
    else:
        post.change(contact_preference="none")
    with post.database.writing() as db:
        assert due_calls(db, row.appointment_id, NOW) == []
        assert untold(db, post.world.authority_id, NOW, site_ids=None, limit=9) == []
    post.record(booked)
    assert post.rows() == {"call": "pending"}


def test_who_can_be_written_to_after_all_is_not_rung(post: Post) -> None:
    post.book(ResidentDetails("Robin Sample", phone="07700 900123", do_not_text=True))
    assert post.rows() == {"call": "pending"}
    post.record(ResidentDetails("Robin Sample", "robin@example.org", phone="07700 900123", do_not_text=True))
    assert post.rows() == {"call": "withheld", "email": "pending"}


def test_another_address_of_one_appointment_is_confirmed_once(post: Post) -> None:
    post.book(ResidentDetails("Robin Sample", phone="07700 900123", do_not_text=True))
    contact = Contact("robin@example.org", "07700 900123", "email", leave_no_message=False)
    change_details(post.runtime, post.world.authority_id, post.reference, Details(contact), actor=AGENT)
    post.send()
    assert len(post.email.sent) == 1
    assert "pending" not in (post.rows()["call"], *post.rows("confirmation_1").values())
