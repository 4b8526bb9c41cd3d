"""What is kept for a browser: on the server, each visit its own, ended in time, and at once when somebody asks for it."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta
from zlib import decompress

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.use_cases.cleanup import delete_expired
from core.browser_states import BrowserState, delete_entries, names_of, read_entry, write_entry
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.settings import Settings
from tests.support.factories import NOW, make_runtime, make_world
from tests.web.resident.browser import Visitor, book_one, fill_in, go_to_times
from tests.web.resident.test_booking_pages import clock_of
from wsgi import create_app

TYPED = {"name": "Robin Sample", "email": "robin@example.org", "phone": "07700 900123", "notes": "I am a bit deaf"}


def cookie_of(visitor: Visitor) -> str:
    """The browser's cookie as whoever reads it over the shoulder can unpack it."""
    cookie = visitor.client.get_cookie("front_door")
    assert cookie is not None
    payload = cookie.value.removeprefix(".").partition(".")[0]
    unpacked = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (decompress(unpacked) if cookie.value.startswith(".") else unpacked).decode()


def number_kept(database: Database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(BrowserState)) or 0


@pytest.mark.databases("sqlite")
def test_the_cookie_says_nothing_at_any_step_of_a_booking(visitor: Visitor):
    go_to_times(visitor)
    visitor.take_first_time()
    seen = [cookie_of(visitor)]
    fill_in(visitor, **TYPED)
    seen.append(cookie_of(visitor))
    visitor.send("/check")
    [link] = [address for words, address in visitor.page.links if "See, change or cancel" in words]
    visitor.open(f"!{link}")
    seen.append(cookie_of(visitor))
    secrets = [*TYPED.values(), link.rpartition("/")[2], "certify", "hold"]
    assert not [(secret, cookie) for cookie in seen for secret in secrets if secret in cookie]
    assert all(len(cookie) < 200 for cookie in seen)


@pytest.mark.databases("sqlite")
def test_a_copied_cookie_opens_nothing_after_the_computer_has_forgotten(
    database: Database, town_app: Flask, visitor: Visitor
):
    """Every page that a cookie opens: a draft, what is booked, an appointment, the one opened last."""
    reference = book_one(visitor).replace(" ", "")
    booked_visit = visitor.at
    go_to_times(visitor, day="2026-11-25")
    visitor.take_first_time()
    visitor.send("/who", who="me")
    visitor.send("/details", **TYPED, contact_preference="email")
    pages = {
        visitor.at: 410,
        visitor.at.replace("check", "details"): 410,
        booked_visit: 200,  # the page to find an appointment
        f"/appointment/{reference}": 404,
        f"/appointment/{reference}/contact": 404,
        "/appointment": 200,
    }
    cookie = visitor.client.get_cookie("front_door")
    assert cookie is not None
    thief = Visitor(town_app.test_client())
    thief.client.set_cookie("front_door", cookie.value)
    for path in pages:
        thief.open(path)
        assert thief.status == 200
    visitor.open(f"/appointment/{reference}")
    visitor.send("/forget")
    assert visitor.page.headings == ["This computer has forgotten you"]
    assert number_kept(database) == 0
    thief.client.set_cookie("front_door", cookie.value)
    for path, status in pages.items():
        text = thief.open(path).text
        assert thief.status == status, path
        assert not [words for words in (*TYPED.values(), reference, "We have kept") if words in text]


@pytest.mark.databases("sqlite")
def test_a_draft_ends_after_an_hour_and_is_deleted(database: Database, town_app: Flask, visitor: Visitor):
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    check = visitor.at
    clock_of(town_app).advance(timedelta(minutes=59))
    assert "We no longer keep this time for you" in visitor.open(check).text
    clock_of(town_app).advance(timedelta(minutes=61))
    assert "We no longer have your answers" in visitor.open(check).text
    delete_expired(town_app.extensions[EXTENSION])
    assert number_kept(database) == 0


@pytest.mark.databases("sqlite")
def test_an_opened_appointment_is_closed_half_an_hour_after_the_last_click(town_app: Flask, visitor: Visitor):
    reference = book_one(visitor).replace(" ", "")
    for minutes, status in ((29, 200), (29, 200), (31, 404)):
        clock_of(town_app).advance(timedelta(minutes=minutes))
        visitor.open(f"/appointment/{reference}")
        assert visitor.status == status


@pytest.mark.databases("sqlite")
def test_a_booked_visit_leaves_nothing_that_was_typed(database: Database, visitor: Visitor):
    book_one(visitor)
    with database.reading() as db:
        kept = repr(db.scalars(select(BrowserState.value)).all())
    assert "Robin" not in kept
    assert "robin@" not in kept


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("public_url", "name", "is_secure"),
    [("https://book.example.org", "__Host-front_door", True), ("http://127.0.0.1:8080", "front_door", False)],
)
def test_no_neighbour_in_the_domain_can_set_the_cookie_where_there_is_https(
    settings: Settings, database: Database, public_url: str, name: str, is_secure: bool
):
    make_world(database)
    client = create_app(
        replace(settings, public_url=public_url), database=database, clock=FixedClock(NOW)
    ).test_client()
    [header] = client.get("/testshire/find", base_url=public_url).headers.getlist("Set-Cookie")
    named, *facts = [part.strip() for part in header.split(";")]
    assert named.partition("=")[0] == name
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(facts)
    assert ("Secure" in facts) is is_secure
    assert not [fact for fact in facts if fact.startswith("Domain")]


def test_entries_of_one_browser_are_nobody_elses(database: Database):
    later = NOW + timedelta(hours=1)
    for browser, number in (("one", 1), ("two", 2), ("one", 3)):
        write_entry(database, browser, "draft:a", {"number": number}, now=NOW, expires_at=later)
    write_entry(database, "one", "opened:b", {}, now=NOW + timedelta(minutes=1), expires_at=later)
    with database.reading() as db:
        assert read_entry(db, "one", "draft:a", NOW) == {"number": 3}
        assert read_entry(db, "two", "draft:a", NOW) == {"number": 2}
        assert read_entry(db, "one", "draft:a", later) is None
        assert names_of(db, "one", NOW) == ["opened:b", "draft:a"]
    delete_entries(database, "one", "draft:a")
    with database.reading() as db:
        assert names_of(db, "one", NOW) == ["opened:b"]
        assert names_of(db, "two", NOW) == ["draft:a"]
    delete_entries(database, "one")
    with database.reading() as db:
        assert names_of(db, "one", NOW) == []
        assert names_of(db, "two", NOW) == ["draft:a"]


def test_the_cleanup_deletes_what_has_expired_and_nothing_else(database: Database):
    for name, minutes in (("draft:old", 10), ("draft:new", 70)):
        write_entry(database, "one", name, {}, now=NOW, expires_at=NOW + timedelta(minutes=minutes))
    delete_expired(make_runtime(database, NOW + timedelta(minutes=30)))
    with database.reading() as db:
        assert db.scalars(select(BrowserState.name)).all() == ["draft:new"]


def test_the_database_has_no_id_that_a_browser_shows(database: Database):
    write_entry(database, "an id", "draft:a", {}, now=NOW, expires_at=NOW + timedelta(hours=1))
    with database.reading() as db:
        [row] = db.scalars(select(BrowserState)).all()
        assert "an id" not in (row.browser_digest, row.name, repr(row.value))
