"""The plan of a day: resources across, time down, every column whole."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.use_cases.cancel import cancel
from booking.use_cases.make_closure import NewClosure, make_closure
from people.residents.details import ResidentDetails
from people.residents.tables import ResidentView
from people.staff.policy import Role
from tests.support.pages import check_page
from tests.web.site.conftest import DAY, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")
PLAN = f"{DAY}/plan"


def columns_of(html: str) -> list[list[tuple[int, str, str]]]:
    """The columns of the first table: (rows, kind, text) of each cell. Fails where a row has too many cells or too few."""
    table = html.partition("<table")[2].partition("</table>")[0]
    count = len(re.findall(r'<th scope="col">', table))
    columns: list[list[tuple[int, str, str]]] = [[] for _ in range(count)]
    taken = [0] * count
    for row in re.findall(r"<tr>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL):
        cells = re.findall(r'<td rowspan="(\d+)" class="(\w+)">(.*?)</td>', row, re.DOTALL)
        free = [number for number in range(count) if not taken[number]]
        assert len(cells) == len(free)
        for number, (rows, kind, text) in zip(free, cells, strict=True):
            taken[number] = int(rows)
            columns[number].append((int(rows), kind, re.sub(r"<[^>]+>", "", text).strip()))
        taken = [rows - 1 for rows in taken]
    assert taken == [0] * count
    return columns


def test_each_resource_has_a_column_with_its_visits_and_what_is_free(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(60, resident=ResidentDetails("Robin Sample"))
    library.record(reference, State.ARRIVED)
    columns = columns_of(site_staff.get(PLAN).text)
    desk = int(library.desk_of(reference)) - 1
    assert columns[desk] == [
        (4, "free", "Free"),
        (2, "visit", "10am–10:30am Robin Sample Certify documents (Arrived)"),
        (26, "free", "Free"),
    ]
    assert columns[1 - desk] == [(32, "free", "Free")]


def test_what_begins_between_quarters_has_rows_of_five_minutes(library: Library, site_staff: FlaskClient) -> None:
    library.clock.advance(timedelta(minutes=5))
    columns = columns_of(site_staff.get(PLAN).text)
    assert columns == [[(1, "nothing", ""), (95, "free", "Free")]] * 2


def test_a_cancelled_visit_is_left_out_and_a_shut_day_says_so(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(60)
    owner = library.world.authority_id
    cancel(library.runtime, owner, reference, actor=STAFF, by="authority", reason="Unwell", enforce_cutoff=False)
    assert columns_of(site_staff.get(PLAN).text) == [[(32, "free", "Free")]] * 2
    assert "There are no appointments on this day." in site_staff.get(f"{SITE}/days/2026-12-25/plan").text


def test_the_plan_says_what_somebody_needs_and_who_must_be_rebooked(library: Library, site_staff: FlaskClient) -> None:
    library.book(60, support_needs=("bsl", "step-free"))
    assert "British Sign Language (to be arranged), Step-free access" in columns_of(site_staff.get(PLAN).text)[0][1][2]
    new = NewClosure(library.clock.now(), library.clock.now() + timedelta(hours=3), "Boiler")
    make_closure(library.runtime, library.world.authority_id, new, actor=STAFF)
    texts = [text for _, kind, text in columns_of(site_staff.get(PLAN).text)[0] if kind == "visit"]
    assert ["To rebook" in text for text in texts] == [True]


def test_the_plan_is_linked_logged_and_for_this_site_alone(library: Library, site_staff: FlaskClient) -> None:
    library.book()
    assert check_page(site_staff.get(DAY).text).link("Plan") == PLAN
    page = site_staff.get(PLAN)
    assert re.findall(r"<script[^>]*/([a-z_]+\.js)", page.text) == ["paper_page.js"]  # which only keeps the page
    with library.database.reading() as db:
        purposes = db.scalars(select(ResidentView.purpose)).all()
    assert "day_plan" in purposes
    assert library.sign_in(Role.SITE_STAFF, library.other_site_id).get(PLAN).status_code == 404
    assert site_staff.get(f"{SITE}/days/tomorrow/plan").status_code == 404
