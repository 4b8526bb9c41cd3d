"""Somebody at another desk or site, two that swap, and a rota on the page; each first shown with its effect."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, time, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.queries.appointments import by_reference
from locations.session_tables import held_on
from locations.tables import Service
from tests.planner.test_sessions import WEEK, page_of, rebooked, save, send, sessions
from tests.support.factories import catalogue, make_appointment, make_resource, make_service, make_session
from tests.support.pages import Page, check_page
from tests.web.site.conftest import NINE, SITE, Library

pytestmark = pytest.mark.databases("sqlite")
TUESDAY = date(2026, 11, 24)
MOVE, ROTA = f"{WEEK}/move", f"{SITE}/rota"
HEADER = "date,who,site,starts,ends,services\n"


@pytest.fixture
def people(library: Library) -> dict[str, int]:
    """Ann of the council and Rob of the library."""
    town, site = library.world.authority_id, library.world.site_id
    make_service(library.database, town, "talks", requirements=[{"kind": "adviser", "skills": []}])
    return {
        "ann": make_resource(library.database, town, None, "ann", name="Ann Adviser", kind="adviser"),
        "rob": make_resource(library.database, town, site, "rob", name="Rob Adviser", kind="adviser"),
    }


def open_on(library: Library, day: date) -> list[tuple[time, time, tuple[str, ...]]]:
    held = held_on(sessions(library).values(), day)
    return sorted((hours.starts, hours.ends, tuple(sorted(session.resources))) for session, hours in held)


def names_of(library: Library, reference: str) -> str:
    with library.database.reading() as db:
        return by_reference(db, catalogue(library.database, library.world), reference).resources[0].name


def again(client: FlaskClient, page: Page, address: str) -> Page:
    """Back to the form at this address, by the page of a preview."""
    form = next(form for form in page.forms if address in form.action)
    return check_page(client.post(form.action, data=form.values(), follow_redirects=True).text)


def upload(client: FlaskClient, text: str, status: int = HTTPStatus.OK, **values: Any) -> Page:
    form = page_of(client, ROTA).form_to("/rota")
    data = form.values(**values) | {"file": (io.BytesIO(text.encode()), "rota.csv")}
    answer = client.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def test_two_desks_swap_for_a_day_and_the_effect_is_shown_first(library: Library, manager: FlaskClient) -> None:
    page = page_of(manager, page_of(manager, WEEK).link("Move or swap"))
    values = {"what": "swap", "who": "desk-1", "other": "desk-1", "day": "2026-11-24"}
    page = send(manager, page, "/week/move", HTTPStatus.BAD_REQUEST, **values)
    assert "Choose somebody else" in page.text
    page = send(manager, page, "/week/move", HTTPStatus.BAD_REQUEST, other="desk-2")
    assert "Nothing would change" in page.text
    assert page.form_to("/week/move").fields["who"] == ["desk-1"]


def test_somebody_who_would_be_at_two_sites_at_once_is_a_warning(
    library: Library, manager: FlaskClient, people: dict[str, int]
) -> None:
    """They are booked at one of the two; the other would look open and be empty."""
    with library.database.reading() as db:
        talks = db.scalars(select(Service.id).where(Service.slug == "talks")).one()
    make_session(library.database, library.world.authority_id, library.other_site_id, [people["ann"]], [talks])
    form = page_of(manager, f"{WEEK}/new?resource=ann&date=2026-11-24")
    assert form.form_to("/week/new").fields["repeats"] == ["once"]
    values: dict[str, Any] = {"starts": "16:00", "ends": "18:00", "services": ["talks"]}
    words = "Ann Adviser would be at Mill Lane Library at the same time"
    assert words in send(manager, form, "/week/new", **values).text
    assert words not in send(manager, form, "/week/new", **(values | {"starts": "17:00"})).text


def _put_back_together(manager: FlaskClient) -> None:
    """The newest change of the sessions, with what was changed at the same time."""
    newest = next(href for _, href in page_of(manager, f"{WEEK}/history").links if "/history/" in href)
    page = page_of(manager, newest)
    assert "Changed at the same time" in page.text
    save(manager, send(manager, page, newest, together="1"))


def test_who_is_booked_with_one_of_two_that_swap_is_taken_by_the_other_and_is_told_nothing(
    library: Library, manager: FlaskClient, people: dict[str, int]
) -> None:
    """Nothing changes for them. Where the manager does not want that, they go on the list."""
    town, site = library.world.authority_id, library.world.site_id
    liz = make_resource(library.database, town, site, "liz", name="Liz Adviser", kind="adviser")
    with library.database.reading() as db:
        talks = db.scalars(select(Service.id).where(Service.slug == "talks")).one()
    ours = (library.database, town, site)
    make_session(*ours, resource_ids=[people["rob"]], service_ids=[talks], slug="early", starts=time(9), ends=time(12))
    make_session(*ours, resource_ids=[liz], service_ids=[talks], slug="late", starts=time(11), ends=time(15))
    talked = replace(library.world, service_ids=(talks,))
    times = [NINE + timedelta(days=1, minutes=minutes) for minutes in (30, 210)]
    booked = [make_appointment(library.runtime, talked, at).reference for at in times]
    swap: dict[str, Any] = {"what": "swap", "who": "rob", "other": "liz"}
    page = page_of(manager, f"{MOVE}?day=2026-11-24")
    preview = send(manager, page, "/week/move", **swap)
    assert "Give 2 of them to whoever can take them then" in preview.text
    assert "Liz Adviser can take it" in preview.text
    assert "go on the list" not in save(manager, preview).text
    assert rebooked(library, TUESDAY) == []
    assert [names_of(library, reference) for reference in booked] == ["Liz Adviser", "Rob Adviser"]
    _put_back_together(manager)
    assert [names_of(library, reference) for reference in booked] == ["Rob Adviser", "Liz Adviser"]
    save(manager, send(manager, page_of(manager, f"{MOVE}?day=2026-11-24"), "/week/move", **swap))
    preview = send(manager, page_of(manager, f"{MOVE}?day=2026-11-24"), "/week/move", **swap)
    save(manager, preview, give=[])
    assert rebooked(library, TUESDAY) == booked


def test_somebody_goes_to_another_desk_for_a_day(
    library: Library, manager: FlaskClient, people: dict[str, int]
) -> None:
    form = page_of(manager, f"{WEEK}/new")
    values: dict[str, Any] = {"repeats": "weekly", "weekdays": ["tuesday"], "starts": "18:00", "ends": "20:00"}
    values |= {"resources": ["rob", "desk-1"], "services": ["certify"]}
    save(manager, send(manager, form, "/week/new", **values))
    reference = library.book(minutes=24 * 60 + 9 * 60)
    page = page_of(manager, f"{MOVE}?day=2026-11-24")
    preview = send(manager, page, "/week/move", what="desk", who="rob", desk="desk-2", day="2026-11-24")
    assert "Nothing is saved yet" in preview.text
    assert (time(18), time(20), ("desk-1", "rob")) in open_on(library, TUESDAY)
    back = again(manager, preview, "/week/move?")
    assert back.form_to("/week/move").fields["desk"] == ["desk-2"]
    save(manager, preview)
    assert open_on(library, TUESDAY)[-1] == (time(18), time(20), ("desk-2", "rob"))
    assert open_on(library, date(2026, 12, 1))[-1] == (time(18), time(20), ("desk-1", "rob"))
    assert rebooked(library, TUESDAY) in ([], [reference])


def test_whoever_belongs_to_the_council_goes_to_another_site_and_others_do_not(
    library: Library, manager: FlaskClient, admin: FlaskClient, people: dict[str, int]
) -> None:
    values: dict[str, Any] = {"repeats": "weekly", "weekdays": ["tuesday"], "starts": "18:00", "ends": "20:00"}
    values |= {"resources": ["ann", "rob"], "services": ["talks"]}
    save(manager, send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **values))
    assert "Let somebody work at another site" not in page_of(manager, MOVE).text
    values = {"what": "site", "who": "rob", "to_site": "mill-lane", "day": "2026-11-24", "how_long": "from"}
    page = send(admin, page_of(admin, MOVE), "/week/move", HTTPStatus.BAD_REQUEST, **values)
    assert "They belong to this site" in page.text
    preview = send(admin, page, "/week/move", who="ann")
    assert "Mill Lane Library" in preview.text
    save(admin, preview)
    assert open_on(library, TUESDAY)[-1] == (time(18), time(20), ("rob",))
    week = page_of(admin, "/staff/sites/mill-lane/week?date=2026-12-01")
    assert "6pm to 8pm" in week.text


def test_a_rota_is_shown_before_it_is_saved_and_stays_kept(
    library: Library, manager: FlaskClient, people: dict[str, int]
) -> None:
    page = page_of(manager, page_of(manager, WEEK).link("Bring in a rota"))
    assert "At which site" not in page.text
    page = upload(manager, HEADER + "24/11/2026,Ann Adviser,,18:00,20:00,\nx,Rob Adviser,,18:00,20:00,", 400)
    assert "Line 3: date: Write the day like" in page.text
    page = upload(manager, HEADER + "24/11/2026,Ann Adviser,,18:00,20:00,", 400)
    assert "Line 2: services: They have no session from which" in page.text
    page = upload(manager, HEADER + "24/11/2026,Ann Adviser,Mill Lane Library,18:00,20:00,certify", 400)
    assert "no site" in page.text
    preview = upload(manager, HEADER + "24/11/2026,Ann Adviser,,18:00,20:00,certify\n1/1/2026,ann,,,,")
    assert "1 line is of a day that is over" in preview.text
    assert len(open_on(library, TUESDAY)) == 1
    back = page_of(manager, preview.link("Back, without saving"))
    assert "Your file is kept: rota.csv" in back.text
    form = back.form_to("/rota")
    answer = manager.post(form.action, data=form.values(), follow_redirects=True)
    save(manager, check_page(answer.text))
    assert open_on(library, TUESDAY)[-1] == (time(18), time(20), ("ann",))
    unchanged = upload(manager, HEADER + "24/11/2026,Ann Adviser,,18:00,20:00,certify")
    assert "Nothing to change" in unchanged.text


def test_of_two_rotas_for_one_session_the_second_is_told_and_keeps_its_file(
    library: Library, manager: FlaskClient, admin: FlaskClient
) -> None:
    first = upload(manager, HEADER + "24/11/2026,desk-1,,10:00,12:00,certify")
    second = upload(admin, HEADER + "24/11/2026,desk-2,,10:00,12:00,certify")
    save(manager, first)
    form = second.form_to("/week")
    answer = admin.post(form.action, data=form.values())
    assert answer.status_code == HTTPStatus.CONFLICT
    kept = again(admin, check_page(answer.text), "/rota?kept=")
    assert "Your file is kept: rota.csv" in kept.text
    form = kept.form_to("/rota")
    save(admin, check_page(admin.post(form.action, data=form.values(), follow_redirects=True).text))
    assert open_on(library, TUESDAY) == [(time(10), time(12), ("desk-1",)), (time(10), time(12), ("desk-2",))]


def test_the_sessions_of_sites_of_others_cannot_be_saved(
    library: Library, manager: FlaskClient, admin: FlaskClient
) -> None:
    preview = upload(admin, HEADER + "24/11/2026,desk-1,,10:00,12:00,certify")
    form = preview.form_to("/week")
    token = page_of(manager, ROTA).form_to("/rota").fields["csrf_token"]
    assert manager.post(form.action, data=form.values(csrf_token=token)).status_code == HTTPStatus.NOT_FOUND
    assert manager.get("/staff/sites/mill-lane/rota").status_code == HTTPStatus.NOT_FOUND
