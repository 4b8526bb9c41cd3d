"""The forms of what belongs to the council itself: its statements, travel times, order of the first page, reminders."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from booking.use_cases.change_set_up import current_tables
from council.reminder_presets import PRESETS
from locations.catalogue_queries import bump_plan
from people.staff.policy import Role
from tests.council.test_set_up import HOME, form_at, page_of, post, save
from tests.support.factories import catalogue, make_service
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
PRIVACY, ACCESSIBILITY = f"{HOME}/privacy/testshire", f"{HOME}/accessibility/testshire"
TRAVEL, FIRST_PAGE, COUNCIL = f"{HOME}/travel", f"{HOME}/first-page", f"{HOME}/council/testshire"


def tables(library: Library) -> dict[str, Any]:
    with library.database.reading() as db:
        return current_tables(db, library.world.authority_id)


def test_what_the_statements_say_is_changed_and_seen(library: Library, admin: FlaskClient) -> None:
    form = form_at(admin, PRIVACY)
    page = post(admin, form, 400, keep_story="900", processors="Hosts Ltd\nPrinters Ltd", registration="Z1")
    assert "it must be from 1 to 180" in page.text
    again = page.form_to(PRIVACY)
    assert again.fields["registration"] == ["Z1"]
    preview = post(admin, again, keep_story="90")
    assert "How long do you keep notes and reasons?: 90" in preview.text
    assert save(admin, preview).endswith("/privacy/testshire?saved=1")
    save(admin, post(admin, form_at(admin, ACCESSIBILITY), tested_by="A panel", prepared="2026-11-02", answer_days="5"))
    said = tables(library)
    assert said["privacy"] == {"registration": "Z1", "processors": ["Hosts Ltd", "Printers Ltd"]} | {
        "keep_days": {"story": 90}
    }
    assert said["accessibility"] == {"tested_by": "A panel", "prepared": "2026-11-02", "answer_days": 5}
    assert "Printers Ltd" in library.app.test_client().get("/testshire/privacy").text
    save(admin, post(admin, form_at(admin, PRIVACY), registration="", processors="", keep_story=""))
    assert "privacy" not in tables(library)


@pytest.mark.parametrize("written", ["24/12/2026", "24 December 2026", "2026-12-24"])
def test_a_day_and_a_time_are_taken_as_people_write_them(library: Library, admin: FlaskClient, written: str) -> None:
    site = f"{HOME}/site/high-street"
    preview = post(admin, form_at(admin, site), closed_from=written, where_to_go="Mill Lane")
    assert "Thursday 24 December 2026" in preview.text
    refused = post(admin, form_at(admin, site), 400, closed_from="Christmas")
    assert "Shut for good from: Enter a date like 24/11/2026" in refused.text
    assert refused.form_to(site).fields["closed_from"] == ["Christmas"]
    assert "20:30" in post(admin, form_at(admin, COUNCIL), quiet_from="8:30pm", quiet_until="8am").text


def test_two_who_change_council_and_statement_lose_nothing(library: Library, admin: FlaskClient) -> None:
    other = library.sign_in(Role.AUTHORITY_ADMIN, library.other_site_id)
    mine = form_at(admin, PRIVACY)
    save(other, post(other, form_at(other, COUNCIL), phone="020 7946 0000"))
    page = post(admin, mine, 409, controller="The Council of Testshire")
    assert "has changed this since you opened the form" in page.text
    save(admin, post(admin, page.form_to(PRIVACY)))
    said = tables(library)
    assert (said["authority"]["phone"], said["privacy"]["controller"]) == ("020 7946 0000", "The Council of Testshire")


def test_travel_times_are_added_changed_and_taken_away(library: Library, admin: FlaskClient) -> None:
    form = post(admin, form_at(admin, TRAVEL), add="travel").form_to("/travel")
    page = post(admin, form, 400, **{"travel-0-from": "high-street", "travel-0-minutes": "15"})
    assert "Choose to which site" in page.text
    assert page.form_to("/travel").fields["travel-0-minutes"] == ["15"]
    same: Any = {"travel-0-to": "high-street"}
    assert "from a site to itself" in post(admin, page.form_to("/travel"), 400, **same).text
    right: Any = {"travel-0-to": "mill-lane"}
    save(admin, post(admin, page.form_to("/travel"), **right))
    assert tables(library)["travel"] == [{"from": "high-street", "to": "mill-lane", "minutes": 15}]
    stale = form_at(admin, TRAVEL)
    more: Any = {"travel-0-minutes": "20"}
    preview = post(admin, stale, **more)
    assert "15" in preview.text
    back = post(admin, preview.form_to("/travel"))
    assert back.form_to("/travel").fields["travel-0-minutes"] == ["20"]
    save(admin, preview)
    assert "Somebody else has changed this" in post(admin, stale, 409, **more).text
    twice = post(admin, form_at(admin, TRAVEL), add="travel").form_to("/travel")
    double: Any = {"travel-1-from": "mill-lane", "travel-1-to": "high-street", "travel-1-minutes": "5"}
    assert "stand here twice" in post(admin, twice, 400, **double).text
    form = post(admin, form_at(admin, TRAVEL), remove_row="travel-0").form_to("/travel")
    save(admin, post(admin, form))
    assert "travel" not in tables(library)


def test_topics_and_services_stand_in_the_council_s_order(library: Library, admin: FlaskClient) -> None:
    for slug in ("aa", "bb"):
        make_service(library.database, library.world.authority_id, slug, name=slug.title())
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id)
    page = page_of(admin, FIRST_PAGE)
    assert page.form_to("/first-page").fields["order"][:2] == ["aa", "bb"]
    page = post(admin, page.form_to("/first-page"), up="service bb")
    assert page.form_to("/first-page").fields["order"][:2] == ["bb", "aa"]
    save(admin, post(admin, page.form_to("/first-page")))
    assert tables(library)["authority"]["service_order"][:2] == ["bb", "aa"]
    gone = post(admin, form_at(admin, f"{HOME}/service/bb"), remove="1")
    save(admin, gone)
    assert tables(library)["authority"]["service_order"][:1] == ["aa"]
    page = post(admin, form_at(admin, FIRST_PAGE), alphabet="1")
    save(admin, post(admin, page.form_to("/first-page")))
    assert "service_order" not in tables(library)["authority"]


def test_reminders_are_shown_with_the_times_of_an_example(admin: FlaskClient) -> None:
    page = page_of(admin, COUNCIL)
    assert "an appointment on Monday 14 December 2026 at 10:30am that is booked now" in page.text
    for time in (
        "Monday 7 December 2026 at 9am",
        "Sunday 13 December 2026 at 9am",
        "Monday 14 December 2026 at 8:30am",
    ):
        assert time in page.text
    form = page.form_to(COUNCIL)
    typed: Any = {"reminder_plan-0-days_before": "21", "reminder_plan-0-at": "12:00"}
    again = post(admin, form, add="reminder_plan", **typed)
    assert "Monday 23 November 2026 at" in again.text
    assert "Not sent: the confirmation has just said it." in again.text


@pytest.mark.parametrize(
    ("preset", "times"),
    [
        ("two", ["Monday 30 November 2026 at 9am", "Thursday 10 December 2026 at 9am"]),
        ("one", ["Wednesday 9 December 2026 at 9am"]),
    ],
)
def test_a_plan_to_start_from_shows_its_times_and_is_saved(
    library: Library, admin: FlaskClient, preset: str, times: list[str]
) -> None:
    page = post(admin, page_of(admin, COUNCIL).form_to(COUNCIL), preset=preset)
    assert re.findall(r"Reminder ?(\w+ \d+ \w+ 2026 at [0-9:]+am)", page.text) == times
    save(admin, post(admin, page.form_to(COUNCIL)))
    assert tables(library)["authority"]["reminder_plan"] == list(PRESETS[preset].reminders)


def test_what_residents_will_see_stands_beside_the_form(library: Library, admin: FlaskClient) -> None:
    service, site = f"{HOME}/service/certify", f"{HOME}/site/high-street"
    form = form_at(admin, service)
    answer = admin.post(form.action, data=form.values(look="1", name="Typed <name>", documents="A passport"))
    assert answer.status_code == 303
    page = admin.get(answer.location)
    assert form_at(admin, answer.location).fields["name"] == ["Typed <name>"]
    frame = page.text.split('<iframe class="fd-look" src="')[1].split('"')[0]
    seen = admin.get(frame)
    assert '<h1 class="govuk-heading-l">Typed &lt;name&gt;</h1>' in seen.text
    assert "A passport" in seen.text
    assert seen.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in seen.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert catalogue(library.database, library.world).service("certify").name == "Certify documents"
    assert post(admin, form, 400, look="1", duration_minutes="7").form_to(service)
    form = form_at(admin, site)
    page = admin.post(form.action, data=form.values(look="1", directions="Up the stairs"), follow_redirects=True)
    assert "Up the stairs" in admin.get(page.text.split('class="fd-look" src="')[1].split('"')[0]).text
    other = library.sign_in(Role.AUTHORITY_ADMIN, library.other_site_id)
    assert other.get(frame).status_code == 404


def test_the_postcode_gives_the_place_until_somebody_knows_better(library: Library, admin: FlaskClient) -> None:
    site = f"{HOME}/site/high-street"
    save(admin, post(admin, form_at(admin, site), postcode="NW11 8HE", easting="", northing=""))
    assert "The postcode lies at easting 524711, northing 187742." in page_of(admin, site).text
    found = catalogue(library.database, library.world).site("high-street")
    assert (found.easting, found.northing) == (524711, 187742)
    form = form_at(admin, site)
    assert "needs both easting and northing" in post(admin, form, 400, easting="525000").text
    save(admin, post(admin, form, easting="525000", northing="188000"))
    found = catalogue(library.database, library.world).site("high-street")
    assert (found.easting, found.northing) == (525000, 188000)
    assert form_at(admin, site).fields["easting"] == ["525000"]
    save(admin, post(admin, form_at(admin, site), easting="", northing=""))
    found = catalogue(library.database, library.world).site("high-street")
    assert (found.easting, found.northing) == (524711, 187742)


def test_what_takes_the_place_of_a_service_is_chosen_from_the_others(library: Library, admin: FlaskClient) -> None:
    place = f"{HOME}/service/certify"
    form = form_at(admin, place)
    others = {one.slug for one in catalogue(library.database, library.world).services} - {"certify"}
    assert set(form.choices["successor"]) == {"", *others}
    save(admin, post(admin, form, closed_from="2027-03-01", successor="advice"))
    assert form_at(admin, place).fields["successor"] == ["advice"]
    kept = next(one for one in tables(library)["services"] if one["slug"] == "certify")
    assert (kept["closed_from"], kept["successor"]) == ("2027-03-01", "advice")
