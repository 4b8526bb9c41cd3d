"""The page of those who do not fit the plan any more: who sees whom, other times, confirming one, and the file."""

from __future__ import annotations

import csv
import io
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from booking.queries.appointments import by_reference
from booking.tables import Appointment, RebookItem
from locations.catalogue_queries import bump_plan
from locations.tables import SessionTemplate
from people.staff.policy import POLICY, Action, Role
from tests.support.factories import catalogue
from tests.support.pages import Page, check_page
from tests.web.manage.conftest import TOMORROW, book_tomorrow
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")

LIST = "/staff/to-rebook"


@pytest.fixture
def references(library: Library) -> list[str]:
    """Two visits of tomorrow before the library opens by now, the second one of somebody without email."""
    found = book_tomorrow(library, 0) + book_tomorrow(library, 30, phone="07700 900123")
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id)
        db.execute(update(SessionTemplate).values(starts=time(10)))
        ids = db.scalars(select(Appointment.id).where(Appointment.reference.in_(found)))
        common = {"authority_id": library.world.authority_id, "reason": "hours", "created_at": library.clock.now()}
        db.add_all(RebookItem(appointment_id=id_, **common) for id_ in ids)
    return found


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", ["here", "elsewhere", "everywhere"])
def test_managers_see_who_falls_out_at_their_own_sites(
    library: Library, references: list[str], role: Role, place: str
) -> None:
    client = library.sign_in(role, {"here": library.world.site_id, "elsewhere": library.other_site_id}.get(place))
    may = role in POLICY[Action.MANAGE_CLOSURES]
    answer = client.get(LIST)
    assert answer.status_code == (200 if may else 404)
    assert ("Robin 30" in answer.text) == (may and place != "elsewhere")
    assert ("Robin 30" in client.get(f"{LIST}/list.csv").text) == (may and place != "elsewhere")
    token = check_page(client.get("/staff/").text).form_to("sign-out").fields["csrf_token"]
    confirmed = client.post(f"{LIST}/people/{references[0]}/confirm", data={"csrf_token": token})
    assert confirmed.status_code == (409 if may and place != "elsewhere" else 404)
    assert client.post(f"{LIST}/offers", data={"csrf_token": token}).status_code == (303 if may else 404)
    with library.database.reading() as db:
        wanted = db.scalars(select(RebookItem.offers_wanted_at)).all()
    assert all(wanted) == (may and place != "elsewhere")


def test_other_times_are_offered_and_confirmed_as_after_a_closure(library: Library, references: list[str]) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    page = page_of(manager.get(LIST).text)
    for words in ("2 people affected", "Why: no longer open then", "07700 900123"):
        assert words in page.text
    form = page.form_to("/offers")
    assert manager.post(form.action, data=form.values()).status_code == 303
    page = page_of(manager.get(LIST).text)
    assert "Offered another time 1" in page.text
    heading, *lines = csv.reader(io.StringIO(manager.get(page.link("CSV")).text.removeprefix("\ufeff")))
    rows = [dict(zip(heading, line, strict=True)) for line in lines]
    assert [(row["Name"], row["Why"], row["State"]) for row in rows] == [
        ("Robin 0", "no longer open then", "Offered another time"),
        ("Robin 30", "no longer open then", "To ring"),
    ]
    form = page.form_to("/confirm")
    for _press in range(2):
        assert manager.post(form.action, data=form.values()).status_code == 303
    with library.database.reading() as db:
        view = by_reference(db, catalogue(library.database, library.world), references[1])
    assert view.starts_at >= TOMORROW + timedelta(hours=1)
    assert "Took the other time 1" in page_of(manager.get(LIST).text).text


def page_of(html: str) -> Page:
    return check_page(html)
