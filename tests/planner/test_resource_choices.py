"""Lists to choose from, where somebody of the council has the name of somebody of the site."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.planner.test_week import WEEK
from tests.support.factories import make_resource, make_service, make_session
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


def test_two_services_of_one_name_are_told_apart(library: Library, manager: FlaskClient) -> None:
    for slug in ("advice-young", "advice-old"):
        make_service(library.database, library.world.authority_id, slug, name="Advice")
    page = manager.get(f"{WEEK}/new").text
    assert "Advice (advice-young)" in page
    assert "Advice (advice-old)" in page
    assert not re.search(r"Advice\s*<", page)
