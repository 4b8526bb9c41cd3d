"""Shut something: who may, the form, the page that shows the effect, and one closure however often it is pressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from booking.tables import Appointment, Hold, RebookItem
from core.audit import AuditEntry
from locations.tables import Closure
from people.staff.policy import POLICY, Action, Role
from reminders.tables import Notification
from tests.support.factories import make_world
from tests.support.pages import Page, check_page
from tests.web.manage.conftest import SECOND_DAY, book_tomorrow
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")

NEW, PREVIEW, CLOSURES = "/staff/closures/new", "/staff/closures/preview", "/staff/closures"
MANAGERS = POLICY[Action.MANAGE_CLOSURES]


def page_of(client: FlaskClient, address: str, **query: str) -> Page:
    answer = client.get(address, query_string=query)
    assert answer.status_code == 200, answer.text
    return check_page(answer.text)


def count(library: Library, *tables: type) -> list[int]:
    with library.database.reading() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", ["here", "elsewhere", "everywhere"])
@pytest.mark.parametrize("site", ["high-street", "mill-lane", ""])
def test_only_managers_shut_and_only_their_own_sites(library: Library, role: Role, place: str, site: str) -> None:
    site_id = {"here": library.world.site_id, "elsewhere": library.other_site_id}.get(place)
    client = library.sign_in(role, site_id)
    may = role in MANAGERS and (
        place == "everywhere" or site == {"here": "high-street", "elsewhere": "mill-lane"}[place]
    )
    for address in (NEW, PREVIEW):
        assert client.get(address, query_string=SECOND_DAY | {"site": site}).status_code == (200 if may else 404)
    home = client.get("/staff/").text
    assert ('href="/staff/closures"' in home) == (role in MANAGERS)
    token = check_page(home).form_to("sign-out").fields["csrf_token"]
    answer = client.post(CLOSURES, data=SECOND_DAY | {"site": site, "csrf_token": token})
    assert answer.status_code == (303 if may else 404)
    assert count(library, Closure) == [1 if may else 0]


def test_another_councils_site_is_not_there(library: Library) -> None:
    make_world(library.database, slug="otherham")
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).where(Closure.authority_id == library.world.authority_id)) == 0
    assert admin.get(NEW, query_string={"site": "nowhere"}).status_code == 404


def test_the_preview_says_whom_it_affects_and_writes_nothing(
    library: Library,
) -> None:
    book_tomorrow(library, 0, 30)
    book_tomorrow(library, 60, phone="07700 900123")
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    tables = (Closure, RebookItem, Hold, Appointment, AuditEntry, Notification)
    before = count(library, *tables)
    page = page_of(manager, PREVIEW, **SECOND_DAY)
    assert page.headings == ["3 people are affected"]
    for words in (
        "Robin 0",
        "Robin 60",
        "07700 900123",
        "The first one is due",
        "Certify documents",
        "By message",
        "Ring:",
    ):
        assert words in page.text
    assert count(library, *tables) == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"from_day": ""}, "from_day"),
        ({"from_day": "31 foo"}, "from_day"),
        ({"starts": "now"}, "starts"),
        ({"starts": "now", "from_day": ""}, "starts"),
        ({"from_time": "25:00"}, "from_time"),
        ({"until_day": ""}, "until_day"),
        ({"until_day": "2026-11-23"}, "until_day"),
        ({"from_day": "2026-11-20", "until_day": "2026-11-21"}, "until_day"),
        ({"until_day": "2046-11-24"}, "until_day"),
        ({"until_time": "soon"}, "until_time"),
        ({"resource": "nobody"}, "resource"),
        ({"service": "nothing"}, "service"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_an_error_stands_at_its_field_and_keeps_what_was_typed(
    library: Library, typed: dict[str, str], field: str
) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    sent = SECOND_DAY | {"from_time": "10:15", "service": "advice"} | typed
    answer = manager.get(PREVIEW, query_string=sent)
    assert answer.status_code == 400
    page = check_page(answer.text)
    assert f"#{field}" in [href for _, href in page.links]
    form = page.form_to("/preview")
    kept = {name: value for name, value in sent.items() if name not in ("resource", "service") or name not in typed}
    assert {name: form.fields[name] for name in kept} == {name: [value] for name, value in kept.items()}


def test_from_the_form_to_the_offers_in_few_clicks(library: Library) -> None:
    """Home, closures, shut something, see who is affected, shut it and offer: five clicks, for sixty visits too."""
    book_tomorrow(library, *range(0, 240, 30))
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    home = page_of(manager, "/staff/")
    listed = page_of(manager, home.link("What is shut"))
    asked = manager.get(listed.link("Shut something"), follow_redirects=True)
    form = check_page(asked.text).form_to("/preview")
    preview = page_of(manager, PREVIEW, **{name: str(value[0]) for name, value in form.values().items()} | SECOND_DAY)
    form = preview.form_to(CLOSURES)
    assert form.values_of("offers") == ["1"]
    done = manager.post(CLOSURES, data=form.values(offers="1"), follow_redirects=True)
    page = check_page(done.text)
    assert "8 people affected" in page.text
    assert "Offered another time 8" in page.text
    assert "8 people affected" in page_of(manager, CLOSURES).text


def test_pressed_twice_it_makes_one_closure_and_one_offer_each(library: Library) -> None:
    book_tomorrow(library, 0)
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    form = page_of(manager, PREVIEW, **SECOND_DAY).form_to(CLOSURES)
    first = manager.post(CLOSURES, data=form.values(offers="1"))
    library.clock.advance(timedelta(minutes=2))
    again = manager.post(CLOSURES, data=form.values(offers="1"))
    assert first.location == again.location
    assert count(library, Closure) == [1]


def test_what_is_shut_already_is_said_and_not_shut_twice(library: Library) -> None:
    book_tomorrow(library, 0, 30)
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    forms = [page_of(manager, PREVIEW, **SECOND_DAY).form_to(CLOSURES) for _window in range(2)]
    locations = [manager.post(CLOSURES, data=form.values(offers="1")).location for form in forms]
    assert locations == [locations[0]] * 2
    assert count(library, Closure, RebookItem) == [1, 2]
    wider = page_of(manager, PREVIEW, **SECOND_DAY | {"until_day": "2026-11-25"})
    assert "Some of this is shut already" in wider.text
    assert wider.link("High Street Library") == "/staff/closures/1"
    manager.post(CLOSURES, data=wider.form_to(CLOSURES).values())
    assert count(library, Closure) == [2]
    apart = page_of(manager, PREVIEW, **SECOND_DAY | {"from_day": "2026-11-26", "until_day": "2026-11-26"})
    assert "shut already" not in apart.text


def test_a_closure_that_shuts_more_offers_nobody_a_time_who_was_on_no_preview(library: Library) -> None:
    book_tomorrow(library, 0, 30)
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    form = page_of(manager, PREVIEW, **SECOND_DAY | {"resource": "desk-1"}).form_to(CLOSURES)
    whole = page_of(manager, PREVIEW, **SECOND_DAY).form_to(CLOSURES)
    locations = [manager.post(CLOSURES, data=data).location for data in (whole.values(), form.values(offers="1"))]
    assert locations == [locations[0]] * 2
    with library.database.reading() as db:
        assert db.scalars(select(Closure)).one().offers_wanted_at is None


def test_now_is_the_moment_that_the_preview_showed(library: Library) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    query = SECOND_DAY | {"starts": "now", "from_day": "", "until_day": "2026-11-23", "until_time": "12:30"}
    form = page_of(manager, PREVIEW, **query).form_to(CLOSURES)
    shown_at = library.clock.now()
    library.clock.advance(timedelta(minutes=7))
    assert manager.post(CLOSURES, data=form.values()).status_code == 303
    with library.database.reading() as db:
        row = db.scalars(select(Closure)).one()
    assert (row.starts_at, row.ends_at.hour, row.ends_at.minute) == (shown_at, 12, 30)


def test_a_preview_that_is_over_by_now_is_refused_with_what_was_typed(library: Library) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    form = page_of(manager, PREVIEW, **SECOND_DAY).form_to(CLOSURES)
    library.clock.advance(timedelta(days=3))
    client = library.sign_in(Role.AUTHORITY_ADMIN)
    token = check_page(client.get("/staff/").text).form_to("sign-out").fields["csrf_token"]
    answer = client.post(CLOSURES, data=form.values(csrf_token=token))
    assert answer.status_code == 400
    assert "The boiler is broken" in answer.text
    assert count(library, Closure) == [0]
