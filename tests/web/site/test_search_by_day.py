"""Site staff look an appointment up by what it is about and its day, at their own site alone."""

from __future__ import annotations

import pytest

from people.residents.details import ResidentDetails
from people.staff.policy import Role
from tests.web.site.conftest import NINE, Library

pytestmark = pytest.mark.databases("sqlite")


def test_site_staff_find_by_its_day_what_is_at_their_own_site(library: Library) -> None:
    library.book(60, resident=ResidentDetails("Robin Sample"))
    query = f"/staff/calls/appointments?service=certify&day={NINE.date()}"
    here = library.sign_in(Role.SITE_STAFF, library.world.site_id).get(query)
    assert "Robin Sample" in here.text
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id).get(query)
    assert "Robin Sample" not in elsewhere.text
    assert library.sign_in(Role.ADVISER, library.world.site_id).get(query).status_code == 404
