"""Online bookings for one email address: few messages, one question, and one button for whoever did not book."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.tokens import manage_token, owner_proof
from people.residents.details import ResidentDetails
from reminders.channel_queue import DeliveryCounts
from tests.reminders.channels import RecordingChannel, worker_on
from tests.reminders.make_bulk_notifications import notifications
from tests.support.factories import RESIDENT, make_appointment, make_world
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, fill_in, go_to_times, path_for_owner

VICTIM = "victim@example.org"
BOOKINGS, CONFIRMATIONS = 12, 3


def book_for(app: Flask, name: str, email: str = VICTIM) -> Visitor:
    """The last page of a booking online, as somebody called `name`, with `email`."""
    visitor = Visitor(app.test_client())
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, name=name, email=email)
    visitor.send("/check")
    return visitor


def link_of_question(app: Flask, database: Database) -> str:
    """The path in the question as the application's own key makes it; the worker of a test has another."""
    with database.reading() as db:
        (about,) = (row.appointment_id for row in notifications(database) if row.kind == "several_bookings")
        nonce = db.get_one(Appointment, about).manage_nonce
    key = app.extensions[EXTENSION].settings.secret_key
    return path_for_owner(app, f"/manage/{manage_token(key, nonce)}", VICTIM)


def states(database: Database) -> set[str]:
    with database.reading() as db:
        return set(db.scalars(select(Appointment.state)))


def test_twelve_bookings_for_one_address_send_four_messages_and_one_button_cancels_them(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    make_town(database)
    visitors = [book_for(app, f"Stranger Number{number}") for number in range(BOOKINGS)]
    told = [f"We will write by email to {VICTIM}" in visitor.page.text for visitor in visitors]
    assert told == [True] * CONFIRMATIONS + [False] * (BOOKINGS - CONFIRMATIONS)
    channel = RecordingChannel()
    worker = worker_on(database, clock, channel)
    assert worker.send_due() == DeliveryCounts(sent=CONFIRMATIONS + 1)
    assert {message.recipient.address for message in channel.sent} == {VICTIM}
    question = channel.sent[-1].email
    assert question.subject == "Several appointments were made with your email address. Was it you?"
    assert "Stranger" not in question.text + question.html
    assert not question.calendar
    withheld = [row for row in notifications(database) if row.status == "withheld"]
    assert {row.reason for row in withheld} == {"too_many_bookings"}
    assert len({row.appointment_id for row in withheld}) == BOOKINGS - CONFIRMATIONS

    assert len(re.findall(r"https://\S+/manage/\S+/all/[0-9a-f]{64}\b", question.text)) == 1
    visitor = Visitor(app.test_client())
    path = link_of_question(app, database)
    page = visitor.open(f"!{path}")
    assert "Did you book these appointments?" in page.title
    assert states(database) == {"booked"}
    older = visitor.page.form_to(path)
    assert visitor.post(older, {"seen": "older"}).status_code == 409
    assert states(database) == {"booked"}
    visitor.send(path)
    assert "There is nothing to cancel" in visitor.page.title
    assert states(database) == {"cancelled_by_resident"}
    clock.advance(timedelta(hours=2))
    assert worker.send_due().sent == 0
    assert len(channel.sent) == CONFIRMATIONS + 1


def test_whoever_books_with_anothers_address_learns_nothing_of_their_appointments(
    app: Flask, database: Database
) -> None:
    """Their own manage link is on the last page of their booking, whatever address they typed."""
    make_town(database)
    book_for(app, "Vera Victim")
    stranger = book_for(app, "Eve Stranger")
    link = next(href for _, href in stranger.page.links if "/manage/" in href)
    with database.reading() as db:
        mine, other = db.scalars(select(Appointment.manage_nonce).order_by(Appointment.id.desc()))
    key = app.extensions[EXTENSION].settings.secret_key
    others = [owner_proof(key, other, VICTIM), owner_proof(key, mine, "eve@example.org"), link.rpartition("/")[2]]
    token = stranger.page.form_to("/forget").fields["csrf_token"][0]
    for ending in ("/all", *(f"/all/{proof}" for proof in (*others, "x", "\u00e9", "%00"))):
        for method in ("GET", "POST"):
            answer = stranger.client.open(f"{link}{ending}", method=method, data={"csrf_token": token})
            assert answer.status_code == 404
            assert "High Street" not in answer.get_data(as_text=True)
    assert states(database) == {"booked"}
    assert stranger.client.get(path_for_owner(app, link, VICTIM)).status_code == 200


def test_a_second_day_and_other_ways_of_booking_are_not_limited(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    """`app` connects the outbox to what booking announces."""
    runtime, world = app.extensions[EXTENSION], make_world(database, desks=8)
    times = [clock.now() + timedelta(days=7, minutes=30 * step) for step in range(8)]

    def book(number: int, channel: str) -> str:
        about = ResidentDetails(f"Robin Number{number}", VICTIM)
        booked = make_appointment(runtime, world, times[number % 8], resident=about, channel=channel)
        rows = notifications(database)
        return next(r.status for r in rows if r.appointment_id == booked.appointment_id and r.kind == "confirmation")

    assert [book(number, "phone") for number in range(5)] == ["pending"] * 5
    assert [book(number, "online") for number in range(10, 15)] == ["pending"] * 3 + ["withheld"] * 2
    assert [row.kind for row in notifications(database)].count("several_bookings") == 1
    clock.advance(timedelta(days=1, minutes=1))
    assert book(20, "online") == "pending"


def test_moving_a_booking_that_was_not_confirmed_sends_nothing_either(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    runtime, world = app.extensions[EXTENSION], make_world(database, desks=8)
    starts_at = clock.now() + timedelta(days=7)
    made = [
        make_appointment(runtime, world, starts_at, resident=ResidentDetails(f"Robin {name}", VICTIM))
        for name in ("Able", "Baker", "Cole", "Dean")
    ]
    for booked in made:
        cancel(runtime, world.authority_id, booked.reference, actor=RESIDENT, by="resident", enforce_cutoff=False)
    told = [row for row in notifications(database) if row.kind == "cancelled"]
    assert [row.status for row in told] == ["pending"] * 3 + ["withheld"]
