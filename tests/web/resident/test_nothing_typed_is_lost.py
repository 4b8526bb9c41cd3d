"""Whatever goes wrong at whatever step of a booking: all that was typed is there again, or the page says that it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from booking.tables import Appointment, Hold
from booking.use_cases.holds import LONGEST_HOLD
from core.database import Database
from people.residents.tables import Representative, Resident
from tests.support.town import Town
from tests.web.resident.browser import Visitor, go_to_times
from tests.web.resident.test_booking_pages import clock_of

pytestmark = pytest.mark.databases("sqlite")

# What somebody types on each page, in the order of the pages.
TYPED: dict[str, dict[str, str]] = {
    "who": {"who": "other"},
    "acting": {"name": "Ada Helper", "basis": "carer", "email": "ada@example.org", "phone": "07700 900001"},
    "details": {
        "name": "Søren 王小明",
        "email": "soren@example.org",
        "phone": "07700 900123",
        "postcode": "N12 0GA",
        "contact_preference": "email",
        "leave_no_message": "y",
        "notes": "I am a bit deaf.\nPlease speak up.",
    },
    "check": {},
}
STEPS = list(TYPED)
EXPIRED = "We no longer keep this time for you"
Mishap = Callable[[Visitor, Flask, str], None]


def walk_to(visitor: Visitor, step: str) -> None:
    """To the page of this step, with everything typed on the pages before it."""
    go_to_times(visitor)
    visitor.take_first_time()
    for before in STEPS[: STEPS.index(step)]:
        visitor.send(f"/{before}", **TYPED[before])
    assert visitor.at.endswith(f"/{step}")


def walk_on(visitor: Visitor, step: str) -> None:
    """From the page of this step to the end: the pages as they stand where nothing was typed yet, else what they hold."""
    for ahead in STEPS[STEPS.index(step) :]:
        typed = {} if ahead == step else TYPED[ahead]
        visitor.send(f"/{ahead}", **typed)


def check_fields(visitor: Visitor, step: str) -> None:
    """The page is that of the step, and its fields hold what was typed there."""
    assert visitor.at.endswith(f"/{step}"), visitor.page.headings
    fields = visitor.page.form_to(f"/{step}").fields
    assert {name: fields[name][0].strip().replace("\r\n", "\n") for name in TYPED[step]} == TYPED[step]


def check_booked(database: Database) -> None:
    """One appointment is booked, with all that was typed."""
    with database.reading() as db:
        row, person = db.scalars(select(Appointment)).one(), db.scalars(select(Resident)).one()
        helper = db.scalars(select(Representative)).one()
        typed = TYPED["details"]
        assert (row.notes.replace("\r\n", "\n"), person.name, person.email) == (
            typed["notes"],
            typed["name"],
            typed["email"],
        )
        assert (person.postcode, person.leave_no_message) == (typed["postcode"], True)
        assert {name: getattr(helper, name) for name in TYPED["acting"]} == TYPED["acting"]


def sent_after_the_end(visitor: Visitor, app: Flask, step: str) -> None:
    """The form is filled in, and sent when the hold has ended."""
    clock_of(app).advance(timedelta(minutes=11))
    visitor.send(f"/{step}", **TYPED[step])
    assert (visitor.status, visitor.page.headings) == (410, [EXPIRED])
    visitor.send("/again")


def kept_longer(visitor: Visitor, app: Flask, step: str) -> None:
    """The button that keeps the time is pressed again and again, with everything typed."""
    for _ in range(10):
        clock_of(app).advance(timedelta(minutes=9))
        visitor.send(f"/keep/{step}", **TYPED[step])
        assert visitor.status == 200


def kept_too_late(visitor: Visitor, app: Flask, step: str) -> None:
    """The button that keeps the time is pressed when the hold has ended."""
    clock_of(app).advance(timedelta(minutes=11))
    visitor.send(f"/keep/{step}", **TYPED[step])
    assert (visitor.status, visitor.page.headings) == (410, [EXPIRED])
    visitor.send("/again")


def another_time_chosen(visitor: Visitor, app: Flask, step: str) -> None:
    """The hold has ended, and another day is chosen from the page that says so."""
    clock_of(app).advance(timedelta(minutes=11))
    visitor.send(f"/{step}", **TYPED[step])
    visitor.follow("Choose another time")
    visitor.follow("26 November 2026")
    visitor.take_first_time()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("mishap", [sent_after_the_end, kept_longer, kept_too_late, another_time_chosen])
def test_all_that_was_typed_is_there_again(
    database: Database, town: Town, town_app: Flask, visitor: Visitor, mishap: Mishap, step: str
):
    walk_to(visitor, step)
    mishap(visitor, town_app, step)
    check_fields(visitor, step)
    walk_on(visitor, step)
    assert visitor.page.headings == ["Your appointment is booked"]
    check_booked(database)


@pytest.mark.parametrize("step", STEPS)
def test_it_is_there_again_when_the_time_itself_is_gone(database: Database, town: Town, town_app: Flask, step: str):
    visitor = Visitor(town_app.test_client())
    go_to_times(visitor, site="town-hall")
    visitor.take_first_time()
    for before in STEPS[: STEPS.index(step)]:
        visitor.send(f"/{before}", **TYPED[before])
    clock_of(town_app).advance(timedelta(minutes=11))
    visitor.send(f"/{step}", **TYPED[step])
    other = Visitor(town_app.test_client())
    go_to_times(other, site="town-hall")
    other.take_first_time()
    visitor.send("/again")
    assert (visitor.status, visitor.page.headings) == (409, ["That time has just gone"])
    assert "We have kept everything you typed" in visitor.page.text
    visitor.take_first_time()
    check_fields(visitor, step)
    walk_on(visitor, step)
    check_booked(database)


@pytest.mark.parametrize("step", STEPS)
def test_another_tab_changes_the_time_and_nothing_typed_is_lost(
    database: Database, town: Town, town_app: Flask, visitor: Visitor, step: str
):
    walk_to(visitor, step)
    tab = Visitor(visitor.client)
    tab.open(f"/book/{visitor.at.split('/')[2]}/who")
    tab.open(tab.page.link("Back").removeprefix("/testshire").replace("2026-11-24", "2026-11-26"))
    tab.take_first_time()
    visitor.send(f"/{step}", **TYPED[step])
    assert visitor.status == 409
    assert "It has changed since you opened this page" in visitor.page.text
    if step != "check":
        fields = visitor.page.form_to(f"/{step}").fields
        assert {name: fields[name][0].strip().replace("\r\n", "\n") for name in TYPED[step]} == TYPED[step]
    walk_on(visitor, step)
    check_booked(database)


@pytest.mark.parametrize("step", STEPS)
def test_back_shows_what_was_sent_on_each_page(visitor: Visitor, step: str):
    walk_to(visitor, "check")
    visitor.open(visitor.at.replace("check", step))
    check_fields(visitor, step)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "opened"])
def test_a_lost_cookie_is_said_honestly(database: Database, visitor: Visitor, step: str, is_sent: bool):
    """Nothing is booked, nothing is promised to be there, and there is a way on."""
    walk_to(visitor, step)
    visitor.client.delete_cookie("front_door")
    visitor.send(f"/{step}", **TYPED[step]) if is_sent else visitor.open(visitor.at)
    assert visitor.status == (400 if is_sent else 410)
    assert "kept everything" not in visitor.page.text
    assert "Nothing was sent" in visitor.page.text or "nothing was booked" in visitor.page.text
    assert "/testshire/" in [address for _, address in visitor.page.links]
    with database.reading() as db:
        assert db.scalars(select(Appointment)).all() == []


@pytest.mark.parametrize("step", STEPS)
def test_a_draft_that_is_gone_is_said_honestly(town_app: Flask, visitor: Visitor, step: str):
    walk_to(visitor, step)
    clock_of(town_app).advance(timedelta(hours=2))
    visitor.send(f"/{step}", **TYPED[step])
    assert (visitor.status, visitor.page.headings) == (410, ["We no longer have your answers"])


@pytest.mark.parametrize("step", STEPS)
def test_what_cannot_be_used_is_there_again_to_be_put_right(town_app: Flask, visitor: Visitor, step: str):
    """What the form would refuse is kept, too: it is refused when it is sent again."""
    wrong: dict[str, Any] = {
        "acting": {"name": "", "email": "ada@", "phone": "07700 900001"},
        "details": {"name": "", "email": "robin@", "notes": "x" * 301},
    }.get(step, {})
    walk_to(visitor, step)
    clock_of(town_app).advance(timedelta(minutes=11))
    visitor.send(f"/{step}", **wrong)
    visitor.send("/again")
    assert visitor.at.endswith(f"/{step}")
    fields = visitor.page.form_to(f"/{step}").fields
    assert {name: fields[name][0].strip() for name in wrong} == wrong


@pytest.mark.databases("sqlite", "postgresql")
def test_a_time_is_kept_longer_with_its_claims_and_not_for_ever(
    database: Database, town: Town, town_app: Flask, visitor: Visitor
):
    """Ten times at least (WCAG 2.2.1), two hours at most; nobody else gets the time meanwhile."""
    slot = go_to_times(visitor, site="town-hall").form_to("/book/hold").buttons[0][1]
    visitor.take_first_time()
    begun, presses = clock_of(town_app).now(), 0
    other = Visitor(town_app.test_client())
    go_to_times(other, site="town-hall")
    first = other.page.form_to("/book/hold")
    while visitor.status == 200:
        clock_of(town_app).advance(timedelta(minutes=9, seconds=30))
        visitor.send("/keep/who", who="me")
        if visitor.status == 200:
            presses += 1
            with database.reading() as db:
                assert db.scalars(select(Hold)).one().expires_at > clock_of(town_app).now()
            assert other.post(first, {"slot": slot, "idempotency_key": f"key-{presses}"}).status_code == 409
    assert presses >= 10
    assert clock_of(town_app).now() - begun <= LONGEST_HOLD + timedelta(minutes=10)
