"""The home page of staff: what needs doing, today's figures, what comes next, and one search for people and pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.tables import Appointment
from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from locations.catalogue_queries import catalogue_by_id
from people.residents.tables import ResidentView
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import StaffRole
from reminders.delivery_decisions import WITHHELD
from reminders.reasons import NO_ADDRESS
from reminders.tables import Notification
from tests.conftest import NOW
from tests.support.callers import Callers, add_agent, book_for, sign_in
from tests.support.factories import make_site
from tests.support.pages import Page, check_page
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")
HALF_PAST = NOW + timedelta(minutes=30)


@pytest.fixture
def visits(callers: Callers, database: Database) -> list[str]:
    """The references of three visits of today at the hub, two of them at the same time."""
    agent = Actor("staff", callers.agent_id, "Agnes Agent")
    people = [callers.people[name] for name in ("amina", "norbert", "norbert")]
    times = [HALF_PAST, HALF_PAST, HALF_PAST + timedelta(hours=1)]
    booked = [
        book_for(database, callers.town, person, at, agent, NOW) for person, at in zip(people, times, strict=True)
    ]
    return [one.reference for one in booked]


def home_of(client: FlaskClient, callers: Callers, database: Database, role: Role, site: str = "") -> Agent:
    """Somebody with this role, at one site or all, signed in."""
    staff_id = add_agent(
        database, callers.town.authority_id, NOW, role.value, f"{site or 'all'}.{role.value}@example.org"
    )
    if site:
        with database.writing() as db:
            db.scalars(select(StaffRole).where(StaffRole.staff_id == staff_id)).one().site_id = callers.town.sites[site]
    client.set_cookie(COOKIE, sign_in(database, staff_id, NOW))
    return Agent(client)


def test_site_staff_see_who_comes_next_and_the_access_is_on_record(
    callers: Callers, visits: list[str], database: Database, client: FlaskClient
) -> None:
    page = home_of(client, callers, database, Role.SITE_STAFF, "hub").open("/staff/")
    assert "9:30am" in page.text
    assert "Norbert" in page.text
    assert any(href == f"/staff/sites/riverside-hub/days/{NOW.date()}#{visits[0]}" for _text, href in page.links)
    with database.reading() as db:
        seen = db.scalars(select(ResidentView).where(ResidentView.purpose == "staff_home")).one()
    assert set(seen.facts["residents"]) == {callers.people["amina"], callers.people["norbert"]}


def test_nobody_of_another_site_is_shown(
    callers: Callers, visits: list[str], database: Database, client: FlaskClient
) -> None:
    other = next(site for site in callers.town.sites if site != "hub")
    page = home_of(client, callers, database, Role.SITE_STAFF, other).open("/staff/")
    assert page.headings[0] == "Staff home"
    assert "Norbert" not in page.text
    assert not any("riverside-hub" in href for _text, href in page.links)


def test_figures_are_those_of_the_clock(
    callers: Callers, visits: list[str], database: Database, client: FlaskClient, clock: FixedClock
) -> None:
    manager = home_of(client, callers, database, Role.SITE_MANAGER, "hub")
    before = {"To come": "3", "Waiting": "0", "Late": "0", "Not recorded": "0", "Being seen": "0", "Free gaps": "5"}
    assert figures(manager) == before
    with database.writing() as db:
        db.execute(update(Appointment).where(Appointment.reference == visits[0]).values(state="arrived"))
    clock.instant = HALF_PAST + timedelta(minutes=5)
    assert figures(manager) | {"Free gaps": ""} == before | {
        "To come": "1",
        "Waiting": "1",
        "Late": "1",
        "Free gaps": "",
    }
    clock.instant = HALF_PAST + timedelta(minutes=45)
    assert [figures(manager)[name] for name in ("Late", "Not recorded")] == ["0", "1"]
    home = manager.open("/staff/")
    gaps = next(href for text, href in home.links if "Free gaps, Riverside" in text)
    assert f"Free gaps ({figures(manager)['Free gaps']})" in manager.open(gaps).text


def figures(agent: Agent) -> dict[str, str]:
    """The first figures of the only site in the table, by their labels."""
    found = re.findall(r'data-label="([^"]+)">(?:<a [^>]+>)?(?:<strong>)?(\d+)', agent.client.get("/staff/").text)
    return dict(found[:6])


def test_people_to_ring_lead_to_their_lists(
    callers: Callers, visits: list[str], database: Database, client: FlaskClient
) -> None:
    runtime = client.application.extensions[EXTENSION]
    shut = NewClosure(NOW, NOW + timedelta(hours=5), "No heating", site="riverside-hub")
    make_closure(runtime, callers.town.authority_id, shut, actor=Actor.system())
    with database.writing() as db:
        db.execute(update(Notification).values(status=WITHHELD, reason=NO_ADDRESS, closed_at=NOW))
    page = home_of(client, callers, database, Role.AUTHORITY_ADMIN).open("/staff/")
    assert page.link("Ring 3 people whose appointments cannot take place") == "/staff/to-ring"
    told = next(href for text, href in page.links if text.startswith("Ring or write to"))
    assert told == "/staff/untold"
    assert page.link("No reminders are going out: the scheduler is not running.") == "/staff/ledger"
    agent = home_of(client, callers, database, Role.TRIAGE_AGENT).open("/staff/")
    assert agent.link("Ring 3 people whose appointments cannot take place") == "/staff/to-ring"
    assert "scheduler" not in agent.text
    staff = home_of(client, callers, database, Role.SITE_STAFF, "hub").open("/staff/")
    assert "cannot take place" not in staff.text


def test_a_session_that_nobody_holds_is_a_figure_that_leads_to_its_list(
    callers: Callers, database: Database, client: FlaskClient
) -> None:
    manager = home_of(client, callers, database, Role.SITE_MANAGER, "hub")
    assert "lacks what it needs" not in manager.open("/staff/").text
    assert "Every session has what it needs." in manager.open("/staff/unstaffed").text
    runtime, wednesday = client.application.extensions[EXTENSION], NOW + timedelta(days=2)
    with database.reading() as db:
        site = next(one for one in catalogue_by_id(db, callers.town.authority_id).sites if one.slug == "riverside-hub")
    for resource in site.resources:
        shut = NewClosure(wednesday, wednesday + timedelta(hours=12), "", site=site.slug, resource=resource.slug)
        make_closure(runtime, callers.town.authority_id, shut, actor=Actor.system())
    href = manager.open("/staff/").link("1 session of the next seven days has nobody, or lacks what it needs")
    page = manager.open(href)
    assert "Not everything is there that it takes for: " in page.text
    other = next(name for name in callers.town.sites if name != "hub")
    assert "Every session has" in home_of(client, callers, database, Role.SITE_MANAGER, other).open(href).text


SET_UP = "/staff/set-up"


def field_of(form: str, name: str) -> str:
    """The address of a field, whose part of the form is open there."""
    return f"{SET_UP}/{form}?part={name}#{name}"


FOUND: dict[Role, dict[str, str | None]] = {
    Role.SITE_MANAGER: {
        "riverside": "/staff/sites/riverside-hub/today",
        "housing adv": "/testshire/services/advice",
        "colleag": "/staff/colleagues",
        "hub 2": "/staff/sites/riverside-hub/resources/hub-2",
        "rota": "/staff/sites/riverside-hub/rota",
        "somebody is ill": "/staff/sites/riverside-hub/away",
        "swap": "/staff/sites/riverside-hub/week/move",
        "closures": "/staff/closures",
        "brand colour": None,
        "desks high street": None,
    },
    Role.TRIAGE_AGENT: {"riverside": "/testshire/sites/riverside-hub", "rota": None, "logo": None},
    Role.AUTHORITY_ADMIN: {
        "reminder": field_of("council/testshire", "reminder_plan"),
        "brand colour": field_of("council/testshire", "brand_colour"),
        "telephone": field_of("council/testshire", "phone"),
        "missed visits cost": field_of("council/testshire", "text_pence"),
        "logo": f"{SET_UP}/logo",
        "welsh": field_of("council/testshire", "languages"),
        "quiet hours": field_of("council/testshire", "quiet_from"),
        "bank holidays": f"{SET_UP}/holidays",
        "closures": "/staff/closures",
        "housing adv": f"{SET_UP}/service/advice",
        "documents housing": field_of("service/advice", "documents"),
        "what must people bring": f"{SET_UP}#service",
        "entrance riverside": field_of("site/riverside-hub", "directions"),
        "data protection": field_of("privacy/testshire", "officer_email"),
        "topic": f"{SET_UP}/first-page",
    },
    Role.ADVISER: {
        "riverside": "/staff/sites/riverside-hub/today",
        "housing": "/testshire/services/advice",
        "logo": None,
    },
}


@pytest.mark.parametrize("role", FOUND)
def test_one_search_finds_people_places_pages_and_settings_that_somebody_may_open(
    callers: Callers, database: Database, client: FlaskClient, role: Role
) -> None:
    somebody = home_of(client, callers, database, role, "" if role is Role.AUTHORITY_ADMIN else "hub")
    form = next(one for one in somebody.open("/staff/").forms if "q" in one.fields)

    def find(typed: str) -> Page:
        if form.method == "get":
            return somebody.checked(client.get(form.action, query_string={"q": typed}))
        return somebody.checked(client.post(form.action, data=form.values(q=typed), follow_redirects=True))

    for typed, link in FOUND[role].items():
        links = [href for _text, href in find(typed).links]
        if link is None:
            assert not any(href.startswith((SET_UP, "/staff/sites/")) for href in links), (typed, links)
        else:
            assert link in links, (typed, links)
        for href in links:
            assert href.startswith("#") or client.get(href).status_code in (200, 302, 303), href
    if role is not Role.ADVISER:
        assert "Amina" in find("amin").text


def test_the_last_day_of_known_bank_holidays_is_an_alarm_a_year_ahead(
    callers: Callers, database: Database, client: FlaskClient, clock: FixedClock
) -> None:
    words = "Bank holidays are known until"
    assert words not in home_of(client, callers, database, Role.AUTHORITY_ADMIN).open("/staff/").text
    clock.instant = datetime(2028, 2, 1, 9, tzinfo=UTC)
    client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.instant))
    assert words not in check_page(client.get("/staff/").text).text
    admin = add_agent(database, callers.town.authority_id, clock.instant, "authority_admin", "late@example.org")
    client.set_cookie(COOKIE, sign_in(database, admin, clock.instant))
    assert words in check_page(client.get("/staff/").text).text


def test_many_sites_have_a_list_of_their_own(callers: Callers, database: Database, client: FlaskClient) -> None:
    for number in range(60):
        make_site(database, callers.town.authority_id, f"branch-{number:02}", name=f"Branch {number:02}", easting=None)
    admin = home_of(client, callers, database, Role.AUTHORITY_ADMIN)
    home = admin.open("/staff/")
    assert f"And {60 + len(callers.town.sites) - 20} more sites." in home.text
    assert not any(text.startswith("Feeds of") for text, _href in home.links)
    first, last = admin.open("/staff/sites"), admin.open("/staff/sites?page=99")
    names = [text for page in (first, last) for text, _href in page.links if text.startswith("Today, ")]
    assert len(names) == len(set(names)) == 60 + len(callers.town.sites)
    found = admin.open("/staff/sites?name=branch+07")
    assert [href for text, href in found.links if text.startswith("Week")] == ["/staff/sites/branch-07/week"]
    assert "No site is called like that." in admin.open("/staff/sites?name=nowhere").text
