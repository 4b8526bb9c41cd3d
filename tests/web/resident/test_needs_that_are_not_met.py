"""A need that a place or a time does not meet is said before and after booking, with a way to what meets it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from locations.tables import Authority, Service, Site
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.usefixtures("town")]


def ask_for(visitor: Visitor, *needs: str) -> None:
    """Say on the appointment's page what would help."""
    visitor.follow("Change the help you need")
    visitor.send("/needs", need=list(needs))


def test_a_need_that_the_place_cannot_meet_is_said_and_leads_to_a_place_that_can(visitor: Visitor):
    book_one(visitor, day="2026-12-02")
    visitor.follow("See, change or cancel this appointment")
    ask_for(visitor, "step-free", "hearing-loop")
    text = visitor.page.text
    assert "This appointment does not have all of it yet." in text
    assert "This place has no step-free access." in text
    assert "This place has no hearing loop." in text
    assert "Step-free access: not at this place" in text
    assert "You still have this appointment." in text
    visitor.follow("Choose another time or place")
    assert (
        "You need: Step-free access and Hearing loop. We show times only at places that have it." in visitor.page.text
    )
    assert "No step-free access" in visitor.page.text
    visitor.follow("Riverside Community Hub")
    assert visitor.page.headings == ["Choose a day"]
    visitor.send("/move")
    visitor.send("/move")
    assert "not at this place" not in visitor.page.text
    assert "Riverside Community Hub" in visitor.page.text


def test_extra_time_is_not_kept_as_a_word_but_offered_as_time(database: Database, town: Town, visitor: Visitor):
    book_one(visitor, day="2026-12-02")
    visitor.follow("See, change or cancel this appointment")
    ask_for(visitor, "extra-time")
    assert "Your appointment is not long enough for extra time." in visitor.page.text
    assert "Extra time: not booked yet" in visitor.page.text
    longer = next(text for text, _ in visitor.page.links if text.startswith("Make it longer"))
    visitor.follow(longer)
    assert "How long 45 minutes" in visitor.page.text.replace("\n", " ")
    visitor.send("/move")
    assert "not booked yet" not in visitor.page.text
    with database.reading() as db:
        booked = db.scalars(select(Appointment)).one()
    assert (booked.ends_at - booked.starts_at).total_seconds() == 45 * 60
    assert booked.support_needs == ["extra-time"]


@pytest.mark.parametrize("page", ["/when", "/times"])
def test_a_place_that_never_meets_a_need_gives_no_hope_of_a_free_time(visitor: Visitor, page: str):
    visitor.open(f"{page}?service=certify&site=high-street&mode=in_person&need=step-free&day=2026-12-02")
    assert "This place has no step-free access." in visitor.page.text
    for hope in ("look again tomorrow", "Nothing is free at the moment", "Every time on this day is taken", "full"):
        assert hope not in visitor.page.text
    assert "Choose a place that has it" in [text for text, _ in visitor.page.links]


def test_what_a_place_has_stands_beside_it_before_it_is_chosen(visitor: Visitor):
    visitor.open("/where?service=certify")
    text = visitor.page.text
    assert "Step-free access, Hearing loop" in text
    assert "You need" not in text


@pytest.mark.parametrize("need", ["step-free", "hearing-loop"])
def test_what_only_a_room_can_have_takes_no_telephone_from_anybody(visitor: Visitor, need: str):
    visitor.open(f"/where?service=advice&need={need}")
    assert {"By phone", "By video"} <= {text for text, _ in visitor.page.links}


def test_how_to_get_in_is_read_before_it_is_booked(database: Database, visitor: Visitor):
    with database.writing() as db:
        db.execute(update(Site).values(directions="Ring the bell.", plan_version=Site.plan_version + 1))
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    assert "Ring the bell." in visitor.page.text


def test_nobody_is_asked_about_stairs_for_a_call(visitor: Visitor, database: Database):
    visitor.open("/needs?service=advice")
    assert "No stairs, or a lift or ramp" in visitor.page.text
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == "advice").values(modes=["phone", "video"]))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    visitor.open("/needs?service=advice")
    assert "Extra time" in visitor.page.text
    assert "No stairs" not in visitor.page.text
    assert "Hearing loop" not in visitor.page.text
    visitor.open("/needs?service=advice&need=step-free")
    assert "No stairs, or a lift or ramp" in visitor.page.text, "who has said so can take it back"
