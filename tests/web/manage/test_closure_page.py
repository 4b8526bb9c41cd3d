"""The page of a closure: progress, who is to be rung, confirming a held time, and lifting it."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.queries.appointments import by_reference
from booking.states import State
from booking.tables import RebookItem
from booking.use_cases.cancel import cancel
from locations.tables import Closure
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from reminders.tables import Notification
from tests.support.factories import RESIDENT, catalogue, make_world
from tests.support.pages import Page, check_page
from tests.web.manage.conftest import TOMORROW, book_tomorrow, shut_tomorrow
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def manager(library: Library) -> FlaskClient:
    return library.sign_in(Role.SITE_MANAGER, library.world.site_id)


def page_of(client: FlaskClient, closure: int) -> Page:
    answer = client.get(f"/staff/closures/{closure}")
    assert answer.status_code == 200
    return check_page(answer.text)


def offer(client: FlaskClient, closure: int) -> Page:
    form = page_of(client, closure).form_to("/offers")
    assert client.post(form.action, data=form.values()).status_code == 303
    return page_of(client, closure)


def states(library: Library) -> list[str]:
    with library.database.reading() as db:
        return list(db.scalars(select(RebookItem.state).order_by(RebookItem.appointment_id)))


def test_who_cannot_be_written_to_is_rung_and_the_held_time_confirmed(library: Library, manager: FlaskClient) -> None:
    (reference,) = book_tomorrow(library, 30, phone="07700 900123", contact_preference="none")
    book_tomorrow(library, 0)
    closure = shut_tomorrow(library)
    page = offer(manager, closure)
    for words in ("2 people affected", "Offered another time 1", "07700 900123", "do not contact", "held until"):
        assert words in page.text
    assert f"move={reference}" in page.link("Move: Robin 30")
    assert f"cancel={reference}" in page.link("Cancel: Robin 30")
    form = page.form_to("/confirm")
    first = manager.post(form.action, data=form.values())
    again = manager.post(form.action, data=form.values())
    assert (first.status_code, again.status_code) == (303, 303)
    confirmed = check_page(manager.get(first.location).text)
    assert "The new time of Robin 30 is confirmed: " in confirmed.text
    with library.database.reading() as db:
        view = by_reference(db, catalogue(library.database, library.world), reference)
    assert view.starts_at.date() != TOMORROW.date()
    assert view.version == 2
    assert states(library) == ["accepted", "offered"]
    assert "Took the other time 1" in page_of(manager, closure).text


def test_the_list_is_a_file_for_spreadsheets_too(library: Library, manager: FlaskClient) -> None:
    book_tomorrow(library, 0)
    book_tomorrow(library, 30, phone="07700 900123", contact_preference="none")
    closure = shut_tomorrow(library)
    answer = manager.get(offer(manager, closure).link("CSV"))
    assert answer.mimetype == "text/csv"
    heading, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    rows = [dict(zip(heading, line, strict=True)) for line in lines]
    assert [row["Name"] for row in rows] == ["Robin 0", "Robin 30"]
    assert [row["State"] for row in rows] == ["Offered another time", "To ring"]
    assert rows[1]["Contact wishes"] == "do not contact"
    assert rows[0]["Offered time"] == "2026-11-25 09:00"


def test_how_far_people_were_reached_adds_up_to_those_affected(library: Library, manager: FlaskClient) -> None:
    """Of six people each is in one group; the file says the same, and why a message failed."""
    book_tomorrow(library, 0, 30, 60, 90)
    who = ResidentDetails("Robin 120", phone="07700 900123", contact_preference="none")
    library.book(24 * 60 + 120, resident=who, support_needs=("language",))
    (leaving,) = book_tomorrow(library, 150)
    closure = shut_tomorrow(library)
    offer(manager, closure)
    cancel(library.runtime, library.world.authority_id, leaving, actor=RESIDENT, by="resident", enforce_cutoff=False)
    became = [("sent", ""), ("in_doubt", ""), ("failed", "invalid_address"), ("pending", "")]
    with library.database.writing() as db:
        offers = db.scalars(select(Notification).where(Notification.kind == "offer_1").order_by(Notification.id))
        for row, (status, reason) in zip(offers, became, strict=False):
            row.status, row.reason = status, reason
    page = page_of(manager, closure)
    figures = [
        "Answered 1",
        "has arrived 1",
        "do not know if it has arrived 1",
        "the quiet hours 1",
        "To ring 1",
    ]
    for words in ("6 people affected", "could not be sent 1", "The email address is not one.", *figures):
        assert words in page.text
    assert "Turn 1: interpreter" in page.text
    with library.database.reading() as db:
        left = by_reference(db, catalogue(library.database, library.world), leaving)
    assert left.state is State.CANCELLED_BY_AUTHORITY  # the closure made them cancel: it is not counted against them
    answer = manager.get(page.link("CSV"))
    heading, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    rows = [dict(zip(heading, line, strict=True)) for line in lines]
    assert len({row["Reached"] for row in rows}) == len(rows) == 6
    assert [row["Why not reached"] for row in rows if row["Why not reached"]] == ["The email address is not one."]
    assert rows[0]["How it differs"] == "1 day later than before; In person, as before"


def test_a_time_that_is_held_no_longer_is_not_confirmed(library: Library, manager: FlaskClient) -> None:
    book_tomorrow(library, 30, phone="07700 900123")
    closure = shut_tomorrow(library)
    form = offer(manager, closure).form_to("/confirm")
    answer = manager.post(form.action, data=form.values(proposal="1-1"))
    assert answer.status_code == 409
    assert "this has changed" in check_page(answer.text).text
    stale = manager.post(form.action, data=form.values(stamp="older"))
    assert stale.status_code == 409
    assert states(library) == ["to_ring"]


def test_who_is_due_first_is_rung_first(library: Library, manager: FlaskClient) -> None:
    for minutes in (120, 0, 60):
        book_tomorrow(library, minutes, phone="07700 900123")
    text = page_of(manager, shut_tomorrow(library)).text
    assert text.index("Robin 0,") < text.index("Robin 60,") < text.index("Robin 120,")


def test_lifting_says_who_keeps_their_time_and_does_it_once(library: Library, manager: FlaskClient) -> None:
    book_tomorrow(library, 0, 30)
    closure = shut_tomorrow(library)
    offer(manager, closure)
    asked = check_page(manager.get(f"/staff/closures/{closure}/lift").text)
    assert "2 people keep their time" in asked.text
    assert "Robin 30" in asked.text
    assert states(library) == ["offered", "offered"]
    form = asked.form_to("/lift")
    for _press in range(2):
        assert manager.post(form.action, data=form.values()).status_code == 303
    assert states(library) == ["kept", "kept"]
    page = page_of(manager, closure)
    assert "Lifted" in page.text
    assert manager.get(f"/staff/closures/{closure}/lift").location == f"/staff/closures/{closure}?done=lifted"
    assert "Nobody is affected" in page.text


def test_lifting_one_of_two_closures_opens_nothing_and_says_so(library: Library, manager: FlaskClient) -> None:
    book_tomorrow(library, 0, 30)
    first, second = shut_tomorrow(library), shut_tomorrow(library, site=None)
    offer(manager, first)
    asked = check_page(manager.get(f"/staff/closures/{first}/lift").text)
    assert "2 people have to be rebooked all the same" in asked.text
    assert "Robin 30" not in asked.text
    form = asked.form_to("/lift")
    text = check_page(manager.post(form.action, data=form.values(), follow_redirects=True).text).text
    assert "It is shut by another closure still." in text
    assert "Some of it is still shut by another closure: Testshire" in text
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    assert "Offered another time 2" in page_of(admin, second).text
    with library.database.reading() as db:
        kinds = set(db.scalars(select(Notification.kind)))
    assert not any(kind.startswith("going_ahead") for kind in kinds)


@pytest.mark.parametrize("role", [Role.SITE_MANAGER, Role.SITE_STAFF, Role.TRIAGE_AGENT])
def test_a_closure_of_another_place_is_not_there(library: Library, manager: FlaskClient, role: Role) -> None:
    (reference,) = book_tomorrow(library, 0)
    closures = [shut_tomorrow(library), shut_tomorrow(library, site=None)]
    client = library.sign_in(role, library.other_site_id)
    check_that_nothing_answers(library, client, closures, reference)
    assert manager.get(f"/staff/closures/{closures[1]}").status_code == 404  # the whole council is not theirs


def test_a_closure_of_another_council_is_not_there(library: Library) -> None:
    (reference,) = book_tomorrow(library, 0)
    closure, other = shut_tomorrow(library), make_world(library.database, slug="otherham")
    client = library.sign_in(Role.AUTHORITY_ADMIN, authority_id=other.authority_id)
    check_that_nothing_answers(library, client, [closure], reference)
    assert "Nothing is shut" in client.get("/staff/closures").text


def check_that_nothing_answers(library: Library, client: FlaskClient, closures: list[int], reference: str) -> None:
    token = check_page(client.get("/staff/").text).form_to("sign-out").fields["csrf_token"]
    for closure in closures:
        base = f"/staff/closures/{closure}"
        for address in (base, f"{base}/lift", f"{base}/list.csv"):
            assert client.get(address).status_code == 404
        for address in (f"{base}/offers", f"{base}/lift", f"{base}/people/{reference}/confirm"):
            assert client.post(address, data={"csrf_token": token}).status_code == 404
    with library.database.reading() as db:
        assert [row for row in db.scalars(select(Closure)) if row.lifted_at or row.offers_wanted_at] == []
