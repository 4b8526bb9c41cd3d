"""All appointments of a resident in their calendar: only for who reads their mail, until it is stopped."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import recurring_ical_events
import vobject
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select, update

from booking.feeds.tables import ResidentFeed
from booking.tables import Appointment, AppointmentService
from booking.use_cases.own_calendar import make_resident_feed
from core.audit import AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.personal_data import mask_email
from core.rate_limits import RateLimitHits, SlowingLimit
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Service, Site
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from reminders.messages import MessageWriter
from reminders.recipients import CALL, CHANNELS, EMAIL, TEXT, Delivery
from tests.reminders.channels import writer
from tests.reminders.make_bulk_notifications import notifications
from tests.support.pages import check_page
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, fill_in, go_to_times, path_for_owner
from web import calendar_answers

pytestmark = pytest.mark.databases("sqlite")

ROBIN = "robin@example.org"
UNKNOWN = "/feeds/own/" + "0" * 64 + ".ics"


def booked(app: Flask, day: str = "2026-11-24", **typed: Any) -> tuple[Visitor, str]:
    """A visitor who has booked, on the page of their appointment, and its link."""
    visitor = Visitor(app.test_client())
    go_to_times(visitor, day=day)
    visitor.take_first_time()
    fill_in(visitor, **typed)
    visitor.send("/check")
    link = visitor.page.link("See, change or cancel")
    visitor.open(f"!{link}")
    return visitor, urlsplit(link).path


def make(app: Flask, link: str, address: str = ROBIN) -> str:
    """The path of the calendar that the owner of the address makes."""
    reader = Visitor(app.test_client())
    reader.open(f"!{path_for_owner(app, link, address, 'calendar')}")
    form = next(form for form in reader.page.forms if "/calendar/" in form.action and "stop" not in form.fields)
    answer = reader.client.post(form.action, data=form.values())
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    found = re.search(r'value="https?://[^/"]+(/feeds/own/[0-9a-f]{64}\.ics)"', answer.text)
    assert found
    return found[1]


def events_at(app: Flask, path: str) -> list[Any]:
    """What a calendar program that knows nothing else finds at the path."""
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return Calendar.from_ical(answer.text).events


def test_the_link_comes_by_email_to_the_address_on_record_alone(app: Flask, database: Database) -> None:
    """A manage link may be in anybody's hands: it does not open the page, and the page that it opens has no proof."""
    make_town(database)
    visitor, link = booked(app)
    visitor.follow("All appointments in your calendar")
    assert mask_email(ROBIN) in visitor.page.text
    assert ROBIN not in visitor.page.text
    visitor.send("/calendar")
    assert "We have sent the link" in visitor.page.text
    (row,) = (one for one in notifications(database) if one.kind.startswith("manage_link"))
    with database.reading() as db:
        facts = message_facts(db, [row.appointment_id])[row.appointment_id]
    mails = {
        kind: writer().write(kind, facts, Delivery("email", ROBIN, "Robin")) for kind in (row.kind, "confirmation")
    }
    found = re.search(r"/manage/\S+/calendar/[0-9a-f]{64}\b", mails[row.kind].text)
    assert found
    assert found[0] in mails[row.kind].html
    assert "/calendar/" not in mails["confirmation"].text
    for proof in ("x", "0" * 64, "\u00e9", "%00"):
        assert visitor.client.get(f"{link}/calendar/{proof}").status_code == 404
    wrong = path_for_owner(app, link, "mallory@example.org", "calendar")
    assert visitor.client.get(wrong).status_code == 404


@pytest.mark.parametrize(
    ("orders", "preference", "has_link"),
    [
        ((), "email", True),
        ((), "none", False),
        ((("confirmation", "text"),), "email", False),
        ((("manage_link", "text"),), "email", False),
    ],
)
def test_a_link_that_is_sent_is_one_that_opens(
    orders: tuple[tuple[str, str], ...], preference: str, has_link: bool, app: Flask, database: Database
) -> None:
    """The calendar is of whoever gets the confirmations: nobody else is sent a link, nor told that one comes."""
    make_town(database)
    visitor, _link = booked(app, phone="07700 900123", contact_preference=preference)
    database.facts[CHANNELS] = frozenset({EMAIL, TEXT, CALL})
    with database.writing() as db:
        channels = [{"message": message, "first": first} for message, first in orders]
        db.execute(update(Authority).values(message_channels=channels))
        bump_plan(db, db.scalars(select(Authority.id)).one())
    with database.reading() as db:
        (facts,) = message_facts(db, db.scalars(select(Appointment.id)).all()).values()
    secret_key = app.extensions[EXTENSION].settings.secret_key
    mail = MessageWriter("", secret_key, "front-door@example.org").write(
        "manage_link_1", facts, Delivery(EMAIL, ROBIN, "Robin")
    )
    links = re.findall(r"/manage/\S+/calendar/[0-9a-f]{64}\b", mail.text)
    answers = [app.test_client().get(one).status_code for one in links]
    assert set(answers) <= {200}
    if orders != (("manage_link", "text"),):  # that one is a text, which has no such link
        assert bool(links) is has_link
        assert ("/calendar/" in mail.html) is has_link
    visitor.follow("All appointments in your calendar")
    assert ("Send me the link" in visitor.page.text) is has_link


def test_without_email_the_page_says_so_and_sends_nothing(town_app: Flask, database: Database) -> None:
    visitor, _link = booked(town_app, email="", phone="07700 900123", contact_preference="none")
    visitor.follow("All appointments in your calendar")
    assert "by email only" in visitor.page.text
    assert not [form for form in visitor.page.forms if form.action.endswith("/calendar")]


@pytest.mark.databases("sqlite", "postgresql")
def test_programs_read_what_is_to_come_and_what_was_cancelled(town_app: Flask, database: Database) -> None:
    visitor, link = booked(town_app)
    booked(town_app, "2026-11-25")
    booked(town_app, "2026-11-26", name="Mallory Sample", email="mallory@example.org")
    booked(town_app, "2026-11-27", email="another@example.org")
    path = make(town_app, link)
    first, second = events_at(town_app, path)
    assert (str(first["STATUS"]), str(second["STATUS"])) == ("CONFIRMED", "CONFIRMED")
    assert len(first.walk("VALARM")) == 2
    visitor.follow("Cancel the appointment")
    visitor.send("/cancel")
    after = events_at(town_app, path)
    assert [str(one["STATUS"]) for one in after] == ["CANCELLED", "CONFIRMED"]
    assert after[0]["UID"] == first["UID"]
    assert after[0]["SEQUENCE"] > first["SEQUENCE"]
    text = town_app.test_client().get(path).text
    assert "/manage/" not in text.replace("\r\n ", "")
    assert len(list(vobject.readOne(text).vevent_list)) == 2
    whole = Calendar.from_ical(text)
    assert len(list(recurring_ical_events.of(whole).between("20261101", "20261231"))) == 2
    assert whole["REFRESH-INTERVAL"].to_ical() == b"PT1H"


def test_a_program_that_polls_gets_nothing_twice(town_app: Flask) -> None:
    _visitor, link = booked(town_app)
    path, program = make(town_app, link), town_app.test_client()
    first = program.get(path)
    again = program.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    answers = [program.get(path).status_code for _ in range(70)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_an_address_shows_nothing_once_the_mail_goes_elsewhere(town_app: Flask, database: Database) -> None:
    """Who reads the old mailbox learns no more of somebody who has left it; and an empty calendar is one."""
    _visitor, link = booked(town_app)
    path = make(town_app, link)
    assert len(events_at(town_app, path)) == 1
    with database.writing() as db:
        db.execute(update(Resident).values(email="new@example.org"))
    assert events_at(town_app, path) == []


def test_a_new_address_ends_the_old_one_and_stopping_ends_it_for_good(town_app: Flask, database: Database) -> None:
    _visitor, link = booked(town_app)
    old = make(town_app, link)
    new = make(town_app, link)
    client = town_app.test_client()
    assert [client.get(path).status_code for path in (old, new)] == [404, 200]
    page = Visitor(town_app.test_client())
    page.open(f"!{path_for_owner(town_app, link, ROBIN, 'calendar')}")
    assert "You have an address" in page.page.text
    form = next(form for form in page.page.forms if "stop" in form.fields)
    page._see(page.post(form, {}, follow_redirects=True))
    assert "does not work any more" in page.page.text
    assert check_page(client.get(new).text).text == check_page(client.get(UNKNOWN).text).text
    assert client.get(new).status_code == 404
    with database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("resident_feed"))).all()
        rows = db.scalars(select(ResidentFeed)).all()
    assert actions == ["resident_feed_made", "resident_feed_revoked", "resident_feed_made", "resident_feed_revoked"]
    assert not [row for row in rows if row.token_digest in old + new or ROBIN in repr(vars(row))]


def test_a_form_sent_twice_makes_one_address(town_app: Flask, database: Database) -> None:
    _visitor, link = booked(town_app)
    reader = Visitor(town_app.test_client())
    reader.open(f"!{path_for_owner(town_app, link, ROBIN, 'calendar')}")
    form = next(form for form in reader.page.forms if "/calendar/" in form.action)
    values = form.values()
    pages = [reader.client.post(form.action, data=values).text for _ in range(2)]
    assert len({re.search(r"/feeds/own/[0-9a-f]{64}", page)[0] for page in pages}) == 1  # type: ignore[index]
    with database.reading() as db:
        assert len(db.scalars(select(ResidentFeed)).all()) == 1


def test_the_calendar_is_as_neutral_as_messages_and_forgets_what_is_past(
    town_app: Flask, database: Database, clock: FixedClock
) -> None:
    _visitor, link = booked(town_app)
    path = make(town_app, link)
    with database.writing() as db:
        db.execute(update(Service).values(name="Eviction advice", documents=["The notice"], message_name="your visit"))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
        db.execute(update(Site).values(plan_version=Site.plan_version + 1))
    (event,) = events_at(town_app, path)
    assert "viction" not in event.to_ical().decode()
    for days, shown in ((13, 1), (15, 0)):
        at = datetime(2026, 11, 23, 8, tzinfo=UTC) - timedelta(days=days)
        with database.writing() as db:
            db.execute(update(Appointment).values(starts_at=at, ends_at=at + timedelta(minutes=30)))
            db.execute(update(AppointmentService).values(starts_at=at, ends_at=at + timedelta(minutes=30)))
        assert len(events_at(town_app, path)) == shown


def test_a_form_sent_again_after_the_calendar_was_stopped_shows_no_dead_address(town_app: Flask) -> None:
    _visitor, link = booked(town_app)
    reader = Visitor(town_app.test_client())
    here = path_for_owner(town_app, link, ROBIN, "calendar")
    reader.open(f"!{here}")
    first = next(form for form in reader.page.forms if "/calendar/" in form.action).values()
    assert "/feeds/own/" in reader.client.post(here, data=first).text
    reader.open(f"!{here}")
    reader.client.post(here, data=next(form for form in reader.page.forms if "stop" in form.fields).values())
    again = reader.client.post(here, data=first)
    assert (again.status_code, again.location) == (303, here)


@pytest.mark.databases("postgresql")
def test_of_two_addresses_made_at_once_one_works(town_app: Flask, database: Database) -> None:
    booked(town_app)
    runtime: Runtime = town_app.extensions[EXTENSION]
    with database.reading() as db:
        whose = db.execute(select(Resident.authority_id, Resident.id)).one()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_resident_feed(runtime, *whose, ROBIN), range(8)))
    client = town_app.test_client()
    assert sorted(client.get(f"/feeds/own/{one.token}.ics").status_code for one in made) == [200] + [404] * 7


def test_an_origin_that_is_refused_has_nothing_counted_of_the_addresses_that_it_tries(
    town_app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_answers, "READINGS_OF_ORIGIN", SlowingLimit("2/hour", beyond="1/hour"))
    client = town_app.test_client()
    answers = [client.get(f"/feeds/own/{number:064}.ics").status_code for number in range(6)]
    assert answers == [404] * 3 + [429] * 3
    with database.reading() as db:
        counted = db.scalars(select(RateLimitHits.key)).all()
    assert len(counted) == 3 + 2  # the addresses that were looked up, and the origin in both of its windows


def test_the_address_itself_stops_the_calendar_of_who_has_no_appointment_any_more(
    app: Flask, database: Database
) -> None:
    """The page of an appointment ends with it, and with it the way to stop the calendar by a message."""
    make_town(database)
    _visitor, link = booked(app)
    path = make(app, link)
    reader = app.test_client()
    page = path.removesuffix(".ics")
    assert "Stop the address" in check_page(reader.get(page).text).text
    assert events_at(app, path)  # opening the page changes nothing
    sent = check_page(reader.get(page).text).form_to(page).values()
    answer = reader.post(page, data=sent)
    assert (answer.status_code, "That address does not work any more." in answer.text) == (200, True)
    assert {reader.get(one).status_code for one in (path, page)} == {404}
    assert reader.post(page, data=sent).status_code == 404


def test_the_page_of_an_address_is_in_the_language_of_its_reader(app: Flask, database: Database) -> None:
    town = make_town(database)
    _visitor, link = booked(app)
    page = make(app, link).removesuffix(".ics")
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"]))
        bump_plan(db, town.authority_id)
    answer = app.test_client().get(f"{page}?lang=cy")
    assert "Pob apwyntiad yn eich calendr" in check_page(answer.text).text
    assert answer.headers["Content-Language"] == "cy"
