"""Somebody is invited: the link is for one person and one time, is chased once, and is a task when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed, invitation_changed
from booking.invitations.invitation_queries import invitation_list, invitation_task_count
from booking.invitations.invitation_rules import BY_EMAIL, BY_LETTER, BY_TEXT, BY_VOICE, InvitationState
from booking.invitations.tables import Invitation
from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.book import Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.change_record import change_record
from booking.use_cases.chase_invitations import chase_invitations
from booking.use_cases.invite import (
    NewInvitation,
    finish_invitation,
    invite,
    take_invitation,
    withdraw_invitation,
)
from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed, Invalid, LinkEnded, NotFound, Stale
from core.runtime import Runtime
from locations.tables import Authority, Service
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from people.staff.tables import StaffMember
from reminders.bounce_marks import marked, references_in
from reminders.bounce_reports import BounceReport, Reading
from reminders.bounces import fail_returned
from reminders.invitation_mail_queries import fates_of_invitation
from reminders.invitation_mails import plan_invitation_mail, send_invitation_mails
from reminders.invitation_tables import InvitationMail
from reminders.letters import LetterBody
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from reminders.provider_states import ProviderState
from reminders.reasons import LINK_RENEWED, NEEDS_FORMAT, NO_CONTACT_WANTED, PREFERS_LETTERS
from reminders.receipts import Learnt, learn
from reminders.recipients import EMAIL, LETTER, TEXT
from reminders.texts import TextBody
from tests.booking.test_waiting_list import check_books
from tests.reminders.channels import RecordingChannel
from tests.support.factories import AGENT, NOW, RESIDENT, World, catalogue, make_runtime, make_world, slot_key_at

ROBIN = ResidentDetails(
    "Robin Sample", email="robin@example.org", phone="07700 900123", address="2 Low Road", postcode="NW11 9QS"
)
FIRST, LAST = date(2026, 11, 24), date(2026, 12, 4)
WANTED = NewInvitation("certify", FIRST, LAST, BY_EMAIL, words="Please bring the letter of May.")
AT_TEN = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    planned = invitation_changed.connected_to(plan_invitation_mail)
    with appointment_changed.connected_to(plan_notifications), planned:
        yield


def wait(runtime: Runtime, by: timedelta) -> None:
    """Let so much time go by."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(by)


def resident(database: Database, world: World, person: ResidentDetails = ROBIN) -> int:
    with database.writing() as db:
        if db.get(StaffMember, AGENT.id) is None:
            mail, council = "agnes@council.example", world.authority_id
            db.add(
                StaffMember(
                    id=AGENT.id, authority_id=council, name=AGENT.name, email=mail, password_hash="", created_at=NOW
                )
            )
        return create_resident(db, world.authority_id, person, NOW)


def the_invitation(database: Database, invitation_id: int) -> Invitation:
    with database.reading() as db:
        return db.get_one(Invitation, invitation_id)


def by_link(world: World, robin: int, invitation_id: int, at: datetime = AT_TEN, **more: Any) -> Booking:
    """The booking of whoever opened the link."""
    slot = slot_key_at(world, at, **more)
    return Booking(world.authority_id, "online", robin, slot_key=slot, invitation=invitation_id)


def invited(database: Database, **changes: Any) -> tuple[World, Runtime, int, int]:
    """A world with somebody who is invited: their id, and that of the invitation."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    robin = resident(database, world)
    new = NewInvitation(**{**WANTED.__dict__, **changes})
    return world, runtime, robin, invite(runtime, world.authority_id, robin, new, actor=AGENT)


def test_two_tabs_with_one_link_book_once(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    gate = Barrier(4)

    def take(number: int) -> bool:
        gate.wait()
        try:
            at = AT_TEN + timedelta(minutes=30 * number)
            book(runtime, by_link(world, robin, id_, at), actor=RESIDENT)
        except LinkEnded:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
    row = the_invitation(database, id_)
    with database.reading() as db:
        (booked,) = db.scalars(select(Appointment)).all()
    assert (row.state, row.appointment_id, booked.resident_id) == (InvitationState.BOOKED, booked.id, robin)
    assert row.remind_at is None
    check_books(database)


@pytest.mark.parametrize(
    ("changes", "booked"),
    [
        ({}, {"at": datetime(2026, 11, 23, 10, 0, tzinfo=UTC)}),
        ({}, {"at": datetime(2026, 12, 7, 10, 0, tzinfo=UTC)}),
        ({}, {"service": 1}),
        ({"mode": "in_person", "sites": ("high-street",)}, {"at": datetime(2026, 12, 7, 10, 0, tzinfo=UTC)}),
    ],
)
def test_a_time_that_it_is_not_for_is_refused(
    database: Database, changes: dict[str, Any], booked: dict[str, Any]
) -> None:
    world, runtime, robin, id_ = invited(database, **changes)
    with pytest.raises(Invalid):
        book(runtime, by_link(world, robin, id_, **booked), actor=RESIDENT)
    assert the_invitation(database, id_).state == InvitationState.OPEN
    book(runtime, by_link(world, robin, id_), actor=RESIDENT)


def test_it_books_for_nobody_else_and_not_after_it_has_ended(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    sam = resident(database, world, ResidentDetails("Sam Other", email="sam@example.org"))
    with pytest.raises(NotFound):
        book(runtime, by_link(world, sam, id_), actor=RESIDENT)
    other = make_world(database, slug="othershire")
    with pytest.raises(NotFound):
        withdraw_invitation(runtime, other.authority_id, id_, actor=AGENT)
    withdraw_invitation(runtime, world.authority_id, id_, actor=AGENT)
    withdraw_invitation(runtime, world.authority_id, id_, actor=AGENT)
    with pytest.raises(LinkEnded):
        book(runtime, by_link(world, robin, id_), actor=RESIDENT)
    with database.reading() as db:
        assert db.scalars(select(Appointment)).all() == []


def test_what_staff_book_answers_it_on_whichever_day(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    at = datetime(2026, 12, 8, 11, 0, tzinfo=UTC)
    other = Booking(world.authority_id, "phone", robin, slot_key_at(world, at, service=1))
    book(runtime, other, actor=AGENT)
    assert the_invitation(database, id_).state == InvitationState.OPEN
    later = slot_key_at(world, at + timedelta(hours=1))
    booked = book(runtime, Booking(world.authority_id, "phone", robin, later), actor=AGENT)
    row = the_invitation(database, id_)
    assert (row.state, row.appointment_id) == (InvitationState.BOOKED, booked.appointment_id)


@pytest.mark.parametrize(
    ("who", "at", "is_answered"),
    [
        (ROBIN, AT_TEN, True),
        (replace(ROBIN, phone="", address="", postcode=""), AT_TEN, True),
        (ROBIN, datetime(2026, 12, 8, 10, 0, tzinfo=UTC), False),
        (ResidentDetails("Sam Other", email="robin@example.org"), AT_TEN, False),
    ],
)
def test_what_is_booked_online_without_the_link_answers_it_within_its_days(
    database: Database, who: ResidentDetails, at: datetime, *, is_answered: bool
) -> None:
    world, runtime, _robin, id_ = invited(database)
    booked = book(runtime, Booking(world.authority_id, "online", who, slot_key_at(world, at)), actor=RESIDENT)
    row = the_invitation(database, id_)
    assert (row.state == InvitationState.BOOKED) is is_answered
    assert row.appointment_id == (booked.appointment_id if is_answered else None)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_who_has_a_visit_in_these_days_already_is_not_chased(database: Database, *, is_cancelled: bool) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    robin = resident(database, world)
    booked = book(runtime, Booking(world.authority_id, "phone", robin, slot_key_at(world, AT_TEN)), actor=AGENT)
    id_ = invite(runtime, world.authority_id, robin, WANTED, actor=AGENT)
    if is_cancelled:
        cancel(
            runtime,
            world.authority_id,
            booked.reference,
            actor=AGENT,
            by="authority",
            reason="ill",
            enforce_cutoff=False,
        )
    wait(runtime, timedelta(days=14))
    assert [chase_invitations(runtime), chase_invitations(runtime)] == [1, 0]
    row = the_invitation(database, id_)
    expected = ("over", None) if is_cancelled else ("booked", booked.appointment_id)
    assert (row.state, row.appointment_id) == expected


def test_what_staff_alone_book_can_be_invited_for(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    robin = resident(database, world)
    with database.writing() as db:
        db.execute(update(Service).values(bookable_online=False))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    id_ = invite(runtime, world.authority_id, robin, WANTED, actor=AGENT)
    book(runtime, by_link(world, robin, id_), actor=RESIDENT)
    assert the_invitation(database, id_).state == InvitationState.BOOKED


def sent_to(database: Database, told_by: str) -> tuple[World, Runtime, int, str]:
    """An invitation that went out, and the reference of its message."""
    world, runtime, _robin, id_ = invited(database, told_by=told_by)
    mail, texts = RecordingChannel(), RecordingChannel(body_type=TextBody)
    assert send_invitation_mails(runtime, {EMAIL: mail, TEXT: texts}) == 1
    return world, runtime, id_, (mail.sent + texts.sent)[0].reference


def test_an_email_that_comes_back_is_a_task_and_the_address_is_trusted_no_more(database: Database) -> None:
    world, _runtime, id_, reference = sent_to(database, BY_EMAIL)
    bad = ("robin@example.org",)
    other = BounceReport(Reading.FAILED, reference, recipients=("else@example.org",), bad=(), status="5.1.1")
    report = BounceReport(Reading.FAILED, reference, recipients=bad, bad=bad, status="5.1.1")
    with database.writing() as db:
        found = [fail_returned(db, one, NOW) for one in (other, report, report)]
        assert found == [False, True, False]
        assert invitation_task_count(db, world.authority_id, None) == 1
        (fate,) = fates_of_invitation(db, id_)
        assert (fate.state, fate.reason) == ("failed", "mail_returned: 5.1.1")
        assert db.scalars(select(Resident.email_returned_at)).one() == NOW


def test_a_receipt_says_that_a_text_arrived_or_makes_it_a_task(database: Database) -> None:
    world, _runtime, id_, reference = sent_to(database, BY_TEXT)
    arrived, failed = ProviderState("id", reference, "delivered"), ProviderState("id", reference, "permanent-failure")
    with database.writing() as db:
        assert [learn(db, arrived, NOW) for _ in range(2)] == [Learnt.DELIVERED, Learnt.NOTHING]
        assert fates_of_invitation(db, id_)[0].delivered_at == NOW
        assert invitation_task_count(db, world.authority_id, None) == 0
        assert [learn(db, failed, NOW) for _ in range(2)] == [Learnt.FAILED, Learnt.NOTHING]
        assert invitation_task_count(db, world.authority_id, None) == 1
        assert learn(db, ProviderState("id", "invitation-999-00000000", "delivered"), NOW) == Learnt.NOTHING


def test_the_mark_of_an_invitation_is_read_from_a_report() -> None:
    reference = "invitation-7-0123abcd"
    assert references_in([f"<{marked('key', reference)}@x>"], ["key"]) == ({reference}, True)
    assert references_in([f"<{marked('other', reference)}@x>"], ["key"]) == (set(), True)


def test_another_link_leaves_what_a_colleague_has_seen_to(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)

    def refuse(_message: RenderedMessage) -> None:
        raise DeliveryFailed(permanent=True, detail="no such mailbox")

    send_invitation_mails(runtime, {EMAIL: RecordingChannel(on_send=refuse)})
    take_invitation(runtime, world.authority_id, id_, None, actor=AGENT)
    finish_invitation(runtime, world.authority_id, id_, "Rang", actor=AGENT)
    before = the_invitation(database, id_).link_digest
    change_record(runtime, world.authority_id, robin, replace(ROBIN, email="new@example.org"), actor=AGENT)
    row = the_invitation(database, id_)
    assert row.link_digest != before, "who reads the old address keeps no link"
    assert (row.done, row.untold) == ("Rang", LINK_RENEWED)
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 0


def test_who_is_invited_already_or_not_to_be_reached_so_is_refused(database: Database) -> None:
    world, runtime, robin, _id = invited(database)
    with pytest.raises(Invalid) as again:
        invite(runtime, world.authority_id, robin, WANTED, actor=AGENT)
    assert list(again.value.errors) == ["service"]
    quiet = resident(database, world, ResidentDetails("Quinn Quiet", email="q@example.org", contact_preference="none"))
    with pytest.raises(Invalid) as refused:
        invite(runtime, world.authority_id, quiet, WANTED, actor=AGENT)
    assert list(refused.value.errors) == ["told_by"]
    silent = NewInvitation("certify", FIRST, LAST, BY_VOICE)
    assert invite(runtime, world.authority_id, quiet, silent, actor=AGENT)
    with database.reading() as db:
        assert len(db.scalars(select(InvitationMail)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": "nothing"}, "service"),
        ({"last_date": FIRST - timedelta(days=1)}, "last_date"),
        ({"first_date": FIRST - timedelta(days=9), "last_date": FIRST - timedelta(days=2)}, "last_date"),
        ({"last_date": FIRST + timedelta(days=400)}, "last_date"),
        ({"sites": ("nowhere",)}, "sites"),
        ({"mode": "video"}, "mode"),
        ({"words": "x" * 501}, "words"),
        ({"told_by": "pigeon"}, "told_by"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(database: Database, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        invited(database, **changes)
    assert list(refused.value.errors) == [field]


def test_who_works_at_one_site_invites_there_alone(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    robin = resident(database, world)
    with pytest.raises(Invalid) as refused:
        invite(runtime, world.authority_id, robin, WANTED, actor=AGENT, served={world.site_id})
    assert list(refused.value.errors) == ["sites"]
    here = NewInvitation("certify", FIRST, LAST, BY_EMAIL, sites=("high-street",))
    invite(runtime, world.authority_id, robin, here, actor=AGENT, served={world.site_id})
    with database.reading() as db:
        for sites, number in ((None, 1), ({world.site_id}, 1), ({world.site_id + 99}, 0)):
            found = invitation_list(db, catalogue(database, world), sites, NOW, 50)
            assert len(found) == number


def test_they_are_told_reminded_once_and_then_it_is_a_task(database: Database) -> None:
    world, runtime, _robin, id_ = invited(database)
    mail = RecordingChannel()
    assert send_invitation_mails(runtime, {EMAIL: mail}) == 1
    assert "Please bring the letter of May." in mail.sent[0].email.text
    assert "/testshire/invitation/" in mail.sent[0].email.text
    due = the_invitation(database, id_).remind_at
    assert due == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    assert chase_invitations(runtime) == 0
    wait(runtime, due - NOW)
    assert [chase_invitations(runtime), chase_invitations(runtime)] == [1, 0]
    assert send_invitation_mails(runtime, {EMAIL: mail}) == 1
    assert mail.sent[1].email.subject.startswith("Please choose a time by")
    wait(runtime, timedelta(days=3, hours=14))
    assert chase_invitations(runtime) == 0  # the last day is still on
    wait(runtime, timedelta(hours=2))
    assert [chase_invitations(runtime), chase_invitations(runtime)] == [1, 0]
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 1
    with pytest.raises(Stale):
        finish_invitation(runtime, world.authority_id, id_, "Rang", actor=AGENT)
    take_invitation(runtime, world.authority_id, id_, None, actor=AGENT)
    finish_invitation(runtime, world.authority_id, id_, "Rang", actor=AGENT)
    finish_invitation(runtime, world.authority_id, id_, "Rang", actor=AGENT)
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 0


def test_who_has_booked_is_not_chased(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    book(runtime, by_link(world, robin, id_), actor=RESIDENT)
    mail = RecordingChannel()
    assert send_invitation_mails(runtime, {EMAIL: mail}) == 0, "what is answered already is not told any more"
    wait(runtime, timedelta(days=30))
    assert chase_invitations(runtime) == 0


def test_what_fails_for_ever_is_a_task_and_says_why(database: Database) -> None:
    world, runtime, _robin, id_ = invited(database)

    def refuse(_message: RenderedMessage) -> None:
        raise DeliveryFailed(permanent=True, detail="no such mailbox")

    send_invitation_mails(runtime, {EMAIL: RecordingChannel(on_send=refuse)})
    assert the_invitation(database, id_).untold == "no such mailbox"
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 1


def test_a_text_has_the_link_alone_and_a_letter_everything(database: Database) -> None:
    world, runtime, _robin, id_ = invited(database, told_by=BY_TEXT)
    texts = RecordingChannel(body_type=TextBody)
    send_invitation_mails(runtime, {TEXT: texts})
    body = texts.sent[0].body
    assert isinstance(body, TextBody)
    assert "/s/" in body.text
    assert "letter of May" not in body.text
    withdraw_invitation(runtime, world.authority_id, id_, actor=AGENT)
    new = NewInvitation(**{**WANTED.__dict__, "told_by": BY_LETTER})
    invite(runtime, world.authority_id, the_invitation(database, id_).resident_id, new, actor=AGENT)
    letters = RecordingChannel(body_type=LetterBody)
    send_invitation_mails(runtime, {LETTER: letters})
    letter = letters.sent[0].body
    assert isinstance(letter, LetterBody)
    assert letter.address_lines[0] == "Robin Sample"
    assert "letter of May" in letter.text
    assert "/s/" in letter.text


def test_a_search_within_the_invitation_has_no_other_days(database: Database) -> None:
    world = make_world(database)
    query = SlotQuery(world.service_ids[:1], within=(FIRST, FIRST + timedelta(days=1)))
    with database.reading() as db:
        days = {slot.starts_at.date() for slot in all_slots(db, catalogue(database, world), query, NOW)}
    assert days == {FIRST, FIRST + timedelta(days=1)}


def test_a_second_booking_by_it_is_refused(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    booked = book(runtime, by_link(world, robin, id_), actor=RESIDENT)
    with pytest.raises(LinkEnded):
        book(runtime, by_link(world, robin, id_), actor=RESIDENT)
    assert the_invitation(database, id_).appointment_id == booked.appointment_id


def change_resident(database: Database, robin: int, **changes: Any) -> None:
    with database.writing() as db:
        for name, value in changes.items():
            setattr(db.get_one(Resident, robin), name, value)


def pass_the_reminder(database: Database, runtime: Runtime, id_: int) -> int:
    """How many were reminded when it was due."""
    due = the_invitation(database, id_).remind_at
    assert due is not None
    wait(runtime, due - NOW)
    return chase_invitations(runtime)


def test_who_asks_not_to_be_contacted_meanwhile_is_not_reminded(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    mail = RecordingChannel()
    send_invitation_mails(runtime, {EMAIL: mail})
    change_resident(database, robin, contact_preference="none")
    assert pass_the_reminder(database, runtime, id_) == 0
    assert send_invitation_mails(runtime, {EMAIL: mail}) == 0
    row = the_invitation(database, id_)
    assert (row.reminded_at, row.remind_at, row.untold) == (None, None, "")
    wait(runtime, timedelta(days=9))
    assert chase_invitations(runtime) == 1
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 1


def test_who_asks_for_it_after_the_reminder_was_due_gets_none_either(database: Database) -> None:
    _world, runtime, robin, id_ = invited(database)
    mail = RecordingChannel()
    send_invitation_mails(runtime, {EMAIL: mail})
    assert pass_the_reminder(database, runtime, id_) == 1
    change_resident(database, robin, contact_preference="none")
    assert send_invitation_mails(runtime, {EMAIL: mail}) == 0
    row = the_invitation(database, id_)
    assert (row.reminded_at, row.untold) == (None, "")


@pytest.mark.parametrize(
    ("told_by", "changes", "reason"),
    [
        (BY_EMAIL, {"contact_preference": "none"}, NO_CONTACT_WANTED),
        (BY_EMAIL, {"contact_preference": "letter"}, PREFERS_LETTERS),
        (BY_TEXT, {"contact_preference": "letter"}, PREFERS_LETTERS),
        (BY_LETTER, {"letter_format": "braille"}, NEEDS_FORMAT),
    ],
)
def test_who_cannot_be_invited_so_any_more_is_told_by_a_colleague(
    database: Database, told_by: str, changes: dict[str, str], reason: str
) -> None:
    _world, runtime, robin, id_ = invited(database, told_by=told_by)
    change_resident(database, robin, **changes)
    channels = {
        EMAIL: RecordingChannel(),
        TEXT: RecordingChannel(body_type=TextBody),
        LETTER: RecordingChannel(body_type=LetterBody),
    }
    assert send_invitation_mails(runtime, channels) == 0
    assert the_invitation(database, id_).untold == reason


@pytest.mark.parametrize("told_by", [BY_EMAIL, BY_LETTER])
@pytest.mark.parametrize("hidden_by", ["resident", "service"])
def test_a_neutral_name_hides_the_words_too(database: Database, told_by: str, hidden_by: str) -> None:
    _world, runtime, robin, _id = invited(database, told_by=told_by)
    if hidden_by == "resident":
        change_resident(database, robin, uses_neutral_name=True)
    else:
        with database.writing() as db:
            db.execute(update(Service).values(message_name="your visit"))
            db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    mail, post = RecordingChannel(), RecordingChannel(body_type=LetterBody)
    assert send_invitation_mails(runtime, {EMAIL: mail, LETTER: post}) == 1
    (sent,) = mail.sent + post.sent
    text = sent.body.text if isinstance(sent.body, LetterBody) else sent.email.text + str(sent.email.html)
    assert "letter of May" not in text
    assert "says more about it on the page that the link opens" in text


@pytest.mark.parametrize(
    ("told_by", "changes", "is_renewed"),
    [
        (BY_EMAIL, {"email": "new@example.org"}, True),
        (BY_TEXT, {"phone": "07700 900999"}, True),
        (BY_LETTER, {"address": "9 High Road"}, True),
        (BY_VOICE, {"phone": "07700 900999"}, True),
        (BY_EMAIL, {"phone": "07700 900999"}, False),
        (BY_TEXT, {"email": ""}, False),
        (BY_EMAIL, {"name": "Robin Other"}, False),
    ],
)
def test_another_address_ends_the_link_and_a_colleague_tells_the_new_one(
    database: Database, told_by: str, changes: dict[str, Any], *, is_renewed: bool
) -> None:
    world, runtime, robin, id_ = invited(database, told_by=told_by)
    channels = {
        EMAIL: RecordingChannel(),
        TEXT: RecordingChannel(body_type=TextBody),
        LETTER: RecordingChannel(body_type=LetterBody),
    }
    send_invitation_mails(runtime, channels)
    before = the_invitation(database, id_)
    change_record(runtime, world.authority_id, robin, replace(ROBIN, **changes), actor=AGENT)
    row = the_invitation(database, id_)
    is_another = row.link_digest != before.link_digest and row.link_nonce != before.link_nonce
    assert (is_another, row.untold) == (is_renewed, LINK_RENEWED if is_renewed else "")
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == is_renewed


def test_a_message_with_the_new_link_is_enough(database: Database) -> None:
    world, runtime, robin, id_ = invited(database)
    change_record(runtime, world.authority_id, robin, replace(ROBIN, email="new@example.org"), actor=AGENT)
    assert send_invitation_mails(runtime, {EMAIL: RecordingChannel()}) == 1
    assert the_invitation(database, id_).untold == ""
