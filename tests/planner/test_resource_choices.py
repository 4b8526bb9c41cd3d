"""Lists to choose from, where somebody of the council has the name of somebody of the site."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from people.staff.policy import Role
from planner import namesake_warnings
from tests.planner.test_week import WEEK
from tests.support.factories import make_resource, make_service, make_session
from tests.support.pages import check_page
from tests.web.site.conftest import SITE, Library

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("address", [f"{WEEK}/new", f"{WEEK}/move", f"{WEEK}/several", f"{SITE}/away"])
def test_two_of_one_name_are_told_apart(library: Library, manager: FlaskClient, address: str) -> None:
    town, site = library.world.authority_id, library.world.site_id
    here = make_resource(library.database, town, site, "adviser-here", name="Adviser 1", kind="adviser")
    wide = make_resource(library.database, town, None, "adviser-wide", name="Adviser 1", kind="adviser")
    make_session(library.database, town, site, [here, wide], list(library.world.service_ids), slug="both")
    page = manager.get(address).text
    assert "Adviser 1, who works at several sites" in page
    assert re.search(r"Adviser 1\s*<", page)


def test_one_of_two_of_one_name_does_not_vanish_from_the_week(library: Library, manager: FlaskClient) -> None:
    """Only the other one is without a session."""
    town, site = library.world.authority_id, library.world.site_id
    busy = make_resource(library.database, town, site, "ann-price", name="Ann Price", kind="adviser")
    make_resource(library.database, town, site, "ann-price-2", name="Ann Price", kind="adviser")
    make_session(library.database, town, site, [busy], list(library.world.service_ids), slug="hers")
    week, idle = manager.get(WEEK).text.split("No session in this week")
    assert "Ann Price (ann-price)" in week
    assert "Ann Price (ann-price-2)" not in week
    assert "Ann Price (ann-price-2)" in idle


@pytest.mark.parametrize("address", [f"{WEEK}/new", "/staff/set-up"])
def test_two_services_of_one_name_are_told_apart(library: Library, address: str) -> None:
    for slug in ("advice-young", "advice-old"):
        make_service(library.database, library.world.authority_id, slug, name="Advice")
    page = library.sign_in(Role.AUTHORITY_ADMIN).get(address).text
    assert "Advice (advice-young)" in page
    assert "Advice (advice-old)" in page
    assert not re.search(r"Advice\s*<", page)


def test_a_person_who_is_there_twice_is_said_before_both_are_open_at_once(
    library: Library, manager: FlaskClient
) -> None:
    town, site = library.world.authority_id, library.world.site_id
    services = list(library.world.service_ids)
    ann = make_resource(library.database, town, library.other_site_id, "ann-price", name="Ann Price", kind="adviser")
    desk = make_resource(library.database, town, library.other_site_id, "desk-9", kind="desk")
    make_session(library.database, town, library.other_site_id, [ann, desk], services, slug="hers")
    make_resource(library.database, town, None, "ann-price-2", name="ann  price", kind="adviser")
    make_resource(library.database, town, site, "ben", name="Ben Cole", kind="adviser")
    said = {}
    for slug in ("ann-price-2", "ben"):
        form = check_page(manager.get(f"{WEEK}/new").text).form_to(f"{WEEK}/new")
        sent = form.values(
            resources=[slug], services=["certify"], starts="10:00", ends="12:00", repeats="weekly", weekdays=["monday"]
        )
        said[slug] = manager.post(form.action, data=sent, follow_redirects=True).text
    assert "is open at Mill Lane Library at the same time, under the same name" in said["ann-price-2"]
    assert "under the same name" not in said["ben"]


def test_sessions_are_compared_with_those_of_namesakes_alone(
    library: Library, manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of dates is written out for each comparison, and a council may have hundreds of sessions."""
    town, site = library.world.authority_id, library.world.site_id
    ben = make_resource(library.database, town, site, "ben", name="Ben Cole", kind="adviser")
    for number in range(3):
        make_session(library.database, town, site, [ben], list(library.world.service_ids), slug=f"his-{number}")
    compared: list[object] = []

    def count(*sessions: object) -> None:
        compared.append(sessions)

    monkeypatch.setattr(namesake_warnings, "overlapping", count)
    form = check_page(manager.get(f"{SITE}/sessions/his-1").text).form_to("/sessions/his-1")
    manager.post(form.action, data=form.values(ends="12:00"), follow_redirects=True)
    assert compared == []


def test_a_swap_of_two_of_one_name_is_seen_in_the_preview(library: Library, manager: FlaskClient) -> None:
    town, site = library.world.authority_id, library.world.site_id
    first = make_resource(library.database, town, site, "ann-price", name="Ann Price", kind="adviser")
    make_resource(library.database, town, site, "ann-price-2", name="Ann Price", kind="adviser")
    make_session(library.database, town, site, [first], list(library.world.service_ids), slug="hers")
    form = check_page(manager.get(f"{SITE}/sessions/hers").text).form_to("/sessions/hers")
    preview = manager.post(form.action, data=form.values(resources=["ann-price-2"]), follow_redirects=True).text
    assert "Ann Price (ann-price)" in preview
    assert "Ann Price (ann-price-2)" in preview
