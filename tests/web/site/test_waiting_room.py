"""The waiting room: who has come, who is next, and every step of a visit by a click."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn
from core.audit import AuditEntry
from people.staff.policy import Role
from reminders.call_texts import send_call_texts
from reminders.recipients import TEXT
from reminders.texts import TextBody
from tests.reminders.channels import RecordingChannel
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.pages import check_page, read_page
from tests.web.site.conftest import DAY, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")
ROOM = f"{SITE}/waiting-room"


def press(client: FlaskClient, end: str, **typed: str) -> str:
    """The page after the form to an address that ends so is sent as it is drawn."""
    form = read_page(client.get(ROOM).text).form_to(end)
    answer = client.post(form.action, data=form.fields | typed)
    assert answer.status_code == 303, answer.text
    return check_page(client.get(answer.location).text).text


def visit(library: Library) -> DayVisit:
    with library.database.reading() as db:
        return db.scalars(select(DayVisit).order_by(DayVisit.id)).one()


def state(library: Library) -> tuple[str, str]:
    """The states of the one appointment and its visit."""
    with library.database.reading() as db:
        return db.scalars(select(Appointment.state)).one(), visit(library).state


def sit_and_call(library: Library, client: FlaskClient) -> str:
    library.book(0)
    press(client, "/arrivals")
    press(client, "/desk", my_desk="desk-2")
    press(client, "/next")
    return f"/visits/{visit(library).id}"


def test_from_arrival_to_outcome_by_clicks(library: Library, site_staff: FlaskClient) -> None:
    path = sit_and_call(library, site_staff)
    assert state(library) == ("arrived", "called")
    library.clock.advance(timedelta(minutes=2))
    text = press(site_staff, path, to="being_seen")
    assert state(library) == ("in_progress", "being_seen")
    assert "Being seen" in text
    library.clock.advance(timedelta(minutes=12))
    press(site_staff, path, to="ended")
    assert state(library) == ("attended", "ended")
    row = visit(library)
    assert row.started_at is not None
    assert row.ended_at is not None
    assert row.ended_at - row.started_at == timedelta(minutes=12)
    assert row.resource_id == library.world.resource_ids[1]
    for to, expected in (("being_seen", "in_progress"), ("waiting", "arrived"), ("withdrawn", "booked")):
        press(site_staff, path, to=to)
        assert state(library) == (expected, to)
    assert "Nobody waits." in check_page(site_staff.get(ROOM).text).text


def test_recalled_twice_then_missed_and_back_at_the_same_place(library: Library, site_staff: FlaskClient) -> None:
    path = sit_and_call(library, site_staff)
    for _ in range(2):
        press(site_staff, path, to="called")
    assert "Call again" not in site_staff.get(ROOM).text
    form = read_page(site_staff.get(ROOM).text).form_to(path)
    assert site_staff.post(form.action, data=form.fields | {"to": "called"}).status_code == 409
    press(site_staff, path, to="missed")
    arrived_at = visit(library).arrived_at
    library.clock.advance(timedelta(minutes=30))
    press(site_staff, path, to="waiting")
    press(site_staff, path, to="parked")
    press(site_staff, path, to="waiting")
    assert (visit(library).arrived_at, visit(library).times_called) == (arrived_at, 0)


def test_a_stale_click_changes_nothing_and_says_how_it_is(
    library: Library, site_staff: FlaskClient, manager: FlaskClient
) -> None:
    path = sit_and_call(library, site_staff)
    form = read_page(manager.get(ROOM).text).form_to(path)
    press(site_staff, path, to="being_seen")
    answer = manager.post(form.action, data=form.fields | {"to": "waiting"})
    assert answer.status_code == 409
    assert "Robin Sample is now “Being seen” (Desk 2)" in check_page(answer.text).text
    assert state(library) == ("in_progress", "being_seen")


def test_what_cannot_be_completed_needs_a_reason(library: Library, site_staff: FlaskClient) -> None:
    path = sit_and_call(library, site_staff)
    press(site_staff, path, to="being_seen")
    form = read_page(site_staff.get(ROOM).text).form_to(path)
    answer = site_staff.post(form.action, data=form.fields | {"to": "not_completed"})
    assert (answer.status_code, state(library)[1]) == (400, "being_seen")
    press(site_staff, path, to="not_completed", reason="Documents missing")
    assert state(library) == (State.NOT_COMPLETED, "not_completed")
    with library.database.reading() as db:
        assert "visit_not_completed" in db.scalars(select(AuditEntry.action)).all()


def test_without_a_desk_nobody_is_called_and_a_stranger_does_not_arrive(
    library: Library, site_staff: FlaskClient
) -> None:
    token = read_page(site_staff.get(ROOM).text).form_to("/desk").fields["csrf_token"]
    assert site_staff.post(f"{ROOM}/next", data={"csrf_token": token}).status_code == 400
    assert site_staff.post(f"{ROOM}/desk", data={"csrf_token": token, "my_desk": "none"}).status_code == 400
    answer = site_staff.post(f"{ROOM}/arrivals", data={"csrf_token": token, "reference": "nonsense"})
    assert answer.status_code == 409
    later = library.book(24 * 60)
    answer = site_staff.post(f"{ROOM}/arrivals", data={"csrf_token": token, "reference": later})
    assert "This appointment is at High Street Library, on Tuesday 24 November 2026 at 9am." in answer.text


def test_nothing_is_sent_again_while_nothing_has_changed(library: Library, site_staff: FlaskClient) -> None:
    first = site_staff.get(ROOM)
    again = {"If-None-Match": first.headers["ETag"]}
    library.clock.advance(timedelta(minutes=1))
    assert site_staff.get(ROOM, headers=again).status_code == 304
    library.book(60)
    assert site_staff.get(ROOM, headers=again).status_code == 200
    assert ROOM in site_staff.get(DAY).text


def test_a_ticket_says_how_long_they_will_wait_and_books_nothing(library: Library, site_staff: FlaskClient) -> None:
    page = read_page(site_staff.get(f"{SITE}/tickets").text)
    form = page.form_to("/tickets")
    fields = form.fields | {"name": "", "service": "certify", "support_needs": ["hearing-loop"]}
    refused = check_page(site_staff.post(form.action, data=fields).text)
    assert "Enter a name" in refused.text
    fields |= {"name": "Wendy Walker", "shows_name": "y"}
    answer = site_staff.post(form.action, data=fields)
    text = check_page(site_staff.get(answer.location).text).text
    assert "Ticket 1" in text
    assert "You will be called at once." in text
    row = visit(library)
    assert (row.name, row.support_needs, row.shows_name, row.is_urgent) == (
        "Wendy Walker",
        ["hearing-loop"],
        True,
        False,
    )
    assert (
        site_staff.post(form.action, data=fields | {"name": "Wendy Walker", "shows_name": "y"}).location
        == answer.location
    )
    with library.database.reading() as db:
        assert db.scalars(select(Appointment)).all() == []
    assert "Wendy Walker" in site_staff.get(ROOM).text


def test_the_display_shows_calls_long_enough_and_names_only_who_wants_it(
    library: Library, site_staff: FlaskClient, client: FlaskClient
) -> None:
    for name, shows_name in (("Wendy Walker", True), ("Kim Quiet", False)):
        new = NewWalkIn(name, shows_name=shows_name)
        take_walk_in(library.runtime, library.world.authority_id, "high-street", "certify", new, actor=STAFF)
    waits = client.get("/testshire/sites/high-street").text
    assert "2 people wait." in waits
    shown = "/testshire/sites/high-street/display"
    assert "Nobody is called at the moment" in client.get(shown).text
    for desk in ("desk-1", "desk-2"):
        press(site_staff, "/desk", my_desk=desk)
        press(site_staff, "/next")
        with library.database.reading() as db:
            last = max(db.scalars(select(DayVisit.id).where(DayVisit.state == "called")))
        press(site_staff, f"/visits/{last}", to="being_seen")
        library.clock.advance(timedelta(seconds=2))
    library.clock.advance(timedelta(seconds=10))
    answer = client.get(shown)
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in answer.text
    text = check_page(answer.text).text
    assert re.findall('data-say="([^"]+)"', answer.text) == [
        "Number 2: please go to Desk 2.",
        "1, Wendy: please go to Desk 1.",
    ]
    assert "1 Wendy" in text
    assert "Walker" not in text
    assert "Kim" not in text
    assert text.index("Desk 2") < text.index("Desk 1")
    library.clock.advance(timedelta(seconds=30))
    assert "Wendy" not in client.get(shown).text


def test_whoever_cannot_be_seen_is_an_alarm_and_gets_another_time_by_a_click(
    library: Library, site_staff: FlaskClient
) -> None:
    """Both desks are booked all day: they go to the other library, at a time that is booked, and wait no longer."""
    for minutes in (*range(0, 480, 30), *range(0, 480, 30)):
        library.book(minutes)
    new = NewWalkIn("Wendy Walker")
    taken = take_walk_in(library.runtime, library.world.authority_id, "high-street", "certify", new, actor=STAFF)
    assert "1 Wendy Walker, no gap is left today" in check_page(site_staff.get(ROOM).text).text
    address = f"{SITE}/visits/{taken.visit_id}/times"
    assert address in site_staff.get(ROOM).text
    page = read_page(site_staff.get(address).text)
    assert "Nothing is free here any more today." in page.text
    form = page.form_to("/times")
    tomorrow = re.findall(r'value="([^"]+)"[^>]*>\s*<label[^>]*>\s*Tuesday 24 November', site_staff.get(address).text)[
        0
    ]
    fields = form.fields | {"phone": "07700 900123"}
    assert "Choose a time" in site_staff.post(address, data=fields).text
    fields |= {"slot": tomorrow}
    assert site_staff.post(address, data=fields | {"name": ""}).status_code == 400
    answer = site_staff.post(address, data=fields)
    page = check_page(site_staff.get(answer.location).text)
    assert "They wait no longer." in page.text
    assert visit_states(library) == ["withdrawn"]
    assert site_staff.post(address, data=fields | {"idempotency_key": "other"}).status_code == 303
    back = read_page(site_staff.get(address).text).form_to("/times/back")
    site_staff.post(back.action, data=back.fields)
    assert visit_states(library) == ["waiting"]
    with library.database.reading() as db:
        assert db.scalars(select(Appointment.state).order_by(Appointment.id.desc())).first() == "cancelled_by_resident"


def visit_states(library: Library) -> list[str]:
    with library.database.reading() as db:
        return list(db.scalars(select(DayVisit.state).order_by(DayVisit.id)))


def test_a_desk_that_is_free_is_an_alarm_until_somebody_says_that_nobody_sits_there(
    library: Library, site_staff: FlaskClient
) -> None:
    new = NewWalkIn("Wendy Walker")
    take_walk_in(library.runtime, library.world.authority_id, "high-street", "certify", new, actor=STAFF)
    library.clock.advance(timedelta(minutes=3))
    assert "is free" not in site_staff.get(ROOM).text
    press(site_staff, "/waiting-room/desk", my_desk="desk-2")
    library.clock.advance(timedelta(minutes=3))
    assert "Desk 2 is free, and 1 Wendy Walker could have been called since 9:03am." in site_staff.get(ROOM).text
    assert "is free" not in press(site_staff, "/empty-desk")


def test_who_is_sent_on_waits_for_the_next_service_with_the_same_ticket(
    library: Library, site_staff: FlaskClient
) -> None:
    path = sit_and_call(library, site_staff)
    press(site_staff, path, to="being_seen")
    room = press(site_staff, f"{path}/onward", service="advice")
    assert "1 Robin" in room
    with library.database.reading() as db:
        rows = [
            (one.ticket, one.part, one.state, one.name) for one in db.scalars(select(DayVisit).order_by(DayVisit.id))
        ]
        assert db.scalars(select(Appointment.state)).one() == State.ATTENDED
    assert rows == [(1, 1, "ended", ""), (1, 2, "waiting", "Robin")]
    press(site_staff, "/next")
    assert visit_states(library) == ["ended", "called"]


def test_no_value_of_a_desk_that_is_left_breaks_anything(library: Library, site_staff: FlaskClient) -> None:
    token = read_page(site_staff.get(ROOM).text).forms[0].fields["csrf_token"]
    right = {"csrf_token": token, "desk": "desk-1"}
    assert site_staff.post(f"{ROOM}/empty-desk", data=right).status_code == 303
    for words, value in BAD_VALUES.items():
        answer = site_staff.post(f"{ROOM}/empty-desk", data=right | {"desk": as_sent(value)})
        assert answer.status_code in (303, 400), words


@pytest.mark.databases("sqlite", "postgresql")
def test_who_waits_outside_gets_a_text_and_the_desk_sees_whether_it_went(
    library: Library, site_staff: FlaskClient
) -> None:
    library.book(0)
    press(site_staff, "/arrivals")
    path = f"/visits/{visit(library).id}/text"
    text = press(site_staff, path, text_to="07700 900 123")
    assert "waits outside: gets a text when called" in text
    assert read_page(site_staff.get(ROOM).text).form_to(path).fields["text_to"] == ["07700 900 123"]
    press(site_staff, "/desk", my_desk="desk-2")
    assert "the text is on its way" in press(site_staff, "/next")
    channel = RecordingChannel(body_type=TextBody)
    mark = site_staff.get(ROOM).headers["ETag"]
    assert send_call_texts(library.runtime, {TEXT: channel}) == 1
    assert channel.sent[0].recipient.address == "07700 900 123"
    answer = site_staff.get(ROOM, headers={"If-None-Match": mark})
    assert answer.status_code == 200  # a browser that only asks whether anything has changed shows it
    assert "told by text" in check_page(answer.text).text
    assert "gets a text" not in press(site_staff, path, text_to="")


def test_a_number_without_texts_is_refused_with_what_was_typed(library: Library, site_staff: FlaskClient) -> None:
    library.book(0)
    press(site_staff, "/arrivals")
    path = f"/visits/{visit(library).id}/text"
    form = read_page(site_staff.get(ROOM).text).form_to(path)
    for typed, words in (
        ("01632 960001", "Enter a mobile number: no texts arrive at this one"),
        ("<nonsense>", "phone number"),
    ):
        answer = site_staff.post(form.action, data=form.fields | {"text_to": typed})
        page = check_page(answer.text)
        assert answer.status_code == 400
        assert words in page.text
        assert page.form_to(path).fields["text_to"] == [typed]
    assert visit(library).text_to == ""
    assert site_staff.post(form.action, data=form.fields | {"seen": "old"}).status_code == 409
    other = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    theirs = {"csrf_token": read_page(other.get("/staff/").text).forms[0].fields["csrf_token"]}
    sent = form.fields | theirs | {"text_to": "07700900123"}
    for action in (form.action, form.action.replace("high-street", "mill-lane")):
        assert other.post(action, data=sent).status_code == 404
    assert visit(library).text_to == ""
