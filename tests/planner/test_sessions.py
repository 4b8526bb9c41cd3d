"""A site's sessions on screens: added, changed, ended, copied, different on a date; each with its effect first."""

from __future__ import annotations

import re
from datetime import date, time
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.queries.day_list import day_of
from locations.catalogue_queries import bump_plan
from locations.history.tables import SetUpChange
from locations.release_shares import Release
from locations.session_tables import PlainSession
from locations.tables import Resource
from planner.session_context import sessions_of
from tests.support.factories import catalogue, make_resource, make_service, make_session
from tests.support.pages import Page, check_page
from tests.web.site.conftest import SITE, Library
from web.page_context import SiteContext

pytestmark = pytest.mark.databases("sqlite")
WEEK, WEEKDAYS = f"{SITE}/week", f"{SITE}/sessions/weekdays"
SATURDAY: dict[str, Any] = {
    "repeats": "weekly",
    "weekdays": ["saturday"],
    "first_date": "2026-12-01",
    "starts": "10:00",
    "ends": "13:00",
    "resources": ["desk-1", "desk-2"],
    "services": ["certify"],
}


def page_of(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == HTTPStatus.OK, path
    return check_page(answer.text)


def send(client: FlaskClient, page: Page, ending: str, status: int = HTTPStatus.OK, **values: Any) -> Page:
    form = page.form_to(ending)
    answer = client.post(form.action, data=form.values(**values), follow_redirects=True)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def named(form: str, **values: Any) -> dict[str, Any]:
    """The fields of one of the forms of a session's page."""
    return {f"{form}-{name}": value for name, value in values.items()}


def save(client: FlaskClient, preview: Page, **values: Any) -> Page:
    form = preview.form_to("/week")
    answer = client.post(form.action, data=form.values(**values))
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return page_of(client, answer.location)


def sessions(library: Library) -> dict[str, PlainSession]:
    """The sessions of the library as they are."""
    with library.database.reading() as db:
        known = catalogue(library.database, library.world)
        site = known.site_by_id(library.world.site_id)
        context = SiteContext(library.runtime, db, known, None, library.clock.now(), None, site)  # type: ignore[arg-type]
        return {slug: one.session for slug, one in sessions_of(context).items()}


def rebooked(library: Library, day: date) -> list[str]:
    with library.database.reading() as db:
        known = catalogue(library.database, library.world)
        site = known.site_by_id(library.world.site_id)
        listed = day_of(db, known, site, day, library.clock.now()).to_rebook
    return [person.appointment.reference for person in listed]


def test_a_session_is_added_for_several_resources_and_nothing_before_it_was_shown(
    library: Library, manager: FlaskClient
) -> None:
    form = page_of(manager, page_of(manager, WEEK).link("Add a session"))
    preview = send(manager, form, "/week/new", **SATURDAY)
    assert "Nothing is saved yet" in preview.text
    assert set(sessions(library)) == {"weekdays"}
    back = send(manager, preview, "/week/new")
    assert {name: back.form_to("/week/new").fields[name] for name in SATURDAY} == {
        name: value if isinstance(value, list) else [value] for name, value in SATURDAY.items()
    }
    week = save(manager, preview)
    assert "It is saved" in week.text
    assert "10am to 1pm" in week.text
    assert sessions(library)["saturday-1000"].resources == ("desk-1", "desk-2")


def test_a_session_without_what_its_service_needs_says_so(library: Library, manager: FlaskClient) -> None:
    """Else it says that no free time comes, and not why."""
    town = library.world.authority_id
    talks = make_service(
        library.database, town, "talks", name="Talks", requirements=[{"kind": "adviser", "skills": []}]
    )
    rob = make_resource(library.database, town, library.world.site_id, "rob", name="Rob Adviser", kind="adviser")
    make_session(library.database, town, library.world.site_id, [rob], [talks], slug="talks")
    form = page_of(manager, f"{WEEK}/new")
    text = send(manager, form, "/week/new", **SATURDAY | {"services": ["talks"]}).text
    assert "Sat 5 Dec: Not everything is there that it takes for: Talks" in text
    assert "Not everything is there" not in send(manager, form, "/week/new", **SATURDAY).text


def test_a_session_in_the_hour_that_the_clocks_skip_is_said_to_be_closed_then(
    library: Library, manager: FlaskClient
) -> None:
    """On 28 March the clocks go from one to two."""
    at_night: dict[str, Any] = SATURDAY | {"weekdays": ["sunday"], "starts": "01:15", "ends": "01:45"}
    skipped = "On Sunday 28 March 2027 the clocks go forward over this session"
    form = page_of(manager, f"{WEEK}/new")
    assert skipped in send(manager, form, "/week/new", **at_night).text
    assert skipped not in send(manager, form, "/week/new", **(at_night | {"ends": "02:15"})).text


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("ends", {"ends": "09:00"}, "It must end after it begins"),
        ("starts", {"starts": "10:02"}, "steps of 5 minutes"),
        ("starts", {"starts": ""}, "Enter from what time it is held"),
        ("weekdays", {"weekdays": []}, "at least one day of the week"),
        ("weeks", {"repeats": "monthly"}, "at least one week of the month"),
        ("month_day", {"repeats": "day_of_month"}, "Choose the date of the month"),
        ("first_date", {"repeats": "once", "first_date": ""}, "Enter the first day"),
        ("first_date", {"first_date": "1 December"}, "First day"),
        ("last_date", {"last_date": "2026-11-30"}, "must not be before the first day"),
        ("repeats", {"last_date": "2026-12-03"}, "It is never held"),
        ("resources", {"resources": []}, "Choose who or what is open"),
        ("services", {"services": []}, "Choose at least one service"),
        ("services", {"ends": "10:25"}, "takes 30 minutes, and the session has 25"),
        ("reserved_percent", {"reserved_percent": "101"}, "from 0 to 100"),
        ("reserved_percent", {"reserved_percent": "abc"}, "from 0 to 100"),
        ("reserved_percent", {"release_hours": "2"}, "Enter how much is kept"),
        ("releases", {"releases": "50, 28"}, "With 0 percent for staff they are 50"),
        ("releases", {"releases": "50, 28\n50, 28, 00:00"}, "must come later than the one before"),
        ("releases", {"releases": "50, 28\n50 soon"}, "Line 2 must have percent, days before and a time"),
        ("releases", {"releases": "100, 366"}, "Line 1 must have percent"),
        ("releases", {"releases": "100, 3, 25:00"}, "Line 1 must have percent"),
        ("releases", {"releases": "100, 3", "drop_in": "y"}, "no shares where people come without"),
        ("repeats", {"repeats": "never"}, "choose one of those on the page"),
        ("repeats", {"repeats": "rule"}, "choose one of those on the page"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_stays(
    library: Library, manager: FlaskClient, field: str, values: dict[str, Any], words: str
) -> None:
    page = send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", HTTPStatus.BAD_REQUEST, **SATURDAY | values)
    assert words in page.text
    error = next(href for text, href in page.links if href.startswith("#") and words in text)
    assert error.removeprefix("#").split("-")[0] == field
    typed = {name: value for name, value in (SATURDAY | values).items() if value and name not in {"repeats"}}
    form = page.form_to("/week/new")
    assert {name: form.fields[name] for name in typed} == {
        name: value if isinstance(value, list) else [value] for name, value in typed.items()
    }


def test_what_is_open_already_is_a_warning(library: Library, manager: FlaskClient) -> None:
    values = SATURDAY | {"weekdays": ["friday", "saturday"], "resources": ["desk-2"]}
    preview = send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **values)
    assert "Desk 2 would be open twice at the same time" in preview.text
    assert "Every Monday, Tuesday, Wednesday, Thursday and Friday, 9am to 5pm" in preview.text
    assert "open twice" not in send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **SATURDAY).text


def test_a_session_that_is_over_already_and_a_day_off_are_said_in_words(library: Library, manager: FlaskClient) -> None:
    over = {"repeats": "once", "first_date": "2026-01-05"}, {"repeats": "weekly", "last_date": "2026-11-20"}
    for values in over:
        form = SATURDAY | {"first_date": ""} | values
        assert "This session is over" in send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **form).text
    assert "is over" not in send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **SATURDAY).text
    page = page_of(manager, f"{WEEKDAYS}?date=2026-11-24")
    off = send(manager, page, "/date", **named("date", how="off", reason="Training")).text
    assert "Not held on Tuesday 24 November 2026: Training" in off
    copy = {"what": "day", "from_day": "2026-11-27", "to_day": "2026-12-25"}
    refused = send(manager, page_of(manager, f"{WEEK}/copy"), "/copy", HTTPStatus.BAD_REQUEST, **copy)
    assert "Friday 25 December 2026 is a bank holiday (Christmas Day)" in refused.text


def test_a_change_from_a_day_on_leaves_the_days_before_as_they_were(library: Library, manager: FlaskClient) -> None:
    before = sessions(library)["weekdays"]
    page = page_of(manager, f"{WEEKDAYS}?date=2026-12-02")
    preview = send(manager, page, "/weekdays", change_from="2026-12-01", starts="12:00")
    assert send(manager, preview, "/weekdays").form_to("/weekdays").fields["change_from"] == ["2026-12-01"]
    save(manager, preview)
    known = sessions(library)
    assert known["weekdays"].pattern.last_date == date(2026, 11, 30)
    later = known["monday-to-friday-1200"]
    assert (later.pattern.first_date, later.pattern.last_date) == (date(2026, 12, 1), None)
    assert (f"{later.hours.starts:%H:%M}", later.resources) == ("12:00", before.resources)
    week = page_of(manager, f"{WEEK}?date=2026-12-01").text
    assert "9am to 5pm" in week
    assert "midday to 5pm" in week


def test_one_day_differs_and_who_no_longer_fits_stays_or_is_listed(library: Library, manager: FlaskClient) -> None:
    kept, listed = library.book(24 * 60), library.book(24 * 60)
    page = page_of(manager, f"{WEEKDAYS}?date=2026-11-24")
    preview = send(manager, page, "/date", **named("date", starts="10:00", reason="Late start"))
    assert "2 appointments do not fit any more" in preview.text
    back = send(manager, preview, "/date").form_to("/date").fields
    assert [back[f"date-{name}"] for name in ("on_day", "starts", "reason")] == [
        ["2026-11-24"],
        ["10:00"],
        ["Late start"],
    ]
    week = save(manager, preview, keep=[kept])
    assert "10am to 5pm" in week.text
    assert rebooked(library, date(2026, 11, 24)) == [listed]
    page = page_of(manager, f"{WEEKDAYS}?date=2026-11-24")
    save(manager, send(manager, page, "/date", **named("date", how="usual")))
    assert sessions(library)["weekdays"].exceptions == ()
    page = page_of(manager, WEEKDAYS)
    refused = send(manager, page, "/date", HTTPStatus.BAD_REQUEST, **named("date", on_day="2026-11-28"))
    assert "The session is not held on this day" in refused.text


def test_a_session_ends_or_goes(library: Library, manager: FlaskClient) -> None:
    preview = send(manager, page_of(manager, WEEKDAYS), "/end", **named("end", from_day="2026-12-01"))
    assert send(manager, preview, "/end").form_to("/end").fields["end-from_day"] == ["2026-12-01"]
    save(manager, preview)
    assert sessions(library)["weekdays"].pattern.last_date == date(2026, 11, 30)
    assert "Enter the first day" in send(manager, page_of(manager, WEEKDAYS), "/end", HTTPStatus.BAD_REQUEST).text
    save(manager, send(manager, page_of(manager, WEEKDAYS), "/end", remove="1"))
    assert sessions(library) == {}
    assert manager.get(WEEKDAYS).status_code == HTTPStatus.NOT_FOUND


def test_what_begins_later_is_counted_from_its_first_week_and_further_on_request(manager: FlaskClient) -> None:
    later = SATURDAY | {"first_date": "2027-06-01", "last_date": "2027-09-04"}
    preview = send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **later)
    assert "Free times from Monday 31 May 2027 to Sunday 25 July 2027" in preview.text
    assert "Mon 31 May 12 0" in preview.text
    further = page_of(manager, preview.link("Count the eight weeks after"))
    assert "Free times from Monday 26 July 2027 to Sunday 19 September 2027" in further.text
    after = page_of(manager, further.link("Count the eight weeks after"))
    assert "No free time comes or goes from Monday 20 September 2027" in after.text
    assert page_of(manager, after.link("Back to the first weeks that change")).text == preview.text
    for asked in ("2020-01-01", "9999-12-31", "x"):
        address = preview.link("Count the eight weeks after").replace("2027-07-26", asked)
        assert "Free times from Monday 31 May 2027" in page_of(manager, address).text


def test_several_are_changed_at_once_as_one_change(library: Library, manager: FlaskClient) -> None:
    late = library.book(24 * 60 + 7 * 60)  # on Tuesday the 24th, at four
    new: dict[str, Any] = {
        "repeats": "weekly",
        "weekdays": ["saturday"],
        "starts": "10:00",
        "ends": "16:00",
        "resources": ["desk-1"],
    }
    save(manager, send(manager, page_of(manager, f"{WEEK}/new"), "/week/new", **new, services=["certify"]))
    page = page_of(manager, page_of(manager, f"{WEEK}?date=2026-11-24").link("Change several sessions at once"))
    both = ["weekdays", "saturday-1000"]
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"sessions": both}, "Enter what changes"),
        ({"starts": "10:00"}, "Choose at least one session"),
        ({"sessions": both, "starts": "16:30"}, "it would end before it begins"),
        ({"sessions": both, "resource_out": "desk-1"}, "nobody and nothing would be open"),
        ({"sessions": both, "starts": "15:50"}, "takes 30 minutes, and the session has 10"),
        ({"sessions": both, "last_date": "2020-01-05", "starts": "10:00"}, "before"),
        ({"sessions": both, "starts": "10:00", "change_from": "2026-11-22"}, "cannot hold from a day before today"),
        ({"sessions": both, "starts": "10:00", "last_date": "2026-11-22"}, "The last day cannot be before today"),
    )
    for values, words in cases:
        refused = send(manager, page, "/week/several", HTTPStatus.BAD_REQUEST, **values)
        assert words in refused.text
        assert refused.form_to("/week/several").fields.get("starts") == [str(values.get("starts", ""))]
    every = send(manager, page, "/week/several", HTTPStatus.BAD_REQUEST, sessions=both, starts="17:30").text
    assert "2 sessions cannot be changed so" in every
    assert every.count("it would end before it begins") == 4  # in the summary and beside each of them
    typed: dict[str, Any] = {
        "sessions": both,
        "change_from": "2026-11-24",
        "ends": "15:00",
        "resource_out": "desk-1",
        "resource_in": "desk-2",
    }
    preview = send(manager, page, "/week/several", **typed)
    assert "1 appointment does not fit any more" in preview.text
    again = send(manager, preview, "/week/several").form_to("/week/several").fields
    assert (again["sessions"], again["ends"], again["resource_in"]) == (both, ["15:00"], ["desk-2"])
    save(manager, preview)
    found = sessions(library)
    assert found["weekdays"].pattern.last_date == date(2026, 11, 23)
    later = found["monday-to-friday-0900"]
    assert (f"{later.hours.ends:%H:%M}", later.resources) == ("15:00", ("desk-2",))
    assert (found["saturday-1000"].resources, found["saturday-1000-2"].resources) == (("desk-1",), ("desk-2",))
    assert rebooked(library, date(2026, 11, 24)) == [late]
    with library.database.reading() as db:
        sets = db.scalars(select(SetUpChange.change_set).order_by(SetUpChange.id)).all()
    assert len(set(sets[-3:])) == 1


def test_of_several_the_second_colleague_reads_what_the_first_did(library: Library, manager: FlaskClient) -> None:
    page = page_of(manager, f"{WEEK}/several?date=2026-11-30")
    assert page.form_to("/week/several").fields["change_from"] == ["2026-11-30"]
    typed: dict[str, Any] = {"sessions": ["weekdays"], "starts": "10:00", "change_from": ""}
    save(manager, send(manager, page_of(manager, WEEKDAYS), "/weekdays", ends="15:00"))
    told = send(manager, page, "/week/several", HTTPStatus.CONFLICT, **typed)
    assert "Site manager has changed this session since you opened the form" in told.text
    assert "9am to 3pm" in told.text
    assert told.form_to("/week/several").fields["starts"] == ["10:00"]
    assert "10am to 3pm" in send(manager, told, "/week/several").text
    save(manager, send(manager, page_of(manager, WEEKDAYS), "/end", remove="1"))
    gone = send(manager, told, "/week/several", HTTPStatus.BAD_REQUEST, **typed)
    assert "One of these sessions is not held in this week any more" in gone.text


def test_a_day_or_a_week_is_copied_once(library: Library, manager: FlaskClient) -> None:
    for what, to_day, number in (("day", "2026-11-28", 1), ("week", "2026-11-29", 1), ("day", "2026-11-29", 2)):
        form = page_of(manager, page_of(manager, WEEK).link("Copy a day or a week"))
        values: dict[str, Any] = {"what": what, "from_day": "2026-11-24", "to_day": to_day}
        if what == "week":
            refused = send(manager, form, "/week/copy", HTTPStatus.BAD_REQUEST, **values)
            assert "There is nothing to copy" in refused.text
            continue
        preview = send(manager, form, "/week/copy", **values)
        assert send(manager, preview, "/week/copy").form_to("/week/copy").fields["to_day"] == [to_day]
        save(manager, preview)
        assert len([one for one in sessions(library).values() if one.is_dated]) == number
    copy = sessions(library)["2026-11-28-0900"]
    assert (copy.resources, copy.services) == (("desk-1", "desk-2"), ("certify", "advice"))


def test_the_second_of_two_sees_what_the_first_did_and_loses_nothing(
    library: Library, manager: FlaskClient, admin: FlaskClient
) -> None:
    mine = page_of(manager, WEEKDAYS)
    theirs = page_of(admin, WEEKDAYS)
    too_late = send(manager, mine, "/weekdays", ends="16:00")
    save(admin, send(admin, theirs, "/weekdays", starts="10:00"))
    form = too_late.form_to("/week")
    answer = manager.post(form.action, data=form.values())
    assert answer.status_code == HTTPStatus.CONFLICT
    again = send(manager, check_page(answer.text), "/weekdays", HTTPStatus.CONFLICT)
    stale = send(manager, mine, "/weekdays", HTTPStatus.CONFLICT, ends="16:00")
    for page in (again, stale):
        assert "Authority admin has changed this since you opened the form" in page.text
        fields = page.form_to("/weekdays").fields
        assert (fields["starts"], fields["ends"]) == (["10:00"], ["16:00"])
    save(manager, send(manager, again, "/weekdays"))
    hours = sessions(library)["weekdays"].hours
    assert (f"{hours.starts:%H:%M}", f"{hours.ends:%H:%M}") == ("10:00", "16:00")
    mine, theirs = page_of(manager, WEEKDAYS), page_of(admin, WEEKDAYS)
    save(admin, send(admin, theirs, "/weekdays", ends="14:00", resources=["desk-1"]))
    both = send(manager, mine, "/weekdays", HTTPStatus.CONFLICT, ends="15:00", resources=["desk-2"])
    assert "What you both changed, theirs and yours" in both.text
    assert "10am to 3pm" in both.text
    assert "Desk 1 → Desk 2" in both.text
    page = page_of(admin, WEEKDAYS)
    save(manager, send(manager, page_of(manager, WEEKDAYS), "/end", remove="1"))
    form = page.form_to("/weekdays")
    gone = admin.post(form.action, data=form.values())
    assert gone.status_code == HTTPStatus.CONFLICT
    assert "Somebody else has removed this session" in check_page(gone.text).text


def test_the_sessions_of_another_site_are_not_there(library: Library, manager: FlaskClient, admin: FlaskClient) -> None:
    for path in (f"{WEEK}/new", f"{WEEK}/copy", WEEKDAYS):
        assert manager.get(path.replace("high-street", "mill-lane")).status_code == HTTPStatus.NOT_FOUND
    assert admin.get(WEEKDAYS.replace("high-street", "mill-lane")).status_code == HTTPStatus.NOT_FOUND
    form = send(admin, page_of(admin, f"{WEEK}/new"), "/week/new", **SATURDAY).form_to("/week")
    for client, action in ((manager, form.action), (admin, form.action.replace("high-street", "mill-lane"))):
        token = page_of(client, f"{WEEK}/new").form_to("/week/new").fields["csrf_token"]
        answer = client.post(action, data=form.values(csrf_token=token))
        assert answer.status_code == HTTPStatus.NOT_FOUND
    assert set(sessions(library)) == {"weekdays"}


def test_the_history_of_the_sites_sessions_is_the_managers_too(library: Library, manager: FlaskClient) -> None:
    form = page_of(manager, WEEKDAYS)
    save(manager, send(manager, form, WEEKDAYS, starts="10:00"))
    page = page_of(manager, page_of(manager, WEEKDAYS).link("What was changed here"))
    change = page_of(manager, page.link("10am"))
    assert "9am" in change.text
    preview = send(manager, change, "/history/1")
    save(manager, preview)
    assert f"{sessions(library)['weekdays'].hours.starts:%H:%M}" == "09:00"
    assert "Changed:" in page_of(manager, page_of(manager, WEEK).link("What was changed in its sessions")).text
    assert manager.get(f"{SITE}/week/history/99").status_code == HTTPStatus.NOT_FOUND
    assert manager.get("/staff/sites/mill-lane/week/history").status_code == HTTPStatus.NOT_FOUND
    assert manager.get("/staff/sites/mill-lane/week/history/1").status_code == HTTPStatus.NOT_FOUND


def test_two_rules_for_one_session_are_told_in_words(
    library: Library, manager: FlaskClient, admin: FlaskClient
) -> None:
    mine = page_of(manager, WEEKDAYS)
    monthly: dict[str, Any] = {
        "repeats": "monthly",
        "weekdays": ["tuesday"],
        "weeks": ["1"],
        "first_date": "2026-12-01",
    }
    save(admin, send(admin, page_of(admin, WEEKDAYS), "/weekdays", weekdays=["monday", "tuesday"]))
    page = send(manager, mine, "/weekdays", HTTPStatus.CONFLICT, **monthly)
    assert "What you both changed" in page.text
    for raw in ("FREQ", "BYDAY", "monthly"):
        assert raw not in page.text
    assert "every Monday and Tuesday" in page.text.replace("Every", "every")


def test_a_session_is_released_in_shares_and_the_form_says_from_when_on(library: Library, manager: FlaskClient) -> None:
    lines = "50, 28\n40, 0, 08:00"
    changed: dict[str, Any] = {"reserved_percent": "10", "releases": lines}
    preview = send(manager, page_of(manager, WEEKDAYS), "/sessions/weekdays", **changed)
    for words in ("Released to residents in shares", "Percent: 50", "Days before: 28", "From: 08:00"):
        assert words in preview.text
    save(manager, preview)
    assert sessions(library)["weekdays"].hours.releases == (Release(50, 28), Release(40, 0, time(8)))
    page = page_of(manager, WEEKDAYS)
    assert page.form_to("/sessions/weekdays").fields["releases"] == ["50, 28, 00:00\n40, 0, 08:00"]
    for words in (
        "For example, on Monday 23 November 2026",
        "Monday 26 October 2026 at midnight",
        "10 percent",
        "Kept for staff",
    ):
        assert words in page.text
    strip = re.findall(r'<rect class="([^"]+)" x="(\d+)%" y="0" width="(\d+)%"', manager.get(WEEKDAYS).text)
    staff = "fd-shares__part fd-shares__part--staff"
    assert strip == [("fd-shares__part", "0", "50"), ("fd-shares__part", "50", "40"), (staff, "90", "10")]


@pytest.mark.parametrize(("hours", "is_warned"), [({"ends": "16:00"}, False), ({"ends": "18:00"}, True)])
def test_a_break_that_was_lacking_before_is_no_news(
    library: Library, manager: FlaskClient, hours: dict[str, Any], *, is_warned: bool
) -> None:
    with library.database.writing() as db:
        db.execute(update(Resource).where(Resource.slug == "desk-1").values(kind="adviser"))
        bump_plan(db, library.world.authority_id, [library.world.site_id])
    page = page_of(manager, f"{WEEKDAYS}?date=2026-12-02")
    preview = send(manager, page, "/weekdays", change_from="2026-12-01", **hours)
    warning = (
        "Bookings could leave Desk 1 more than six hours without a break of 20 minutes, first on Tuesday 1 December"
    )
    assert (warning in preview.text) is is_warned


@pytest.mark.parametrize(
    ("repeats", "words"),
    [("weekly", "starts more each week"), ("fortnightly", "starts more in a week, in 4 of 8 weeks")],
)
def test_what_comes_more_is_said_of_the_weeks_in_which_it_does(
    library: Library, manager: FlaskClient, repeats: str, words: str
) -> None:
    form = page_of(manager, f"{WEEK}/new")
    preview = send(manager, form, f"{WEEK}/new", **SATURDAY | {"repeats": repeats, "first_date": "2026-11-28"})
    assert words in preview.text
