"""The two questions after a visit, by the pages alone: by a link, at the kiosk, and the figures for managers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.ratings.rating_repository import ask_about, keep_rating, open_question_of
from booking.ratings.rating_rules import Rating
from booking.ratings.tables import VisitRating
from booking.states import State
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.tokens import short_rating_token
from people.staff.policy import Role
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.pages import check_page
from tests.web.resident.browser import Visitor
from tests.web.site.conftest import Library
from tests.web.site.test_kiosk import KIOSK, kiosk_of, set_up

pytestmark = pytest.mark.databases("sqlite")
MONTH, OVER = date(2026, 11, 1), date(2026, 10, 1)


def link_of(library: Library) -> str:
    """The link of somebody who was asked about a visit."""
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    now = library.clock.now()
    with library.database.writing() as db:
        appointment_id = db.scalars(select(Appointment.id)).one()
        ask_about(db, appointment_id, now, lambda _others: False)
        found = open_question_of(db, appointment_id, now)
    assert found is not None
    return f"/r/{short_rating_token(library.runtime.settings.secret_key, *found)}"


def kept(library: Library) -> list[tuple[str, str, date, int, str]]:
    with library.database.reading() as db:
        rows = db.scalars(select(VisitRating).order_by(VisitRating.mark))
        return [(row.site, row.service, row.month, row.mark, row.comment) for row in rows]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_link_takes_one_answer_without_signing_in(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    for _ in range(2):  # a mail scanner opens it, too
        page = check_page(client.get(link).text)
    assert kept(library) == []
    form = page.form_to(link)
    assert client.post(form.action, data=form.values(mark="4", comment="A <chair>\r\nto wait on")).status_code == 303
    assert kept(library) == [("high-street", "certify", MONTH, 4, "A <chair> to wait on")]
    assert "Thank you for your answer" in check_page(client.get(link).text).text
    assert client.post(form.action, data=form.values(mark="1")).status_code == 200
    assert len(kept(library)) == 1


def test_without_a_mark_it_is_asked_for_and_what_was_typed_stays(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    form = check_page(client.get(link).text).form_to(link)
    answer = client.post(form.action, data=form.values(comment="A <chair>"))
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert "Choose how your visit was" in page.text
    assert page.form_to(link).fields["comment"] == ["A <chair>"]
    assert client.post(form.action, data=form.values(mark="6")).status_code == 400
    assert client.post(form.action, data=form.values(mark="5", comment="x" * 301)).status_code == 400
    assert kept(library) == []


def test_a_link_is_over_after_a_month_and_an_unknown_one_says_nothing(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    library.clock.advance(timedelta(days=31))
    assert "It is too late to answer" in check_page(client.get(link).text).text
    assert client.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404
    assert client.get("/r/nonsense").status_code == 404


def test_a_visit_that_was_taken_back_is_not_asked_about(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    form = check_page(client.get(link).text).form_to(link)
    with library.database.writing() as db:
        db.execute(update(Appointment).values(state="cancelled_by_authority"))
    assert "There is nothing to answer" in check_page(client.get(link).text).text
    assert client.post(form.action, data=form.values(mark="4")).status_code == 200
    assert kept(library) == []


def test_welsh_is_spoken(library: Library, client: FlaskClient) -> None:
    set_up(library, languages=["en", "cy"])
    page = check_page(client.get(f"{link_of(library)}?lang=cy").text)
    assert "Sut oedd eich ymweliad?" in page.text


def test_no_value_breaks_it(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    form = check_page(client.get(link).text).form_to(link)
    for words, value in BAD_VALUES.items():
        for field in ("mark", "comment"):
            answer = client.post(form.action, data=form.values(mark="") | {field: as_sent(value)})
            assert answer.status_code in (303, 400), (words, field)
    assert kept(library) == []


def test_the_kiosk_asks_for_what_they_came_and_thanks(library: Library, client: FlaskClient) -> None:
    kiosk: Visitor = kiosk_of(library, client)
    address = kiosk.open(KIOSK).link("tell us how it was")
    page = check_page(client.get(address).text)
    form = page.form_to("/rating")
    assert client.post(form.action, data=form.values(mark="2")).status_code == 400
    answer = client.post(form.action, data=form.values(mark="2", service="certify", comment="Cold"))
    assert answer.status_code == 303
    thanks = client.get(answer.location)
    assert "Thank you for your answer" in check_page(thanks.text).text
    assert thanks.headers["Refresh"].startswith("20;")
    assert kept(library) == [("high-street", "certify", MONTH, 2, "Cold")]


def test_a_browser_that_is_no_kiosk_is_refused(library: Library, client: FlaskClient) -> None:
    set_up(library, has_kiosk=True)
    assert client.get(f"/testshire{KIOSK}/rating").status_code == 404


def test_managers_see_figures_of_five_answers_and_their_own_sites(library: Library, manager: FlaskClient) -> None:
    with library.database.writing() as db:
        for mark in (5, 5, 4, 1):
            keep_rating(db, library.world.authority_id, "high-street", "certify", OVER, Rating(mark, "Too <cold>"))
    page = check_page(manager.get("/staff/ratings").text)
    assert "fewer than 5" in page.text
    assert "Too <cold>" not in page.text
    assert manager.get("/staff/ratings.csv").text.splitlines()[1:] == [
        '"high-street","certify","fewer than 5","","","","","",""'
    ]
    with library.database.writing() as db:
        keep_rating(db, library.world.authority_id, "high-street", "certify", OVER, Rating(3))
        keep_rating(db, library.world.authority_id, "high-street", "certify", MONTH, Rating(3))
    page = check_page(manager.get("/staff/ratings").text)
    assert "November 2026" not in page.text
    for month in ("2026-11", "2026-10-01", "nonsense"):  # one that goes on, and what is none
        assert check_page(manager.get(f"/staff/ratings?month={month}").text).text == page.text
    text = page.text
    assert "3.6" in text
    assert "Too <cold>" in text
    assert manager.get("/staff/ratings.csv").text.splitlines()[1:] == [
        '"high-street","certify","5","3.60","2","1","1","0","1"'
    ]
    other = library.sign_in(Role.SITE_MANAGER, library.other_site_id)
    assert "Nobody answered in this month." in check_page(other.get("/staff/ratings").text).text
    staff = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    assert staff.get("/staff/ratings").status_code == 404


def test_the_visit_knows_only_that_somebody_has_answered(library: Library, client: FlaskClient) -> None:
    link = link_of(library)
    form = check_page(client.get(link).text).form_to(link)
    client.post(form.action, data=form.values(mark="4"))
    with library.database.reading() as db:
        assert db.scalars(select(DayVisit.is_rated)).one()
        assert str(db.scalars(select(DayVisit.id)).one()) not in db.scalars(select(VisitRating.id)).one().split("-")
