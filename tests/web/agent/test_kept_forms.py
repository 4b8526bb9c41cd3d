"""What is typed about nobody's call yet is kept, and a record that two people change keeps what each has changed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.database import Database
from people.residents.record_merge import merge
from people.residents.tables import ContactNote, Resident
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.pages import Page, read_page
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

TYPED = {"name": "Zebedee Quux", "phone": "07700 900888", "date_of_birth": "14 3 70", "support_needs": "bsl"}


def new_form(agent: Agent) -> tuple[str, str]:
    """The address of a new resident's form, and the key under which it is kept."""
    address = str(agent.client.get("/staff/calls/new").location)
    return address, address.rpartition("/")[2]


def test_the_list_of_a_search_has_an_address_without_what_was_searched_for(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    answer = agent.send("/staff/calls/find", q="ameena yusif", follow=False)
    assert answer.status_code == 303
    assert "ameena" not in answer.location
    assert "Amina Yusuf" in agent.open(answer.location).text
    assert "Amina Yusuf" in agent.open(answer.location).text  # Back shows it again
    clock.advance(timedelta(hours=2))
    agent.client.set_cookie(COOKIE, sign_in(database, callers.agent_id, clock.now()))
    assert agent.client.get(answer.location).location == "/staff/calls/"


def test_a_search_is_nobody_elses(agent: Agent, callers: Callers, database: Database, clock: FixedClock) -> None:
    address = agent.send("/staff/calls/find", q="ameena yusif", follow=False).location
    other = add_agent(database, callers.town.authority_id, clock.now(), email="other@example.org")
    agent.client.set_cookie(COOKIE, sign_in(database, other, clock.now()))
    assert agent.client.get(address).location == "/staff/calls/"


@pytest.mark.parametrize("way", ["keep", "find", "new", "stay"])
def test_a_half_typed_new_resident_is_kept_on_every_way_off_the_page(agent: Agent, way: str) -> None:
    address, key = new_form(agent)
    sent: dict[str, Any] = TYPED | {"draft": key, "contact_preference": "letter"}
    if way == "stay":  # Enter in the search box without scripts
        answer = agent.send("/staff/calls/register", data=sent, q="ameena yusif", follow=False)
        assert answer.status_code == 307
    else:
        agent.send(f"/staff/calls/{way}", data=sent, q="" if way == "keep" else "ameena yusif")
    fields = agent.open(address).form_to("/register").fields
    assert [fields[name] for name in TYPED] == [[value] for value in TYPED.values()]
    assert agent.open("/staff/calls/").link("Zebedee Quux") == address


def test_a_new_resident_is_forgotten_when_saved_or_not_wanted(agent: Agent) -> None:
    for path in ("/staff/calls/register", "/staff/calls/drop"):
        address, key = new_form(agent)
        agent.send(path, data=TYPED | {"draft": key, "contact_preference": "letter"})
        assert agent.open(address).form_to("/register").fields["name"] == [""]
        assert "Details that you have not saved" not in agent.open("/staff/calls/").text


@pytest.mark.parametrize("key", ["", "x", "../../x", "resident-", "resident-12x", "a" * 300])
def test_a_key_that_is_none_keeps_nothing(agent: Agent, key: str) -> None:
    assert agent.send("/staff/calls/keep", data=TYPED | {"draft": key}).status_code == 204
    assert "Zebedee" not in agent.open("/staff/calls/").text


@pytest.fixture
def where(callers: Callers) -> str:
    return f"/staff/calls/residents/{callers.people['amina']}/details"


def values_of(page: Page) -> dict[str, Any]:
    return dict(page.form_to("/details").values())


def change(agent: Agent, where: str, values: dict[str, Any], **typed: str) -> TestResponse:
    return agent.send(where, data=values | typed, follow=False)


def test_changes_of_two_people_to_different_facts_both_stay(
    agent: Agent, where: str, callers: Callers, database: Database
) -> None:
    mine = values_of(agent.open(where))
    assert change(agent, where, values_of(agent.open(where)), phone="07700 900111").status_code == 303
    answer = change(agent, where, mine, postcode="N12 8LG")
    page = agent.checked(answer, 400)
    assert "Telephone was changed to “07700 900111” by somebody else. It stays so." in page.text
    assert "Full name was changed" not in page.text
    assert change(agent, where, values_of(page)).status_code == 303
    with database.reading() as db:
        row = db.get_one(Resident, callers.people["amina"])
        assert (row.phone, row.postcode) == ("07700 900111", "N12 8LG")


def test_a_fact_that_both_changed_is_shown_with_both_values(agent: Agent, where: str) -> None:
    mine = values_of(agent.open(where))
    change(agent, where, values_of(agent.open(where)), phone="07700 900111", date_of_birth="14 3 70")
    page = agent.checked(change(agent, where, mine, phone="07700 900222"), 400)
    assert "Telephone: you typed “07700 900222”, and somebody else has changed it to “07700 900111”." in page.text
    fields = page.form_to("/details").fields
    assert (fields["phone"], fields["date_of_birth"]) == (["07700 900222"], ["14 March 1970"])


@pytest.mark.parametrize("was", ["", "{", "[1]", "[" * 4000, json.dumps({"phone": 7}), "x" * 9000])
def test_without_what_was_shown_every_difference_is_shown(agent: Agent, where: str, was: str) -> None:
    mine = values_of(agent.open(where))
    change(agent, where, values_of(agent.open(where)), phone="07700 900111")
    page = agent.checked(change(agent, where, mine | {"was": was}), 400)
    assert "Telephone: you typed “07700 900999”" in page.text


def test_changed_details_are_kept_until_they_are_saved_or_not_wanted(agent: Agent, where: str) -> None:
    typed = values_of(agent.open(where)) | {"postcode": "N12 8LG"}
    agent.send("/staff/calls/keep", data=typed)
    page = agent.open(where)
    assert "You typed this before, and have not saved it yet." in page.text
    assert page.form_to("/details").fields["postcode"] == ["N12 8LG"]
    answer = agent.send("/staff/calls/drop?service=certify", data=typed, follow=False)
    assert answer.location == f"{where.removesuffix('/details')}?service=certify"
    assert "not saved it yet" not in agent.open(where).text


def test_merging_keeps_each_change_and_contests_what_both_changed() -> None:
    shown, now = {"a": 1, "b": 1, "c": 1, "d": 1}, {"a": 1, "b": 2, "c": 2, "d": 2}
    merged = merge(shown, {"a": 3, "b": 1, "c": 3, "d": 2}, now)
    assert (dict(merged.facts), merged.theirs, merged.contested) == ({"a": 3, "b": 2, "c": 3, "d": 2}, ("b",), ("c",))


def test_the_second_of_two_windows_is_told_that_it_is_booked(
    agent: Agent, callers: Callers, database: Database
) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    slot = agent.slots(f"{where}?service=advice")[0][0]
    agent.send(f"{where}/hold?service=advice", slot=slot)
    sent = {"shown": slot, "call_note": "Rang at nine", "site_notes": "Brings a dog"}
    first = agent.send(f"{where}/confirm?service=advice", data=sent, follow=False)
    second = agent.send(f"{where}/confirm?service=advice", data=sent, follow=False)
    assert second.location == first.location.replace("what=booked", "what=booked_before")
    page = agent.open(second.location)
    assert "Booked already" in page.text
    assert "Nothing was done twice." in page.text
    agent.send("/staff/calls/end", resident=str(callers.people["amina"]), call_note="Rang at nine")
    assert notes_in(database) == ["Rang at nine"]


def notes_in(database: Database) -> list[str]:
    """The notes that were written in this test."""
    with database.reading() as db:
        written = db.scalars(select(ContactNote.note).order_by(ContactNote.id)).all()
    return [note for note in written if "Rang at nine" in note or "Wants a letter" in note]


def test_a_note_that_is_sent_twice_is_written_once(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    where, resident = f"/staff/calls/residents/{callers.people['silent']}", str(callers.people["silent"])
    for path in ("/staff/calls/end", "/staff/calls/end", f"{where}/note", "/staff/calls/end"):
        agent.send(path, resident=resident, call_note="Wants a letter")
    assert notes_in(database) == ["Wants a letter"]
    clock.advance(timedelta(minutes=20))
    agent.send("/staff/calls/end", resident=resident, call_note="Wants a letter")
    assert notes_in(database) == ["Wants a letter"] * 2


def test_several_equal_matches_leave_the_focus_above_them(agent: Agent) -> None:
    page = agent.send("/staff/calls/find", q="zebedee yusuf").text
    (focused,) = [part for part in page.split("<") if " autofocus" in part]
    assert focused.startswith("h1")
    assert read_page(page).headings == ["Who is calling?"]
