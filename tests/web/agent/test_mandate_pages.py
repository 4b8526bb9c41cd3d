"""The pages of who may act for a resident, and what a call says of them; without scripts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from booking.tables import Appointment
from booking.use_cases.mandates import end_mandate, note_mandate
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.tokens import spoken_reference
from people.residents.mandate_rules import BE_TOLD, BOOK, POWERS, Mandated
from people.residents.tables import Mandate, Representative, ResidentView
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.factories import make_world
from tests.support.pages import Page
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

CALLS = "/staff/calls"
TODAY = datetime(2026, 11, 23, tzinfo=UTC).date()
CARER = Mandated("Carla Carer", "carer", "letter", POWERS, date(2027, 6, 30), "07700 900555", "carla@example.org")
UNCLEAR = "Not noted that they may book and change visits: ask the resident"
TYPED = {"name": ["Carla Carer"], "basis": ["carer"], "phone": ["07700 900555"], "email": [""], "proof": ["letter"]}
STALE = "Somebody else has changed who may act since you opened this page. Nothing was saved."


@pytest.fixture
def amina(callers: Callers) -> str:
    """The address of Amina's call."""
    return f"{CALLS}/residents/{callers.people['amina']}"


def note(agent: Agent, callers: Callers, given: Mandated = CARER, *, today: date = TODAY, seen: int = 0) -> int:
    """A colleague notes that somebody may act for Amina."""
    runtime = agent.client.application.extensions[EXTENSION]
    whose = (runtime, callers.town.authority_id, callers.people["amina"])
    return note_mandate(*whose, given, today=today, seen=seen, actor=colleague(callers))


def colleague(callers: Callers) -> Actor:
    """Who is at the next desk."""
    return Actor("staff", callers.agent_id, "Agnes Agent")


@pytest.mark.databases("sqlite", "postgresql")
def test_from_the_call_it_is_noted_changed_and_ended(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    where = f"{amina}/may-act"
    assert agent.client.get(where).location.endswith(f"{amina}#caller-check-title")
    call = agent.check_caller(amina)
    assert where in [href for _, href in call.links]
    page = agent.open(where)
    assert "Nobody is noted who may act for them" in page.text
    form = page.form_to(where)
    wrong = agent.checked(
        agent.client.post(where, data=form.values(**TYPED | {"proof": [], "valid_until": ["x"]})), 400
    )
    assert "Choose which proof you have seen" in wrong.text
    assert wrong.form_to(where).fields["name"] == ["Carla Carer"]
    assert wrong.form_to(where).fields["valid_until"] == ["x"]
    values = form.values(**TYPED, valid_until=["2026-12-03"], powers=["book", "be_told"])
    done = agent.checked(agent.client.post(where, data=values, follow_redirects=True))
    assert "It is noted." in done.text
    assert "May book or change visits and be told about visits, until" in done.text
    assert "Signed letter of authority, noted by Agnes Agent on" in done.text
    again = agent.checked(agent.client.post(where, data=values), 409)
    assert STALE in again.text
    assert again.form_to(where).fields["name"] == ["Carla Carer"]
    with database.reading() as db:
        mandate = db.scalars(select(Mandate)).one().id
        assert "mandates" in set(db.scalars(select(ResidentView.purpose)))
    one = agent.open(f"{where}/{mandate}")
    change = one.form_to(f"{where}/{mandate}")
    assert (change.fields["basis"], change.fields["powers"]) == (["carer"], ["book", "be_told"])
    changed = agent.client.post(f"{where}/{mandate}", data=change.values(powers=["discuss"]), follow_redirects=True)
    assert "May speak about the case, until" in agent.checked(changed).text
    old = agent.client.post(f"{where}/{mandate}", data=change.values(name=["Carla Typed"]))
    stale = agent.checked(old, 409)
    assert STALE in stale.text
    assert stale.form_to(f"{where}/{mandate}").fields["name"] == ["Carla Typed"]
    end = stale.form_to(f"{where}/{mandate}/end")
    agent.checked(agent.client.post(f"{where}/{mandate}/end", data=end.values(why=[""])), 400)
    ended = agent.client.post(
        f"{where}/{mandate}/end", data=end.values(why=["The letter was withdrawn"]), follow_redirects=True
    )
    assert "They may not act any more." in agent.checked(ended).text
    assert "The letter was withdrawn" in ended.text
    assert "No longer: ended on" in agent.open(amina).text
    late = agent.checked(agent.client.post(f"{where}/{mandate}/end", data=end.values(why=["Again"])), 409)
    assert STALE in late.text
    anew = late.form_to(where)
    assert (anew.fields["name"], anew.fields.get("proof", [])) == (["Carla Carer"], [])
    noted = agent.client.post(where, data=anew.values(proof=["court"], powers=["book"]), follow_redirects=True)
    assert "It is noted." in agent.checked(noted).text


def test_the_card_says_who_on_which_proof_until_when_and_what_not_to_say(
    agent: Agent, callers: Callers, amina: str
) -> None:
    first = note(agent, callers, replace(CARER, powers=(BOOK,), valid_until=TODAY + timedelta(days=12)))
    text = agent.open(amina).text
    assert "May act for them:" in text
    assert "Ends in 12 days" in text
    assert "Do not say to them: when, where or for what a visit is" in text
    assert "Do not say to them: anything about the case" in text
    assert text.index("Carla Carer") < text.index("Hodan Yusuf")
    note(
        agent,
        callers,
        replace(CARER, name="Otto Old", valid_until=date(2026, 11, 1)),
        today=date(2026, 10, 1),
        seen=first,
    )
    text = agent.open(amina).text
    assert "No longer: ended on" in text
    assert text.index("Carla Carer") < text.index("Otto Old") < text.index("Hodan Yusuf")


def held(agent: Agent, where: str, number: int = 0) -> str:
    """The call with a held time; its query."""
    token, _ = agent.slots(f"{where}?service=certify")[number]
    agent.checked(agent.send(f"{where}/hold?service=certify", slot=token))
    return f"{where}?service=certify"


def callers_in(page: Page) -> list[str]:
    """Who is offered as the one who calls."""
    return page.form_to("/confirm").choices["caller"]


def booked_by(database: Database) -> list[tuple[str, str, str, str]]:
    """Who acts in the appointments, the latest last."""
    acting = select(Representative).join(Appointment, Appointment.representative_id == Representative.id)
    with database.reading() as db:
        rows = db.scalars(acting.order_by(Appointment.id)).all()
        return [(row.name, row.basis, row.phone, row.email) for row in rows]


def test_one_click_books_with_what_is_noted(agent: Agent, callers: Callers, database: Database, amina: str) -> None:
    mandate = note(agent, callers)
    agent.check_caller(amina)
    offered = callers_in(agent.open(held(agent, amina)))
    assert offered[:2] == ["self", f"may-{mandate}"]
    assert offered[2].startswith("rep-")
    agent.checked(agent.send(f"{amina}/confirm?service=certify", caller=f"may-{mandate}", idempotency_key="k"))
    name, basis, phone, email = booked_by(database)[-1]
    assert (name, basis, email) == ("Carla Carer", "carer", "carla@example.org")
    assert phone.replace(" ", "").endswith("900555")


def test_whoever_may_not_be_told_gets_nothing_sent(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    mandate = note(agent, callers, replace(CARER, powers=(BOOK,)))
    agent.check_caller(amina)
    held(agent, amina)
    done = agent.send(f"{amina}/confirm?service=certify", caller=f"may-{mandate}", idempotency_key="k")
    said = "Not noted that Carla Carer may be told about visits: read it out to the resident alone"
    assert said in agent.checked(done).text
    assert booked_by(database)[-1] == ("Carla Carer", "carer", "", "")


@pytest.mark.parametrize("kind", ["expired", "without", "ended", "unknown"])
def test_who_may_not_book_is_not_offered_and_never_used(
    agent: Agent, callers: Callers, database: Database, amina: str, kind: str
) -> None:
    """Nor in a call in which they were chosen before a colleague ended it."""
    given, today = {
        "expired": (replace(CARER, valid_until=date(2026, 11, 1)), date(2026, 10, 1)),
        "without": (replace(CARER, powers=(BE_TOLD,)), TODAY),
        "ended": (CARER, TODAY),
        "unknown": (CARER, TODAY),
    }[kind]
    mandate = note(agent, callers, given, today=today)
    agent.check_caller(amina)
    query = held(agent, amina)
    if kind == "ended":
        agent.send(f"{amina}/stay?service=certify", caller=f"may-{mandate}")
        runtime = agent.client.application.extensions[EXTENSION]
        whose = (runtime, callers.town.authority_id, callers.people["amina"], mandate)
        end_mandate(*whose, "Withdrawn", seen=1, actor=colleague(callers))
    elif kind != "unknown":
        page = agent.open(query)
        assert f"may-{mandate}" not in callers_in(page)
        assert (UNCLEAR if kind == "without" else "No longer: ended on") in page.text
    number = mandate + 1 if kind == "unknown" else mandate
    before = len(booked_by(database))
    answer = agent.send(f"{amina}/confirm?service=certify", caller=f"may-{number}", idempotency_key="k")
    refused = agent.checked(answer, 400)
    said = "That is not noted of this resident." if kind == "unknown" else "It is not noted that Carla Carer may book"
    assert said in refused.text
    assert len(booked_by(database)) == before


def test_who_acted_before_and_may_not_any_more_is_not_used_either(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    """Hodan booked Amina's visit; then it is noted that she may only be told of it."""
    agent.check_caller(amina)
    query = held(agent, amina)
    with database.reading() as db:
        hodan = f"rep-{db.scalars(select(Representative)).one().id}"
    assert hodan in callers_in(agent.open(query))
    note(agent, callers, replace(CARER, name="Hodan Yusuf", basis="family", powers=(BE_TOLD,)))
    page = agent.open(query)
    assert hodan not in callers_in(page)
    assert UNCLEAR in page.text
    refused = agent.checked(agent.send(f"{amina}/confirm?service=certify", caller=hodan, idempotency_key="k"), 400)
    assert "It is not noted that Hodan Yusuf may book" in refused.text
    moving = agent.open(f"{amina}?cancel={callers.booked.reference}")
    assert UNCLEAR in moving.text


def test_the_other_council_sees_nothing(
    agent: Agent, callers: Callers, database: Database, app: Flask, clock: FixedClock, amina: str
) -> None:
    mandate = note(agent, callers)
    elsewhere = make_world(database, slug="elsewhere").authority_id
    stranger = add_agent(database, elsewhere, clock.now(), email="stranger@example.org")
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, stranger, clock.now()))
    for path in (f"{amina}/may-act", f"{amina}/may-act/{mandate}"):
        assert client.get(path).status_code == 404


def test_site_staff_note_it_at_the_counter(
    agent: Agent, callers: Callers, database: Database, app: Flask, clock: FixedClock, amina: str
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role="site_staff")
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    counter = Agent(client)
    counter.check_caller(amina)
    form = counter.open(f"{amina}/may-act").form_to(f"{amina}/may-act")
    values = form.values(**TYPED, powers=["book"])
    done = counter.checked(counter.client.post(f"{amina}/may-act", data=values, follow_redirects=True))
    assert "no last day noted" in done.text


def end(agent: Agent, callers: Callers, mandate: int) -> None:
    """A colleague ends it."""
    runtime = agent.client.application.extensions[EXTENSION]
    whose = (runtime, callers.town.authority_id, callers.people["amina"], mandate)
    end_mandate(*whose, "Withdrawn", seen=1, actor=colleague(callers))


def test_the_page_says_which_visits_are_told_to_them_and_who_is_told_from_then_on(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    mandate = note(agent, callers)
    agent.check_caller(amina)
    held(agent, amina, 3)
    agent.checked(agent.send(f"{amina}/confirm?service=certify", caller=f"may-{mandate}", idempotency_key="k"))
    where = f"{amina}/may-act/{mandate}"
    page = agent.open(where)
    with database.reading() as db:
        reference = db.scalars(select(Appointment.reference).order_by(Appointment.id.desc()).limit(1)).one()
    assert "They are told about these visits" in page.text
    assert spoken_reference(reference) in page.text
    assert "Who will be told from then on" in page.text
    assert "Amina" in page.text.partition("Who will be told from then on")[2]
    assert "Carla" not in page.text.partition("Who will be told from then on")[2].partition("Who may act")[0]
    form = page.form_to(f"{where}/end")
    agent.checked(agent.client.post(f"{where}/end", data=form.values(why=["Withdrawn"]), follow_redirects=True))
    assert "They are told about these visits" not in agent.open(where).text
    done = agent.client.get(f"{amina}/done/{reference}", follow_redirects=True)
    assert "carla@example.org" not in done.text


def test_whoever_was_ended_is_not_named_anew_without_a_question(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    """Once; and they are not written to all the same."""
    end(agent, callers, note(agent, callers))
    agent.check_caller(amina)
    held(agent, amina)
    before = len(booked_by(database))
    typed: dict[str, Any] = {
        "caller": "other",
        "rep_name": "Carla Carer",
        "rep_basis": "carer",
        "rep_email": "carla@example.org",
    }
    asked = agent.checked(agent.send(f"{amina}/confirm?service=certify", **typed, idempotency_key="k"), 400)
    assert "It is noted that Carla Carer may not book" in asked.text
    assert "The resident has agreed just now" in asked.text
    assert len(booked_by(database)) == before
    other = agent.send(f"{amina}/confirm?service=certify", **typed, rep_agreed="Hodan Yusuf", idempotency_key="k")
    assert other.status_code == 400
    told = asked.text.partition("Who will be told")[2]
    assert "Carla Carer: Confirmation" not in told
    done = agent.send(f"{amina}/confirm?service=certify", **typed, rep_agreed="Carla Carer", idempotency_key="k")
    assert "by email to Carla" not in agent.checked(done).text
    assert len(booked_by(database)) == before + 1


def test_who_acted_before_is_reached_as_it_is_noted_now(
    agent: Agent, callers: Callers, database: Database, amina: str
) -> None:
    """Chosen as who acted before, and noted meanwhile: they may book, and not be told."""
    agent.check_caller(amina)
    held(agent, amina)
    with database.reading() as db:
        hodan = f"rep-{db.scalars(select(Representative)).one().id}"
    agent.send(f"{amina}/stay?service=certify", caller=hodan)
    note(agent, callers, replace(CARER, name="Hodan Yusuf", basis="family", powers=(BOOK,), phone="", email=""))
    agent.checked(agent.send(f"{amina}/confirm?service=certify", caller=hodan, idempotency_key="k"))
    assert booked_by(database)[-1] == ("Hodan Yusuf", "family", "", "")
