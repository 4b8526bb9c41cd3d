"""A visit that was booked for the wrong caller: the right one has it, and the wrong one is told no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.link_tokens import by_manage_token
from booking.states import Contact
from booking.tables import Appointment
from booking.use_cases.book import Booked
from booking.use_cases.cancel import cancel
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.hand_over import NewOwner, hand_over
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from core.database import Database
from core.errors import IllegalMove, Invalid, NotFound, Stale
from core.runtime import Runtime
from people.residents.details import Representation, ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from reminders.messages import EmailBody, RenderedMessage
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import (
    AGENT,
    NOW,
    World,
    catalogue,
    make_appointment,
    make_runtime,
    make_world,
    slot_key_at,
)

STARTS = NOW + timedelta(days=1, hours=2)
FATHER = ResidentDetails("Percy Sample", email="sample@example.org", phone="01632 960111", language="Polish")
SON = ResidentDetails("Percy Sample", email="sample@example.org", phone="01632 960111")


@pytest.fixture
def world(database: Database) -> World:
    """One desk."""
    return make_world(database)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


def person(database: Database, world: World, details: ResidentDetails) -> int:
    """The id of a resident."""
    with database.writing() as db:
        return create_resident(db, world.authority_id, details, NOW)


def booked_for(runtime: Runtime, world: World, resident: int, **values: Any) -> Booked:
    """A visit tomorrow at ten."""
    return make_appointment(runtime, world, STARTS, resident=resident, channel="phone", actor=AGENT, **values)


def give(runtime: Runtime, world: World, reference: str, owner: NewOwner, **values: Any) -> Booked:
    """Hand the visit over."""
    return hand_over(runtime, world.authority_id, reference, owner, actor=AGENT, **values)


def view_of(runtime: Runtime, world: World, reference: str) -> AppointmentView:
    """The appointment as it is now."""
    with runtime.database.reading() as db:
        return by_reference(db, catalogue(runtime.database, world), reference)


def owed(database: Database) -> dict[str, str]:
    """The status of each message, by kind and version."""
    with database.reading() as db:
        rows = db.scalars(select(Notification).order_by(Notification.id))
        return {f"{row.kind}/{row.version}": row.status for row in rows}


def send(runtime: Runtime) -> list[RenderedMessage]:
    """What a pass of the worker sends now."""
    channel = RecordingChannel()
    worker_for(runtime, channel).send_due()
    return channel.sent


def text_of(message: RenderedMessage) -> str:
    """All that can be read in a message: its subject, its texts and its calendar file."""
    assert isinstance(message.body, EmailBody)
    return f"{message.email.subject}\n{message.email.text}\n{message.email.html}\n{message.email.calendar}"


def test_the_right_person_has_all_of_it_and_the_wrong_one_nothing(
    database: Database, world: World, runtime: Runtime
) -> None:
    """Who acts, the contact, the link and which papers they have go; time, services, answers and notes stay."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(
        runtime, world, wrong, notes="By the door", answers={"Which benefit?": "Housing"}, paper_answers={"paid": "weekly"},
        representative=Representation("Hodan Helper", "family", "hodan@example.org"),
    )  # fmt: skip
    contact = Contact("own@example.org", "", "letter", leave_no_message=True)
    change_details(runtime, 1, booked.reference, Details(contact=contact, language="Somali"), actor=AGENT)
    before = view_of(runtime, world, booked.reference)
    old_token = booked.manage_url_path.removeprefix("/manage/")
    given = give(runtime, world, booked.reference, NewOwner(wrong, right, ("bsl",)), seen=before.stamp)
    after = view_of(runtime, world, booked.reference)
    assert (after.resident.id, after.representative, after.has_own_contact) == (right, None, False)
    assert (after.resident.email, after.resident.contact_preference, after.resident.language) == (
        SON.email,
        "email",
        "",
    )
    assert (after.version, after.owner_since, after.support_needs) == (2, 2, ("bsl",))
    assert (before.paper_answers, after.paper_answers) == ({"paid": "weekly"}, {})
    same = ("reference", "starts_at", "ends_at", "services", "resources", "notes", "answers", "channel", "room")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    with database.reading() as db:
        with pytest.raises(NotFound):
            by_manage_token(db, old_token)
        assert by_manage_token(db, given.manage_url_path.removeprefix("/manage/"))[1] == after.id
        (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "handed_over"))
    assert entry.facts == {"version": 2, "from_resident": wrong, "to_resident": right}


def test_nobody_who_was_told_nothing_is_told_anything(database: Database, world: World, runtime: Runtime) -> None:
    """What was owed to the wrong person is void, and stays so; the right one gets the confirmation and the reminders."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    before = set(owed(database))
    give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    now = owed(database)
    assert {now[key] for key in before} == {"void"}
    assert {key: now[key] for key in now.keys() - before} == {
        "confirmation/2": "pending", "reminder_2h/2": "pending",
    }  # fmt: skip
    change_details(runtime, 1, booked.reference, Details(notes="Later"), actor=AGENT)
    assert {owed(database)[key] for key in before} == {"void"}
    (message,) = send(runtime)
    assert message.recipient.name == "Percy Sample"


def test_who_was_told_is_told_once_more_and_learns_nothing_new(
    database: Database, world: World, runtime: Runtime
) -> None:
    """Father and son read one mailbox: what is cancelled for the one stays in the calendar for the other."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    (confirmation,) = send(runtime)
    given = give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    moved_to = STARTS + timedelta(days=1)
    reschedule(runtime, 1, booked.reference, Move(slot_key_at(world, moved_to)), actor=AGENT, enforce_cutoff=False)
    notice, news = sorted(send(runtime), key=lambda message: "not meant" not in text_of(message))
    assert isinstance(notice.body, EmailBody)
    assert isinstance(news.body, EmailBody)
    assert isinstance(confirmation.body, EmailBody)
    assert notice.body.subject == "This appointment was not meant for you"
    told = text_of(notice)
    for secret in ("/manage/", given.manage_url_path, "High Street", "Passport", f"{moved_to:%Y%m%d}", "11am"):
        assert secret not in told, secret
    uid = f"UID:{booked.reference}@"
    assert uid in confirmation.body.calendar
    assert uid in notice.body.calendar
    assert "METHOD:CANCEL" in notice.body.calendar
    assert f"{STARTS:%Y%m%dT%H%M%S}" in notice.body.calendar
    assert f"UID:{booked.reference}-2@" in news.body.calendar
    assert "METHOD:REQUEST" in news.body.calendar
    assert not send(runtime)


def test_no_calendar_file_tells_of_a_time_that_was_never_told(
    database: Database, world: World, runtime: Runtime
) -> None:
    """They were told the first time only: a cancellation with the second would be news."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    send(runtime)
    later = slot_key_at(world, STARTS + timedelta(hours=3))
    reschedule(runtime, 1, booked.reference, Move(later), actor=AGENT, enforce_cutoff=False)
    give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    notice = next(message for message in send(runtime) if "not meant" in text_of(message))
    assert isinstance(notice.body, EmailBody)
    assert notice.body.calendar == ""
    assert "1pm" not in text_of(notice)


@pytest.mark.parametrize(("preference", "status"), [("none", "withheld"), ("letter", "withheld"), ("email", "sent")])
def test_the_notice_respects_how_they_want_to_be_reached(
    database: Database, world: World, runtime: Runtime, preference: str, status: str
) -> None:
    """Also when they said so only after the confirmation had gone out."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    send(runtime)
    give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    with database.writing() as db:
        db.execute(update(Resident).where(Resident.id == wrong).values(contact_preference=preference))
    send(runtime)
    assert owed(database)["handed_over_2/2"] == status
    assert owed(database)["confirmation/2"] == "sent"


def test_what_is_handed_back_is_told_as_theirs_again(database: Database, world: World, runtime: Runtime) -> None:
    """The notice that it is not theirs is void; the other is told that it was not meant for them, once."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    send(runtime)
    give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    give(runtime, world, booked.reference, NewOwner(right, wrong, ()))
    assert owed(database)["handed_over_2/2"] == "void"
    assert "handed_over_3/3" not in owed(database)  # nothing had gone out to the son
    (message,) = send(runtime)
    assert isinstance(message.body, EmailBody)
    assert f"UID:{booked.reference}-3@" in message.email.calendar
    cancel(runtime, 1, booked.reference, actor=AGENT, by="resident", enforce_cutoff=False)
    (cancelled,) = send(runtime)
    assert isinstance(cancelled.body, EmailBody)
    assert f"UID:{booked.reference}-3@" in cancelled.body.calendar


def test_silence_about_the_wrong_person_does_not_silence_the_right_one(
    database: Database, world: World, runtime: Runtime
) -> None:
    """Their address had been written to too often; the right person's has not."""
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    with database.writing() as db:
        db.execute(update(Notification).values(status="withheld", reason="too_many_bookings"))
    give(runtime, world, booked.reference, NewOwner(wrong, right, ()))
    later = slot_key_at(world, STARTS + timedelta(hours=3))
    reschedule(runtime, 1, booked.reference, Move(later), actor=AGENT, enforce_cutoff=False)
    assert owed(database)["rescheduled/3"] == "pending"


def test_an_interpreter_for_another_language_is_asked_for_anew(
    database: Database, world: World, runtime: Runtime
) -> None:
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong, support_needs=("bsl", "language"))
    with database.writing() as db:
        decisions = [{"need": need, "state": "confirmed"} for need in ("bsl", "language")]
        db.execute(update(Appointment).values(arrangements=decisions))
    give(runtime, world, booked.reference, NewOwner(wrong, right, ("bsl", "language")))
    states = view_of(runtime, world, booked.reference).arrangements
    assert {need: state.value for need, state in states.items()} == {"bsl": "confirmed", "language": "asked"}


def test_what_has_changed_meanwhile_is_not_handed_over(database: Database, world: World, runtime: Runtime) -> None:
    wrong, right = person(database, world, FATHER), person(database, world, SON)
    booked = booked_for(runtime, world, wrong)
    seen = view_of(runtime, world, booked.reference).stamp
    with pytest.raises(Invalid):
        give(runtime, world, booked.reference, NewOwner(wrong, wrong, ()))
    with pytest.raises(NotFound):
        give(runtime, world, booked.reference, NewOwner(wrong, 999, ()))
    with pytest.raises(Stale):
        give(runtime, world, booked.reference, NewOwner(right, wrong, ()))
    change_details(runtime, 1, booked.reference, Details(notes="Other"), actor=AGENT)
    with pytest.raises(Stale):
        give(runtime, world, booked.reference, NewOwner(wrong, right, ()), seen=seen)
    cancel(runtime, 1, booked.reference, actor=AGENT, by="resident", enforce_cutoff=False)
    with pytest.raises(IllegalMove):
        give(runtime, world, booked.reference, NewOwner(wrong, right, ()))


def test_two_colleagues_hand_it_to_two_people_and_one_of_them_gets_it(
    database: Database, world: World, runtime: Runtime
) -> None:
    wrong = person(database, world, FATHER)
    others = [
        person(database, world, ResidentDetails(f"Person {number}", f"p{number}@example.org")) for number in range(8)
    ]
    booked = booked_for(runtime, world, wrong)
    seen, gate = view_of(runtime, world, booked.reference).stamp, Barrier(len(others))

    def click(to: int) -> int | None:
        gate.wait(60)
        try:
            give(runtime, world, booked.reference, NewOwner(wrong, to, ()), seen=seen)
        except Stale:
            return None
        return to

    with ThreadPoolExecutor(len(others)) as pool:
        (winner,) = [result for result in pool.map(click, others) if result is not None]
    after = view_of(runtime, world, booked.reference)
    assert (after.resident.id, after.version) == (winner, 2)
    assert owed(database)["confirmation/2"] == "pending"
