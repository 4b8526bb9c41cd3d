"""Drafts in the cookie: each visit its own, few, small, and deleted in time."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from tests.support.factories import NOW
from web.resident import drafts
from web.resident.drafts import Draft

BROWSER_LIMIT = 4_096


def long_draft(visit: str) -> Draft:
    """A draft as long as the forms allow, in a script that compresses badly."""
    dice = random.Random(visit)

    def words(length: int) -> str:
        return "".join(chr(dice.randint(0x4E00, 0x9FA5)) for _ in range(length))

    person: dict[str, Any] = {
        "name": words(200),
        "email": f"{'a' * 60}@{'b' * 60}.example.org",
        "phone": "07700 900123",
    }
    person |= {"postcode": "N12 0GA", "contact_preference": "email", "leave_no_message": True, "notes": words(300)}
    helper = {"name": words(100), "basis": "carer", "email": "ada@example.org", "phone": ""}
    return Draft(
        visit, hold="h" * 43, slot_token="1.1.1.1-2.p.0.5f5e100", search_query="s" * 300, person=person, helper=helper
    )


def size_of(cookie: dict[str, Any]) -> int:
    """The bytes of the signed cookie."""
    app = Flask("test")
    app.secret_key = "for tests"
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return len("front_door=") + len(serializer.dumps(cookie))


def test_the_longest_drafts_fit_into_a_cookie() -> None:
    cookie: dict[str, Any] = {"csrf_token": "c" * 40}
    for number in range(4):
        drafts.save_draft(cookie, long_draft(f"visit{number}"), NOW + timedelta(minutes=number))
        assert size_of(cookie) < BROWSER_LIMIT
        assert drafts.find_draft(cookie, f"visit{number}", NOW + timedelta(minutes=number)) is not None


def test_three_ordinary_drafts_live_side_by_side() -> None:
    cookie: dict[str, Any] = {}
    for number in range(4):
        drafts.save_draft(cookie, Draft(f"visit{number}", hold="h", slot_token="o"), NOW + timedelta(minutes=number))
    later = NOW + timedelta(minutes=4)
    assert [drafts.find_draft(cookie, f"visit{number}", later) is not None for number in range(4)] == [
        False,
        True,
        True,
        True,
    ]


def test_a_draft_expires_after_an_hour() -> None:
    cookie: dict[str, Any] = {}
    drafts.save_draft(cookie, Draft("visit", hold="h", slot_token="o"), NOW)
    assert drafts.find_draft(cookie, "visit", NOW + timedelta(minutes=60)) is not None
    assert drafts.find_draft(cookie, "visit", NOW + timedelta(minutes=61)) is None


def test_an_opened_appointment_is_closed_after_half_an_hour() -> None:
    cookie: dict[str, Any] = {}
    drafts.open_appointment(cookie, "K7PM4QX2", "mark", NOW)
    assert drafts.link_mark_of(cookie, "K7PM4QX2", NOW + timedelta(minutes=30)) == "mark"
    assert drafts.link_mark_of(cookie, "K7PM4QX2", NOW + timedelta(minutes=31)) == ""
    assert drafts.link_mark_of(cookie, "OTHER", NOW) == ""


def test_a_draft_of_an_earlier_version_keeps_its_search() -> None:
    cookie: dict[str, Any] = {}
    drafts.save_draft(cookie, Draft("visit", hold="h", slot_token="o", search_query="service=certify"), NOW)
    kept = cookie["drafts"]["visit"]
    kept["steps"], kept["offer"] = kept.pop("search_query"), kept.pop("slot_token")
    found = drafts.find_draft(cookie, "visit", NOW)
    assert found is not None
    assert (found.search_query, found.slot_token) == ("service=certify", "o")
