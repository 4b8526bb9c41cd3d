"""A desk is closed: site staff put one visit, or all that fit, on another desk at the same time, without a call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from people.staff.policy import Role
from tests.support.factories import catalogue
from tests.support.pages import Page, check_page
from tests.web.site.conftest import DAY, NINE, Library

pytestmark = pytest.mark.databases("sqlite")

PATH = f"{DAY}/other-resources"


def close_desk_of(library: Library, reference: str) -> str:
    """The number of the desk that is closed all day."""
    number = library.desk_of(reference)
    resource = catalogue(library.database, library.world).sites[0].resources[int(number) - 1]
    library.close(NINE, NINE + timedelta(hours=8), "Ada is ill", resource.id)
    return number


def day(client: FlaskClient) -> Page:
    return check_page(client.get(DAY).text)


def test_one_visit_goes_to_another_desk_from_the_list_and_from_its_row(
    library: Library, site_staff: FlaskClient
) -> None:
    reference = library.book(60)
    closed = close_desk_of(library, reference)
    action = f"{DAY}/appointments/{reference}/other-resources"
    forms = [form for form in day(site_staff).forms if form.action == action]
    assert len(forms) == 2  # in the list of people to rebook, and in the row
    answer = site_staff.post(action, data=forms[0].values())
    assert answer.location == f"{DAY}?keep={reference}#a-{reference}"
    assert library.desk_of(reference) != closed
    assert "to rebook" not in day(site_staff).text
    assert site_staff.post(action, data=forms[0].values()).status_code == 303  # sent twice, done once
    again = site_staff.post(action, data=forms[1].values())
    assert again.status_code == 409
    assert "This appointment can take place as booked. Nothing was changed." in check_page(again.text).text


def test_what_does_not_fit_says_so_and_stays(library: Library, site_staff: FlaskClient) -> None:
    reference, _other = library.book(60), library.book(60)
    closed = close_desk_of(library, reference)
    action = f"{DAY}/appointments/{reference}/other-resources"
    form = next(form for form in day(site_staff).forms if form.action == action)
    answer = site_staff.post(action, data=form.values())
    assert answer.status_code == 409
    page = check_page(answer.text)
    assert "Nothing else is free here at that time. Move the appointment, or cancel it." in page.text
    assert "1 person to rebook" in page.text
    assert library.desk_of(reference) == closed


def test_all_that_fit_are_shown_first_and_go_with_one_click(library: Library, manager: FlaskClient) -> None:
    first, second = library.book(60), library.book(120)
    closed = close_desk_of(library, first)
    page = check_page(manager.get(PATH).text)
    assert "2 visits fit" in page.text
    answer = manager.post(PATH, data=next(form for form in page.forms if form.action == PATH).values())
    done = check_page(answer.text)
    assert answer.status_code == 200
    assert "2 visits can take place now. Nobody has to be told." in done.text
    assert "Nobody has to be rebooked on this day." in done.text
    assert {library.desk_of(first), library.desk_of(second)}.isdisjoint({closed})


def test_who_was_taken_meanwhile_is_named(library: Library, site_staff: FlaskClient) -> None:
    first, second = library.book(60), library.book(120)
    close_desk_of(library, first)
    page = check_page(site_staff.get(PATH).text)
    values = next(form for form in page.forms if form.action == PATH).values()
    library.book(120)  # somebody books the other desk
    answer = site_staff.post(PATH, data=values)
    assert answer.status_code == 409
    text = check_page(answer.text).text
    assert "1 visit can take place now" in text
    assert "Nothing was changed for these" in text
    assert "1 visit does not fit" in text
    assert f"?move={second}" in answer.text


@pytest.mark.parametrize(("role", "status"), [(Role.ADVISER, 404), (Role.TRIAGE_AGENT, 404)])
def test_nobody_else_is_offered_or_allowed_it(library: Library, role: Role, status: int) -> None:
    reference = library.book(60)
    close_desk_of(library, reference)
    client = library.sign_in(role, library.world.site_id if role is Role.ADVISER else None)
    assert client.get(PATH).status_code == status
    if role is Role.ADVISER:
        assert "other-resources" not in client.get(DAY).text


def test_staff_of_another_site_may_not(library: Library) -> None:
    client = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert client.get(PATH).status_code == 404
