"""Finding who calls, and starting a new resident."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from booking.queries.resident_feeds import has_feed
from booking.tables import Appointment
from booking.use_cases.own_calendar import make_resident_feed
from core.audit import AuditEntry
from core.clock import FixedClock
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create
from people.residents.tables import Resident, ResidentView
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.factories import make_runtime, make_world
from tests.support.pages import check_page
from tests.web.agent.conftest import Agent
from web.agent.forms import FORM_FACTS

pytestmark = pytest.mark.databases("sqlite")

FIND = "/staff/calls/find"
FIRST_NAMES = ("Ann", "Bob", "Cyd", "Dot", "Eve", "Flo", "Gus", "Hal", "Ivy", "Jim", "Kit")


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("typed", ["0999", "07700 900999", "N12 0GA", "amina.yusuf@", "Amina Yusuf 0999"])
def test_one_sure_match_opens_the_resident_at_once(agent: Agent, callers: Callers, typed: str) -> None:
    answer = agent.send(FIND, follow=False, q=typed)
    assert (answer.status_code, answer.location) == (303, f"/staff/calls/residents/{callers.people['amina']}")


def test_a_reference_opens_its_resident_however_it_is_typed(agent: Agent, callers: Callers) -> None:
    reference = callers.booked.reference
    answer = agent.send(FIND, follow=False, q=f"{reference[:4].lower()}-{reference[4:]}")
    assert answer.location == f"/staff/calls/residents/{callers.people['amina']}"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_misspelled_name_lists_those_who_may_be_meant_and_why(agent: Agent) -> None:
    page = agent.checked(agent.send(FIND, q="ameena yusif"))
    assert "Amina Yusuf" in page.text
    assert "Aminah Youssef" in page.text
    assert "sounds like this" in page.text
    assert "Do not text" in page.text


def test_nobody_found_offers_a_new_resident_with_what_was_typed(agent: Agent) -> None:
    page = agent.checked(agent.send(FIND, q="Zebedee Quux"))
    assert "Nobody found" in page.text
    form = agent.checked(agent.send("/staff/calls/new", q="Zebedee Quux")).form_to("/register")
    assert form.fields["name"] == ["Zebedee Quux"]


@pytest.mark.parametrize(("people", "is_cut"), [(10, False), (11, True)])
def test_a_search_that_stops_at_ten_says_so(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, people: int, *, is_cut: bool
) -> None:
    with database.writing() as db:
        for number in range(people):
            person = ResidentDetails(f"{FIRST_NAMES[number]} Quibble", phone=f"07700 9001{number:02}")
            find_or_create(db, callers.town.authority_id, person, clock.now(), by_staff=True)
    answer = agent.send(FIND, q="quibble")
    page = agent.checked(answer)
    assert answer.text.count('class="fd-match"') == 10
    assert ("First 10. Add a first name, telephone or postcode." in page.text) is is_cut
    with database.reading() as db:
        entry = db.scalars(select(ResidentView).where(ResidentView.purpose == "search")).one()
    assert len(entry.facts["residents"]) == 10


def test_an_empty_search_says_what_to_type(agent: Agent) -> None:
    page = agent.checked(agent.send(FIND, q="  "), 400)
    assert page.title.startswith("Error:")
    assert "Type a name" in page.text


def test_names_and_numbers_stand_in_no_address(agent: Agent) -> None:
    assert agent.checked(agent.client.get("/staff/calls/")).form_to("/find").method == "post"


@pytest.mark.databases("sqlite", "postgresql")
def test_the_form_of_a_resident_shows_every_fact_that_it_writes(
    agent: Agent, callers: Callers, database: Database
) -> None:
    """What a page leaves out would be emptied by whoever saves it, but for the language, which stays as it is."""
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"]))
        bump_plan(db, callers.town.authority_id)
    shown = agent.open("/staff/calls/new").ids
    assert [name for name in FORM_FACTS if not any(one == name or one.startswith(f"{name}-") for one in shown)] == []


def test_a_new_resident_is_stored_and_the_call_goes_on(agent: Agent, database: Database) -> None:
    fields = {"name": "Zebedee Quux", "phone": "07700 900888", "contact_preference": "letter", "leave_no_message": "y"}
    page = agent.checked(agent.send("/staff/calls/register", data=fields))
    assert page.headings == ["Zebedee Quux"]
    assert "Leave no message" in page.text
    assert "Letter" in page.text
    with database.reading() as db:
        assert db.scalar(select(Resident.phone).where(Resident.name == "Zebedee Quux")) == "07700 900888"


def test_a_resident_may_have_neither_telephone_nor_email(agent: Agent) -> None:
    page = agent.checked(agent.send("/staff/calls/register", name="Nora None", contact_preference="letter"))
    assert "None" in page.text


def test_a_wrong_number_keeps_what_was_typed(agent: Agent) -> None:
    answer = agent.send("/staff/calls/register", name="Zebedee Quux", phone="12", contact_preference="email")
    page = agent.checked(answer, 400)
    assert page.form_to("/register").fields["name"] == ["Zebedee Quux"]
    assert "Enter the whole phone number" in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_details_can_be_changed_and_the_call_goes_on_where_it_was(agent: Agent, callers: Callers) -> None:
    where = f"/staff/calls/residents/{callers.people['silent']}"
    form = agent.open(f"{where}/details?service=certify").form_to("/details")
    assert form.fields["email"] == ["silas@example.org"]
    fields = {"name": "Silas Silent", "contact_preference": "text", "phone": "07700 900666"}
    answer = agent.send(f"{where}/details?service=certify", follow=False, data=fields)
    assert answer.location == f"{where}?service=certify"
    assert "Text message" in agent.open(where).text


def test_viewing_a_resident_is_logged_once_for_a_call(agent: Agent, callers: Callers, database: Database) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    for query in ("", "?service=certify", "?service=advice"):
        agent.open(where + query)
    with database.reading() as db:
        entries = db.scalars(select(ResidentView).where(ResidentView.purpose == "call")).all()
    assert [(entry.resident_id, entry.actor_id) for entry in entries] == [(callers.people["amina"], callers.agent_id)]


def test_a_search_is_logged_with_those_it_showed(agent: Agent, callers: Callers, database: Database) -> None:
    agent.send(FIND, q="ameena yusif")
    with database.reading() as db:
        entry = db.scalars(select(ResidentView).where(ResidentView.purpose == "search")).one()
    assert set(entry.facts["residents"]) == {callers.people["amina"], callers.people["aminah"]}


def test_another_councils_agent_sees_nothing(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    other = make_world(database, slug="elsewhere")
    stranger = add_agent(database, other.authority_id, clock.now(), email="stranger@example.org")
    agent.client.set_cookie(COOKIE, sign_in(database, stranger, clock.now()))
    assert "Nobody found" in agent.checked(agent.send(FIND, q="0999")).text
    where = f"/staff/calls/residents/{callers.people['amina']}"
    for path in (where, f"{where}/details", f"{where}/appointments/{callers.booked.reference}"):
        assert agent.client.get(path).status_code == 404
    for path in ("note", "hold", "release", "confirm", f"cancel?cancel={callers.booked.reference}", "details"):
        assert agent.send(f"{where}/{path}", call_note="x", slot=callers.booked.slot_token).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("site_manager", 200), ("authority_admin", 200), ("adviser", 404)])
def test_the_policy_says_who_takes_calls(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock, role: str, status: int
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role, f"{role}@example.org")
    agent.client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    answer = agent.client.get("/staff/calls/")
    assert answer.status_code == status
    check_page(answer.text)


def test_a_guess_is_never_what_enter_takes(agent: Agent) -> None:
    page = agent.send("/staff/calls/find", q="zebedee yusuf").text
    (focused,) = [part for part in page.split("<") if " autofocus" in part]
    assert focused.startswith("h1")
    assert "None of them: start a new resident" in page


def test_a_resident_is_found_by_their_date_of_birth_in_any_writing(agent: Agent, callers: Callers) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    fields = {"name": "Amina Yusuf", "date_of_birth": "14 3 70", "contact_preference": "none"}
    assert "Born14 March 1970" in agent.checked(agent.send(f"{where}/details", data=fields)).text
    for text in ("14 March 1970", "14/03/1970"):
        assert agent.checked(agent.send("/staff/calls/find", q=text)).headings == ["Amina Yusuf"]
    wrong = agent.send(f"{where}/details", data=fields | {"date_of_birth": "31 February 1970"})
    assert "Enter a date of birth, like 14 3 1970" in agent.checked(wrong, 400).text
    kept = agent.open(f"{where}/details").form_to("/details").fields["date_of_birth"]
    assert kept == ["14 March 1970"]


def test_somebody_whom_we_may_have_is_asked_about_and_nobody_is_changed(
    agent: Agent, callers: Callers, database: Database
) -> None:
    """Father and son of one name on one landline stay two people."""
    with database.reading() as db:
        amina = db.get_one(Resident, callers.people["amina"])
        before = (amina.postcode, list(amina.support_needs), amina.email)
        typed = {"name": amina.name, "phone": amina.phone, "postcode": "N12 8LG", "contact_preference": "none"}
    asked = agent.checked(agent.send("/staff/calls/register", data=typed))
    assert "Is this the same person? Nothing is saved yet." in asked.text
    assert "N12 8LG" in asked.text
    assert ("is_somebody_else", "1") in asked.form_to("/register").buttons
    assert asked.link("go on with Amina Yusuf").endswith(f"/residents/{callers.people['amina']}")
    for _ in range(2):  # a double click
        answer = agent.send(
            "/staff/calls/register", data=typed, is_somebody_else="1", idempotency_key="k", follow=False
        )
    assert answer.location != f"/staff/calls/residents/{callers.people['amina']}"
    with database.reading() as db:
        same_name = db.scalars(select(Resident).where(Resident.name == "Amina Yusuf").order_by(Resident.id)).all()
        assert len(same_name) == 2
        assert (same_name[0].postcode, list(same_name[0].support_needs), same_name[0].email) == before


def test_every_visit_that_is_over_or_cancelled_is_listed_with_its_reference(
    agent: Agent, callers: Callers, database: Database
) -> None:
    """What an agent reads of somebody who often does not come must not stop at some number."""
    with database.writing() as db:
        row = db.get_one(Appointment, callers.booked.appointment_id)
        for number in range(13):
            starts_at = row.starts_at - timedelta(days=7 + number)
            db.add(past_appointment(row, f"PAST{number:04}", starts_at))
    text = agent.check_caller(f"/staff/calls/residents/{callers.people['amina']}").text
    assert "Earlier or cancelled (13)" in text
    assert all(f"PAST {number:04}" in text for number in range(13))


def past_appointment(row: Appointment, reference: str, starts_at: datetime) -> Appointment:
    """Another visit of the same resident, to which nobody came."""
    copied = ("authority_id", "site_id", "mode", "slot_token", "channel", "resident_id", "manage_nonce", "created_at")
    values = {name: getattr(row, name) for name in copied}
    return Appointment(
        **values,
        reference=reference,
        state="did_not_attend",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        local_date=starts_at.date(),
        support_needs=[],
        answers={},
        manage_digest=reference,
        changed_at=starts_at,
    )


def test_staff_stop_the_calendar_of_a_resident_and_what_is_typed_stays(
    agent: Agent, callers: Callers, database: Database
) -> None:
    resident = callers.people["amina"]
    at = f"/staff/calls/residents/{resident}/details"
    assert "calendar reads their appointments" not in agent.open(at).text
    runtime = make_runtime(database)
    make_resident_feed(runtime, callers.town.authority_id, resident, "amina@example.org")
    form = agent.open(at).form_to("/stop-calendar")
    answer = agent.client.post(form.action, data=form.values(name="Amina Typed"), follow_redirects=True)
    page = agent.checked(answer)
    assert "The calendar is stopped." in page.text
    assert page.form_to("/details").values()["name"] == ["Amina Typed"]
    with database.reading() as db:
        assert not has_feed(db, callers.town.authority_id, resident)
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "resident_feed_revoked")).one()
    assert entry.actor_kind == "staff"


def test_whom_a_search_may_mean_is_listed_while_it_is_typed(agent: Agent, callers: Callers, database: Database) -> None:
    """By name, by reference, and by nothing that is too short; whom it shows is on record."""
    names = [
        re.findall(r"<bdi>(.*?)</bdi>", agent.send("/staff/calls/typed", q=typed).text)
        for typed in ("yusuf ami", callers.booked.reference, "am", "zebedee quux")
    ]
    assert names == [["Amina Yusuf", "Aminah Youssef"], ["Amina Yusuf"], [], []]
    with database.reading() as db:
        shown = db.scalars(select(ResidentView.facts).where(ResidentView.purpose == "search_typed")).all()
    assert [len(facts["residents"]) for facts in shown] == [2, 1]
