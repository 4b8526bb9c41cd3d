"""The day list says how far each person to rebook is: offered another time until when, said no, or to ring."""

from __future__ import annotations

import pytest

from booking.use_cases.offers import decline_proposal, make_offers, request_offers
from core.audit import Actor
from people.staff.policy import Role
from reminders.reach_queries import can_be_told
from tests.support.pages import check_page
from tests.web.manage.conftest import book_tomorrow, shut_tomorrow
from tests.web.site.conftest import SITE, Library

pytestmark = pytest.mark.databases("sqlite")


def test_everybody_to_rebook_stands_there_with_their_state(library: Library) -> None:
    book_tomorrow(library, 0)
    (declined,) = book_tomorrow(library, 60)
    book_tomorrow(library, 120, phone="07700 900123")
    closure, council = shut_tomorrow(library), library.world.authority_id
    request_offers(library.runtime, council, closure, actor=Actor.system())
    make_offers(library.runtime, can_be_told, closure_id=closure)
    decline_proposal(library.runtime, council, declined, actor=Actor.resident())
    staff = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    lines = check_page(staff.get(f"{SITE}/days/2026-11-24").text).text.split("The boiler is broken (")[1:4]
    assert lines[0].startswith("offered another time until Wed 25 Nov 7am)")
    assert lines[1].startswith("said no to the other time)")
    assert lines[2].startswith("to ring)")
