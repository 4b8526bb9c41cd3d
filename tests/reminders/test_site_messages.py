"""What staff write to everybody who is booked at a site on a day: once, to whom it still concerns, as each is reached."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import DeliveryFailed
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.messages import RenderedMessage
from reminders.outbox import plan_notifications
from reminders.reasons import TOLD_ALREADY
from reminders.recipients import CALL, CHANNELS, EMAIL, SITE_MESSAGE, TEXT
from reminders.site_messages import NewSiteMessage, SentMessage, readers_of, send_site_message
from reminders.tables import Notification, SiteMessage
from reminders.texts import TextBody
from reminders.untold import due_calls, untold, untold_count
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import (
    AGENT,
    NOW,
    World,
    make_appointment,
    make_runtime,
    make_site,
    make_world,
    slot_key_at,
)

MANAGER = Actor("staff", 1, "Mary Manager")
WORDS = "The lift is broken. <b>Ring</b> us before you come."


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def new_of(world: World, text: str = WORDS, text_cy: str = "") -> NewSiteMessage:
    return NewSiteMessage(world.site_id, (NOW + timedelta(days=1)).date(), text, text_cy)


def rows_of(database: Database) -> list[Notification]:
    found = select(Notification).where(Notification.kind.startswith(SITE_MESSAGE)).order_by(Notification.id)
    with database.reading() as db:
        return list(db.scalars(found))


def send(runtime: Runtime) -> tuple[list[RenderedMessage], list[RenderedMessage]]:
    """What goes out now, by email and by text."""
    email, text = RecordingChannel(), RecordingChannel(body_type=TextBody)
    Worker(runtime.database, runtime.clock, {EMAIL: email, TEXT: text}, writer()).send_due()
    return email.sent, text.sent


def test_everybody_of_the_day_is_told_once_however_often_it_is_pressed(database: Database, world: World) -> None:
    runtime = make_runtime(database)
    ids, other = owe(database, world, 3, status="sent"), make_site(database, world.authority_id, "mill-lane")
    with database.writing() as db:
        db.execute(update(Appointment).where(Appointment.id == ids[2]).values(site_id=other))

    def press(_number: int) -> int:
        return send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER).told

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, range(4))) == [0, 0, 0, 2]
    assert [row.appointment_id for row in rows_of(database)] == ids[:2]
    emails, _texts = send(runtime)
    assert len(emails) == 2
    assert WORDS in emails[0].email.text
    assert "&lt;b&gt;Ring&lt;/b&gt;" in emails[0].email.html
    assert send(runtime) == ([], [])
    with database.reading() as db:
        entry = db.execute(select(AuditEntry.actor_name, AuditEntry.facts)).one()
    assert (entry.actor_name, entry.facts["appointments"]) == ("Mary Manager", 2)
    assert send_site_message(runtime, world.authority_id, new_of(world, "Bring a coat."), actor=MANAGER).told == 2


@pytest.mark.databases("sqlite")
def test_whoever_cancels_or_moves_to_another_day_meanwhile_is_not_told(database: Database, world: World) -> None:
    runtime = make_runtime(database)
    gone, moved, later, stays = owe(database, world, 4, status="sent")
    send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
    start = NOW + timedelta(days=2)
    changes: dict[int, dict[str, object]] = {
        gone: {"state": "cancelled_by_resident"},
        moved: {"starts_at": start, "ends_at": start + timedelta(minutes=30), "local_date": start.date()},
        later: {"ends_at": NOW + timedelta(days=1, hours=1)},
    }
    with database.writing() as db:
        for key, values in changes.items():
            db.execute(update(Appointment).where(Appointment.id == key).values(version=2, **values))
    assert len(send(runtime)[0]) == 2
    status = {row.appointment_id: row.status for row in rows_of(database)}
    assert status == {gone: "void", moved: "void", later: "sent", stays: "sent"}


@pytest.mark.databases("sqlite")
def test_each_is_reached_as_they_can_be_and_at_a_decent_hour(database: Database, world: World) -> None:
    night = NOW.replace(hour=22)
    runtime = make_runtime(database, night)
    database.facts[CHANNELS] = frozenset({EMAIL, TEXT, CALL})
    ids = owe(database, world, 4, now=night, status="sent")
    changes: tuple[dict[str, object], ...] = (
        {"email": "", "phone": "07700 900123"},
        {"email": "", "phone": "07700 900124", "do_not_text": True},
        {"contact_preference": "none"},
    )
    with database.writing() as db:
        for key, values in zip(ids[1:], changes, strict=True):
            resident = select(Appointment.resident_id).where(Appointment.id == key).scalar_subquery()
            db.execute(update(Resident).where(Resident.id == resident).values(values))
    with database.reading() as db:
        readers = readers_of(db, world.authority_id, new_of(world), night)
    assert [one.channel for one in readers] == [EMAIL, TEXT, CALL, ""]
    send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
    assert [len(sent) for sent in send(runtime)] == [1, 0]
    runtime.clock.advance(timedelta(hours=10, minutes=1))  # type: ignore[attr-defined]
    (text,) = send(runtime)[1]
    assert isinstance(text.body, TextBody)
    assert WORDS in text.body.text


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("welsh", "expected"), [("Mae'r lifft wedi torri.", "Mae'r lifft"), ("", "yn Saesneg")])
def test_who_reads_welsh_gets_welsh_or_english_that_says_so(
    database: Database, world: World, welsh: str, expected: str
) -> None:
    runtime = make_runtime(database)
    owe(database, world, 1, person={"message_language": "cy"}, status="sent")
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"]))
    send_site_message(runtime, world.authority_id, new_of(world, text_cy=welsh), actor=MANAGER)
    (message,) = send(runtime)[0]
    assert expected in message.email.text
    assert (WORDS in message.email.text) == (not welsh)
    assert ('<span lang="en" dir="auto"' in message.email.html) == (not welsh)


@pytest.mark.parametrize(("days", "hours", "is_rung"), [(0, 2, True), (0, -1, True), (1, 0, False)])
def test_who_is_moved_within_the_day_is_still_rung_until_the_visit_begins(
    database: Database, world: World, days: int, hours: int, *, is_rung: bool
) -> None:
    runtime, start = make_runtime(database), NOW + timedelta(days=1, hours=2)
    moved_to = start + timedelta(days=days, hours=hours)
    person = ResidentDetails("Robin Sample", phone="07700 900123", do_not_text=True)
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(runtime, world, start, resident=person)
        send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
        move = Move(slot_key=slot_key_at(world, moved_to))
        reschedule(runtime, world.authority_id, booked.reference, move, actor=AGENT, enforce_cutoff=False)
    (row,) = rows_of(database)
    assert (row.channel, row.status, row.useful_until) == (CALL, "pending" if is_rung else "void", moved_to)
    with database.writing() as db:
        listed = untold(db, world.authority_id, NOW, site_ids=None, limit=9)
        assert (row.kind in {call.kind for call in due_calls(db, booked.appointment_id, NOW)}) == is_rung
    assert [len(one.site_messages) for one in listed] == [int(is_rung)]


@pytest.mark.databases("sqlite")
def test_an_address_that_fails_after_a_move_within_the_day_is_rung(database: Database, world: World) -> None:
    runtime, start = make_runtime(database), NOW + timedelta(days=1, hours=2)
    person = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123", do_not_text=True)
    with appointment_changed.connected_to(plan_notifications):
        booked = make_appointment(runtime, world, start, resident=person)
        send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
        move = Move(slot_key=slot_key_at(world, start + timedelta(hours=1)))
        reschedule(runtime, world.authority_id, booked.reference, move, actor=AGENT, enforce_cutoff=False)
    Worker(database, runtime.clock, {EMAIL: RecordingChannel(on_send=refuse)}, writer()).send_due()
    with database.reading() as db:
        (one,) = untold(db, world.authority_id, NOW, site_ids=None, limit=9)
        assert untold_count(db, world.authority_id, NOW, site_ids=None) == 1
    assert one.is_to_ring
    assert len(one.site_messages) == 1


@pytest.mark.parametrize(
    ("email", "phone", "status"),
    [("robin@example.org", "", "pending"), ("", "07700 900123", "pending"), ("", "", "withheld")],
)
def test_somebody_with_several_visits_that_day_is_told_once_whichever_of_them_ends(
    database: Database, world: World, email: str, phone: str, status: str
) -> None:
    runtime, person = make_runtime(database), ResidentDetails("Robin Sample", email, phone, do_not_text=True)
    others = (ResidentDetails("Lee Sample"), ResidentDetails("Sam Sample"))
    booked = [
        make_appointment(runtime, world, NOW + timedelta(days=1, hours=hour), resident=one)
        for hour, one in enumerate((person, *others), 2)
    ]
    first, second, _third = (one.appointment_id for one in booked)
    with database.writing() as db:
        whose = select(Appointment.resident_id).where(Appointment.id == first).scalar_subquery()
        db.execute(update(Appointment).values(resident_id=whose))
    with database.reading() as db:
        assert len(readers_of(db, world.authority_id, new_of(world), NOW)) == 1
    sent = [send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER) for _ in range(2)]
    assert [(one.told + one.rung + one.unreached, one.known) for one in sent] == [(1, 0), (0, 1)]
    assert [row.reason for row in rows_of(database)] == ["", TOLD_ALREADY, TOLD_ALREADY]
    if not email:
        send(runtime)
        assert listed_in(database, world) == [first]
    with appointment_changed.connected_to(plan_notifications):
        cancel(
            runtime,
            world.authority_id,
            booked[0].reference,
            actor=AGENT,
            by="resident",
            reason="",
            enforce_cutoff=False,
        )
    rows = {row.appointment_id: row.status for row in rows_of(database)}
    assert list(rows.values()) == ["void" if status == "pending" else status, "pending", "withheld"]
    emails = [one for one in send(runtime)[0] if WORDS in one.email.text]
    assert len(emails) == bool(email)
    assert listed_in(database, world) == ([] if email else [second])


def listed_in(database: Database, world: World) -> list[int]:
    """The appointments about whose message to everybody of the day somebody is to ring or write."""
    with database.reading() as db:
        found = untold(db, world.authority_id, NOW, site_ids=None, limit=9)
    return [one.appointment_id for one in found if one.site_messages]


@pytest.mark.databases("sqlite")
def test_a_message_without_readers_is_not_kept_and_who_is_not_reached_is_not_counted_as_told(
    database: Database, world: World
) -> None:
    runtime = make_runtime(database)
    nobody = send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
    assert nobody == SentMessage(None)
    ids = owe(database, world, 3, status="sent")
    changes: tuple[dict[str, object], ...] = ({"email": "", "phone": "07700 900124"}, {"contact_preference": "none"})
    with database.writing() as db:
        assert db.scalars(select(SiteMessage)).all() == []
        for key, values in zip(ids[1:], changes, strict=True):
            resident = select(Appointment.resident_id).where(Appointment.id == key).scalar_subquery()
            db.execute(update(Resident).where(Resident.id == resident).values(values))
    sent = send_site_message(runtime, world.authority_id, new_of(world), actor=MANAGER)
    assert (sent.told, sent.rung, sent.unreached, sent.known) == (1, 1, 1, 0)


def refuse(_message: object) -> None:
    raise DeliveryFailed(detail="550 nobody here", permanent=True)
