"""Calendar feeds: made, seen once, read by foreign programs, revoked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
import vobject
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select, update

from booking.calendar.ical import feed_file
from booking.tables import CalendarFeed
from booking.use_cases.calendar_feeds import MOST_FEEDS, make_feed
from booking.use_cases.cancel import cancel
from core.audit import AuditEntry
from core.errors import Invalid
from core.idempotency import IdempotencyRecord
from locations.catalogue_queries import bump_plan
from locations.tables import Site
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from tests.reminders.calendar_readers import read_with_vobject
from tests.support.factories import catalogue
from tests.support.pages import check_page
from tests.web.site.conftest import NINE, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")

FEEDS = f"{SITE}/feeds"


def make(client: FlaskClient, name: str = "Front desk screen", resource: str = "") -> str:
    """The path of a new feed, as the page shows it this once."""
    form = check_page(client.get(FEEDS).text).form_to("/feeds")
    answer = client.post(FEEDS, data=form.values(name=name, resource=resource))
    assert answer.status_code == 200, answer.text
    check_page(answer.text)
    found = re.search(r'value="https?://[^/]+(/feeds/[0-9a-f]{64}\.ics)"', answer.text)
    assert found
    return found.group(1)


@pytest.mark.databases("sqlite", "postgresql")
def test_a_foreign_calendar_reads_the_next_eight_weeks(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    reference = library.book(60)
    other = library.book(24 * 60, service=1)
    answer = client.get(make(manager))
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    calendar = Calendar.from_ical(answer.data)
    events = recurring_ical_events.of(calendar).between(NINE, NINE + timedelta(weeks=8))
    summaries = sorted((event["DTSTART"].dt.astimezone(UTC), str(event["SUMMARY"])) for event in events)
    assert summaries == [
        (NINE + timedelta(hours=1), f"Certify documents, Desk {library.desk_of(reference)}"),
        (NINE + timedelta(days=1), f"Housing advice, Desk {library.desk_of(other)}"),
    ]
    first, _second = read_with_vobject(answer.text)
    assert (first.starts_at, first.ends_at) == (NINE + timedelta(hours=1), NINE + timedelta(minutes=90))
    assert first.description == f"Reference: {reference[:4]} {reference[4:]}"
    assert first.location == "High Street Library"


def test_a_summer_time_appointment_keeps_its_hour(library: Library, client: FlaskClient) -> None:
    library.clock.instant = datetime(2027, 3, 1, 9, tzinfo=UTC)
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id, library.world.authority_id)
    starts_at = datetime(2027, 4, 12, 8, 0, tzinfo=UTC)  # nine o'clock by the library's clock
    library.book(int((starts_at - NINE).total_seconds()) // 60)
    (event,) = read_with_vobject(client.get(make(manager)).text)
    assert event.starts_at == starts_at


def test_a_feed_holds_nothing_about_the_resident(library: Library, manager: FlaskClient, client: FlaskClient) -> None:
    library.book(
        resident=ResidentDetails("Zebedee Quill", email="zq@example.org", phone="07700 900321", postcode="NW11 9QS"),
        notes="A private story",
        support_needs=("step-free",),
        answers={"Do you rent?": "A private answer"},
    )
    text = client.get(make(manager)).text.replace("\r\n ", "")
    for secret in ("Zebedee", "Quill", "zq@", "900321", "NW11", "private", "tep-free", "manage"):
        assert secret not in text


def test_what_is_cancelled_long_past_or_far_ahead_is_left_out(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    gone = library.book(30)
    library.book(8 * 7 * 24 * 60 - 60 * 24 * 3)
    owner = library.world.authority_id
    cancel(library.runtime, owner, gone, actor=STAFF, by="resident", enforce_cutoff=False)
    path = make(manager)
    assert len(read_with_vobject(client.get(path).text)) == 1
    library.clock.advance(timedelta(weeks=14))
    assert b"BEGIN:VEVENT" not in client.get(path).data


def test_what_was_stays_for_four_weeks(library: Library, manager: FlaskClient, client: FlaskClient) -> None:
    reference = library.book()
    path = make(manager)
    for days in (1, 27):
        library.clock.advance(timedelta(days=days))
        assert [event.uid.split("@")[0] for event in read_with_vobject(client.get(path).text)] == [reference]
    library.clock.advance(timedelta(days=1))
    assert b"BEGIN:VEVENT" not in client.get(path).data


def test_a_feed_can_be_subscribed_to_while_it_is_empty_and_says_how_often(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    text = client.get(make(manager)).text
    calendar = Calendar.from_ical(text)
    assert [component.name for component in calendar.subcomponents] == ["VTIMEZONE"]
    assert "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in text
    assert str(calendar["NAME"]) == str(calendar["X-WR-CALNAME"]) == "High Street Library: Testshire Council"
    assert [component.name for component in vobject.readOne(text).components()] == ["VTIMEZONE"]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_feed_of_one_resource_shows_that_resource_alone(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    library.book()
    library.book()
    path = make(manager, "Sam's phone", "desk-2")
    assert [event.summary for event in read_with_vobject(client.get(path).text)] == ["Certify documents, Desk 2"]


def test_an_unchanged_feed_is_not_sent_again(library: Library, manager: FlaskClient, client: FlaskClient) -> None:
    path = make(manager)
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_feed_is_written_again_only_when_it_changes(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    """Hundreds of events take a tenth of a second to write, and calendar programs load them again and again."""
    first, second = library.book(), library.book(60)
    path = make(manager)
    feed_file.cache_clear()
    texts = [client.get(path).text for _ in range(3)]
    assert len(set(texts)) == 1
    assert feed_file.cache_info().misses == 1
    cancel(library.runtime, library.world.authority_id, first, actor=STAFF, by="resident", enforce_cutoff=False)
    assert [event.uid.split("@")[0] for event in read_with_vobject(client.get(path).text)] == [second]
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id, [library.world.site_id])
        db.execute(update(Site).where(Site.id == library.world.site_id).values(name="Library on the Hill"))
    assert [event.location for event in read_with_vobject(client.get(path).text)] == ["Library on the Hill"]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_revoked_address_is_as_unknown_as_any_other(
    library: Library, manager: FlaskClient, client: FlaskClient
) -> None:
    path = make(manager)
    assert client.get(path).status_code == 200  # its text is kept from now on
    form = check_page(manager.get(FEEDS).text).form_to("/revoke")
    for _ in range(2):
        assert manager.post(form.action, data=form.values()).status_code == 303
    answers = [client.get(one) for one in (path, f"/feeds/{'0' * 64}.ics", "/feeds/x.ics")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({check_page(answer.text).text for answer in answers}) == 1
    with library.database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["feed_made", "feed_revoked"]
    assert "There are none yet." in manager.get(f"{FEEDS}?revoked=1").text


def test_the_address_is_seen_once_and_kept_nowhere(library: Library, manager: FlaskClient) -> None:
    token = make(manager).removeprefix("/feeds/").removesuffix(".ics")
    assert token not in manager.get(FEEDS).text
    with library.database.reading() as db:
        row = db.scalars(select(CalendarFeed)).one()
        answers = db.scalars(select(IdempotencyRecord)).all()
    assert row.token_digest != token
    assert token not in repr([answer.response for answer in answers])


@pytest.mark.databases("sqlite", "postgresql")
def test_a_form_sent_twice_makes_one_feed(library: Library, manager: FlaskClient) -> None:
    values = check_page(manager.get(FEEDS).text).form_to("/feeds").values(name="Screen", resource="")
    pages = [manager.post(FEEDS, data=values).text for _ in range(2)]
    tokens = {re.search(r"/feeds/([0-9a-f]{64})\.ics", page).group(1) for page in pages}  # type: ignore[union-attr]
    assert len(tokens) == 1
    with library.database.reading() as db:
        assert len(db.scalars(select(CalendarFeed)).all()) == 1


@pytest.mark.parametrize(
    ("name", "text_shown"), [("", "Enter who this calendar is for"), ("x" * 101, "Use at most 100 characters")]
)
def test_a_feed_needs_a_name_and_keeps_what_was_typed(
    library: Library, manager: FlaskClient, name: str, text_shown: str
) -> None:
    form = check_page(manager.get(FEEDS).text).form_to("/feeds")
    answer = manager.post(FEEDS, data=form.values(name=name, resource="desk-2"))
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert text_shown in page.text
    assert page.form_to("/feeds").fields["resource"] == ["desk-2"]
    assert manager.post(FEEDS, data=form.values(name="Screen", resource="nonsense")).status_code == 400


def test_a_site_has_only_so_many_feeds(library: Library) -> None:
    site = catalogue(library.database, library.world).site("high-street")
    for number in range(MOST_FEEDS):
        make_feed(library.runtime, library.world.authority_id, site, f"Feed {number}", actor=STAFF)
    with pytest.raises(Invalid):
        make_feed(library.runtime, library.world.authority_id, site, "One more", actor=STAFF)


def test_only_managers_of_the_site_manage_its_feeds(
    library: Library, manager: FlaskClient, site_staff: FlaskClient
) -> None:
    make(manager)
    form = check_page(manager.get(FEEDS).text).form_to("/revoke")
    elsewhere = library.sign_in(Role.SITE_MANAGER, library.other_site_id)
    token = check_page(elsewhere.get("/staff/sites/mill-lane/feeds").text).form_to("/feeds").fields["csrf_token"]
    assert [client.get(FEEDS).status_code for client in (site_staff, elsewhere)] == [404, 404]
    assert elsewhere.post(form.action, data={"csrf_token": token}).status_code == 404
    across = form.action.replace("high-street", "mill-lane")
    assert elsewhere.post(across, data={"csrf_token": token}).status_code == 404
    with library.database.reading() as db:
        assert db.scalars(select(CalendarFeed)).one().revoked_at is None
