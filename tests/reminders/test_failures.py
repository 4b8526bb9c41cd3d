"""Messages that failed: who deals with them, what goes out again, and how each of them ends, once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.events import appointment_changed, readers_asked
from booking.states import Contact
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.ringing import take_to_ring
from core.audit import AuditEntry
from core.database import Database
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import Representative, Resident
from people.staff.tables import StaffMember
from reminders.corrections import Correction
from reminders.failure_queries import LISTED_FOR, failure_results_of, open_failures, people_with_failures
from reminders.failure_work import Done, FailureWork
from reminders.failures import ContactPart, FailureKind, FailureResult, failure_kind
from reminders.outbox import plan_notifications
from reminders.reach_queries import readers_of
from reminders.reasons import CODES, with_detail
from reminders.recipients import CHANNELS, USUAL_CHANNELS
from reminders.tables import EndedFailure, Notification
from tests.reminders.channels import RecordingChannel
from tests.reminders.test_rerouting import ROBIN, Post, refuse
from tests.support.factories import AGENT, NOW, make_appointment, make_runtime, make_world

EMAIL_ALONE = ResidentDetails("Robin Sample", "robin@example.org")
SQLITE = pytest.mark.databases("sqlite")


@pytest.fixture
def post(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset(USUAL_CHANNELS))
    with appointment_changed.connected_to(plan_notifications), readers_asked.connected_to(readers_of):
        yield Post(make_runtime(database), make_world(database))


def staff(post: Post, *names: str) -> list[int]:
    with post.database.writing() as db:
        rows = [
            StaffMember(
                authority_id=post.world.authority_id,
                email=f"{name}@example.org",
                name=name,
                password_hash="-",  # nobody signs in
                created_at=NOW,
            )
            for name in names
        ]
        db.add_all(rows)
        db.flush()
        return [row.id for row in rows]


def work(post: Post, staff_id: int) -> FailureWork:
    with post.database.reading() as db:
        resident_id = db.scalars(select(Resident.id).order_by(Resident.id)).first() or 0
    return FailureWork(post.runtime, post.world.authority_id, resident_id, staff_id, AGENT, None)


def open_now(post: Post) -> list[tuple[str, FailureKind, bool]]:
    with post.database.reading() as db:
        now = post.runtime.clock.now()
        found = open_failures(db, post.world.authority_id, now, site_ids=None, limit=50)
        assert people_with_failures(db, post.world.authority_id, now, site_ids=None) == len(
            {one.resident_id for one in found}
        )
        return [(one.channel, one.what, one.is_of_use) for one in found]


def refused(post: Post, person: ResidentDetails) -> FailureWork:
    """Somebody whose confirmation was refused, taken by a colleague; the channels work again."""
    post.text.on_send = post.email.on_send = refuse
    post.book(person)
    post.send()
    post.text.on_send = post.email.on_send = RecordingChannel().on_send
    found = work(post, *staff(post, "Ada"))
    assert found.take()
    return found


def test_a_corrected_address_gets_what_is_of_use_and_the_failure_is_over(post: Post) -> None:
    mine = refused(post, EMAIL_ALONE)
    assert open_now(post) == [("email", FailureKind.REFUSED, True)]
    assert mine.correct(ContactPart.EMAIL, Correction(email="robin.sample@example.org"))
    assert open_now(post) == []
    post.send()
    assert {one.recipient.address for one in post.email.sent} == {"robin.sample@example.org", "robin@example.org"}
    assert post.rows() == {"email": "sent"}
    post.email.sent.clear()
    post.at(NOW + timedelta(days=1))
    post.send()
    assert {one.recipient.address for one in post.email.sent} == {"robin.sample@example.org"}
    assert not mine.correct(ContactPart.EMAIL, Correction(email="again@example.org"))
    with post.database.reading() as db:
        ended = db.scalars(select(EndedFailure)).one()
        assert (ended.result, ended.staff_id) == ("corrected", mine.staff_id)
        assert failure_results_of(db, db.scalars(select(Appointment.id)).one())[ended.notification_id].by == "Ada"
        actions = db.scalars(select(AuditEntry.action)).all()
        assert actions.count("failure_ended") == 1


def test_what_is_right_is_tried_again_and_fails_once_more_as_a_new_failure(post: Post) -> None:
    mine = refused(post, EMAIL_ALONE)
    post.change(email_returned_at=NOW)
    assert mine.retry(ContactPart.EMAIL)
    assert open_now(post) == []
    assert post.rows() == {"email": "pending"}
    post.email.on_send = refuse
    post.send()
    assert open_now(post) == [("email", FailureKind.REFUSED, True)]
    with post.database.reading() as db:
        assert db.scalars(select(Resident.email_returned_at)).one() is None


@pytest.mark.parametrize("status", ["failed", "late"])
def test_a_failure_whose_message_went_in_another_way_is_not_sent_twice(post: Post, status: str) -> None:
    post.text.on_send = refuse
    post.book(ROBIN)
    post.send()
    post.send()
    values = {"status": status, "reason": "too_late: 452 4.2.2 over quota"}
    with post.database.writing() as db:
        db.execute(update(Notification).where(Notification.status == "failed").values(values))
    expected = {"text": status, "email for text": "sent"}
    assert post.rows() == expected
    mine = work(post, *staff(post, "Ada"))
    assert mine.take()
    assert mine.ring(ContactPart.PHONE) is None
    assert post.rows() == expected
    assert mine.retry(ContactPart.PHONE) == Done(again=0, not_again=1)
    assert post.rows() == expected
    assert open_now(post) == []
    with post.database.reading() as db:
        assert db.scalars(select(EndedFailure.result)).all() == ["checked"]


@pytest.mark.parametrize("own_phone", ["", "07700 900124"])
def test_a_correction_changes_nothing_else_of_what_was_given_for_an_appointment(post: Post, own_phone: str) -> None:
    post.book(ROBIN)
    own = Contact("own@example.org", own_phone or ROBIN.phone, "text", leave_no_message=True)
    change_details(post.runtime, post.world.authority_id, post.reference, Details(contact=own), actor=AGENT)
    post.text.on_send = refuse
    post.send()
    post.email.sent.clear()
    post.text.on_send = RecordingChannel().on_send
    mine = work(post, *staff(post, "Ada"))
    assert mine.take()
    assert mine.correct(ContactPart.PHONE, Correction(phone="07700 900125"))
    with post.database.reading() as db:
        row, resident = db.scalars(select(Appointment)).one(), db.scalars(select(Resident)).one()
        assert (row.contact_email, row.contact_leave_no_message) == ("own@example.org", True)
        assert (row.contact_phone or resident.phone) == "07700 900125"
        assert resident.phone == (ROBIN.phone if own_phone else "07700 900125")
        assert resident.email == ROBIN.email
    post.send()
    post.send()
    assert {one.recipient.address for one in post.text.sent} == {"07700 900125"}
    assert ROBIN.email not in {one.recipient.address for one in post.email.sent}


@pytest.mark.parametrize("by_helper", [False, True])
def test_a_corrected_address_gets_what_says_that_it_is_cancelled(post: Post, *, by_helper: bool) -> None:
    helper = Representation("Kim Helper", "carer", "kim@example.org") if by_helper else None
    booked = make_appointment(post.runtime, post.world, post.starts, resident=EMAIL_ALONE, representative=helper)
    post.send()
    whose = (post.runtime, post.world.authority_id, booked.reference)
    cancel(*whose, actor=AGENT, by="authority", reason="The office is shut", enforce_cutoff=False)
    post.email.on_send = refuse
    post.send()
    post.email.on_send = RecordingChannel().on_send
    post.email.sent.clear()
    mine = work(post, *staff(post, "Ada"))
    assert open_now(post) == [("email", FailureKind.REFUSED, True)]
    assert mine.take()
    assert mine.correct(ContactPart.EMAIL, Correction(email="right@example.org")) == Done(again=1, not_again=0)
    post.send()
    assert [one.recipient.address for one in post.email.sent] == ["right@example.org"]
    assert open_now(post) == []


def test_ring_instead_puts_it_on_the_list_of_calls_and_nothing_more_sends_nothing(post: Post) -> None:
    post.runtime = replace(post.runtime)
    mine = refused(post, ResidentDetails("Robin Sample", "robin@example.org", "07700 900123"))
    with post.database.writing() as db:  # as where a council has no other channel than email
        db.execute(update(Notification).where(Notification.channel == "text").values(status="failed", closed_at=NOW))
    assert mine.ring(ContactPart.EMAIL)
    assert post.rows()["call for email,text"] == "pending"
    assert [channel for channel, *_ in open_now(post)] == ["text"]
    assert mine.leave(ContactPart.PHONE)
    assert open_now(post) == []
    assert post.rows()["call for email,text"] == "pending"


def test_who_acts_for_somebody_is_corrected_and_not_the_resident(post: Post) -> None:
    post.email.on_send = refuse
    helper = Representation("Kim Helper", "carer", "kim@example.org")
    make_appointment(post.runtime, post.world, post.starts, resident=EMAIL_ALONE, representative=helper)
    post.send()
    mine = work(post, *staff(post, "Ada"))
    assert mine.take()
    assert mine.correct(ContactPart.EMAIL, Correction(email="kim.helper@example.org"))
    with post.database.reading() as db:
        assert db.scalars(select(Resident.email)).all() == ["robin@example.org"]
        last = db.get_one(Representative, db.scalars(select(Appointment.representative_id)).one())
        assert last.email == "kim.helper@example.org"


def test_only_what_is_rung_about_leaves_the_list_by_ring_instead(post: Post) -> None:
    mine = refused(post, ResidentDetails("Robin Sample", "robin@example.org", "07700 900123"))
    with post.database.writing() as db:  # as where a council has no other channel than email
        db.execute(update(Notification).where(Notification.channel == "text").values(status="void", closed_at=NOW))
        rows = db.scalars(select(Notification).where(Notification.kind == "reminder_2h")).all()
        for row in rows:
            row.status, row.reason, row.closed_at, row.useful_until = "failed", "550 nobody here", NOW, NOW
            row.channel = "email"
    assert sorted(is_of_use for *_, is_of_use in open_now(post)) == [False, True]
    assert mine.ring(ContactPart.EMAIL) == Done(again=1, not_again=0)
    assert open_now(post) == [("email", FailureKind.REFUSED, False)]


def test_what_was_taken_long_ago_does_not_count_when_a_colleague_took_them_since(post: Post) -> None:
    post.email.on_send = refuse
    for days in (1, 2):
        post.starts = NOW + timedelta(days=days, hours=2)
        post.book(EMAIL_ALONE)
    post.send()
    first, second = (work(post, staff_id) for staff_id in staff(post, "Ada", "Ben"))
    assert first.take()
    later = NOW + timedelta(minutes=11)
    with post.database.writing() as db:
        row = db.scalars(select(Appointment).order_by(Appointment.id).with_for_update()).first()
        assert row is not None
        assert take_to_ring(db, row, second.staff_id, AGENT, later)
    post.at(later + timedelta(minutes=11))  # nobody has them now
    first, second = (replace(one, runtime=post.runtime) for one in (first, second))
    assert first.leave(ContactPart.EMAIL) is None
    assert second.leave(ContactPart.EMAIL)


def test_what_is_of_no_use_any_more_says_so_and_leaves_the_list_after_a_month(post: Post) -> None:
    mine = refused(post, EMAIL_ALONE)
    post.at(post.starts + timedelta(hours=1))
    assert open_now(post) == [("email", FailureKind.REFUSED, False)]
    again = replace(mine, runtime=post.runtime)
    assert again.take()
    assert again.retry(ContactPart.EMAIL)
    assert post.rows() == {"email": "failed"}
    assert open_now(post) == []
    with post.database.writing() as db:
        db.query(EndedFailure).delete()
    post.at(NOW + LISTED_FOR + timedelta(hours=1))
    assert open_now(post) == []


def test_two_colleagues_never_have_one_person_whatever_it_is_about(post: Post) -> None:
    """Two appointments of one person, and two colleagues who take them at one moment, again and again."""
    post.email.on_send = refuse
    for days in (1, 2):
        post.starts = NOW + timedelta(days=days, hours=2)
        post.book(EMAIL_ALONE)
    post.send()
    ids = staff(post, "Ada", "Ben")
    for _ in range(5):
        barrier = Barrier(2)

        def take(staff_id: int, barrier: Barrier = barrier) -> bool:
            barrier.wait()
            return work(post, staff_id).take()

        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(take, ids))
        assert sorted(results) == [False, True]
        loser, winner = (work(post, ids[results.index(won)]) for won in (False, True))
        assert not loser.leave(ContactPart.EMAIL)
        winner.give_back()
    assert work(post, ids[0]).take()
    assert work(post, ids[0]).leave(ContactPart.EMAIL)


@SQLITE
@pytest.mark.parametrize(
    ("channel", "reason", "kind"),
    [
        ("email", "552 5.2.2 mailbox full", FailureKind.MAILBOX_FULL),
        ("email", "too_late: 452 4.2.2 over quota", FailureKind.MAILBOX_FULL),
        ("email", "550 5.1.1 nobody here", FailureKind.REFUSED),
        ("email", "mail_returned: 5.1.1", FailureKind.RETURNED_MAIL),
        ("email", "mail_returned: 5.2.2", FailureKind.MAILBOX_FULL),
        ("email", "address_unknown", FailureKind.REFUSED),
        ("text", "address_unknown", FailureKind.WRONG_NUMBER),
        ("call", "wrong_number", FailureKind.WRONG_NUMBER),
        ("letter", "letter_returned", FailureKind.RETURNED_LETTER),
        ("letter", "provider_failed", FailureKind.OTHER),
    ],
)
def test_a_reason_says_what_is_wrong_with_the_address(channel: str, reason: str, kind: FailureKind) -> None:
    assert failure_kind(channel, reason) is kind


@given(st.sampled_from(USUAL_CHANNELS), st.sampled_from(sorted(CODES)), st.text(max_size=40))
def test_every_reason_has_a_kind(channel: str, code: str, detail: str) -> None:
    assert failure_kind(channel, with_detail(code, detail)) in FailureKind
    assert failure_kind(channel, detail) in FailureKind


def test_results_fit_their_column() -> None:
    assert max(map(len, FailureResult)) <= 10
