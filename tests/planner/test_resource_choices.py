"""Lists to choose from, where somebody of the council has the name of somebody of the site."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from tests.planner.test_week import WEEK
from tests.support.factories import make_resource, make_session
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
