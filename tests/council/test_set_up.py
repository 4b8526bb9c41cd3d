"""The set-up on screens: forms made from the file's own rules, the effect first, nothing typed lost, and a way back."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from booking.tables import RebookItem
from booking.use_cases.change_set_up import EditPreview, preview_edits
from locations.history.tables import SetUpChange
from locations.importing import toml_fields
from locations.importing.set_up_tables import plain, things_in
from locations.importing.toml_file import read_tables
from locations.importing.value_checks import ListCheck, OneOfCheck
from locations.tables import Service, Site
from people.residents.tables import ResidentView
from people.staff.policy import Role
from tests.booking.test_import_locations import FILE
from tests.locations.test_export import FILES, ODD
from tests.support.factories import catalogue, make_resource, make_session, make_site, make_world
from tests.support.pages import Form, Page, check_page
from tests.web.site.conftest import Library
from web.manage import recent_previews, set_up_proposals
from web.manage.field_texts import BY_LIST, text_of_field
from web.manage.field_words import WORDS
from web.manage.thing_form import FIELDS, LISTS, form_of_table

pytestmark = pytest.mark.databases("sqlite")
HOME = "/staff/set-up"
SERVICE, SITE = f"{HOME}/service/certify", f"{HOME}/site/high-street"


def page_of(client: FlaskClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def form_at(client: FlaskClient, address: str) -> Form:
    return page_of(client, address).form_to(address.split("?")[0])


def post(client: FlaskClient, form: Form, status: int = 200, **values: Any) -> Page:
    answer = client.post(form.action, data=form.values(**values), follow_redirects=True)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def save(client: FlaskClient, preview: Page, **values: Any) -> str:
    """Where the browser is led after the preview is saved."""
    form = preview.form_to("/save")
    answer = client.post(form.action, data=form.values(**values))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def made(library: Library, table: Any) -> list[str]:
    with library.database.reading() as db:
        return list(db.scalars(select(table.slug).order_by(table.id)))


def name_of_service(library: Library) -> str:
    return catalogue(library.database, library.world).service("certify").name


def test_every_field_of_the_file_has_words_and_an_input(app: Flask) -> None:
    with app.test_request_context():
        for kind, fields in {
            **FIELDS,
            **{name: one for lists in LISTS.values() for name, one in lists.items()},
        }.items():
            for name, field in fields.items():
                assert text_of_field(kind, name).label
                check = field.check.item if isinstance(field.check, ListCheck) else field.check
                assert set(check.choices) <= set(WORDS) if isinstance(check, OneOfCheck) else True
        assert set(FIELDS["person"]) == set(toml_fields.PERSON) - {"seats"}
        assert {name for lists in LISTS.values() for name in lists} <= set(BY_LIST)


@pytest.mark.parametrize(
    "text", [*(file.read_text(encoding="utf-8") for file in FILES), ODD], ids=range(len(FILES) + 1)
)
def test_a_form_that_nobody_has_changed_says_the_table_that_it_shows(app: Flask, text: str) -> None:
    with app.test_request_context():
        for key, thing in things_in(read_tables(text.encode())[1]).items():
            if key.kind in FIELDS:
                said = form_of_table(key.kind, thing.table).table(thing.table)
                assert plain(_without_defaults(key.kind, said)) == plain(_without_defaults(key.kind, thing.table))


def _without_defaults(kind: str, table: Any) -> dict[str, Any]:
    fields = FIELDS[kind]
    lists = LISTS.get(kind, {})
    kept: dict[str, Any] = {}
    for name, value in table.items():
        if name in lists:
            kept[name] = [_rows(lists[name], row) for row in value]
        elif name not in fields or value != plain(fields[name].default):
            kept[name] = value
    return {name: value for name, value in kept.items() if value != [] or name != "reminder_plan" or kind != "council"}


def _rows(fields: Any, row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (fields[name].default, "", [])}


@pytest.mark.parametrize("role", Role)
def test_only_an_administrator_sees_it(library: Library, role: Role) -> None:
    client = library.sign_in(role)
    expected = 200 if role is Role.AUTHORITY_ADMIN else 404
    for address in (HOME, SERVICE, f"{HOME}/history", f"{HOME}/file", f"{HOME}/upload"):
        assert client.get(address).status_code == expected


def test_another_councils_things_are_not_there(library: Library, admin: FlaskClient) -> None:
    otherham = make_world(library.database, slug="otherham")
    make_site(library.database, otherham.authority_id, "far")
    for address in (f"{HOME}/site/far", f"{HOME}/council/otherham", f"{HOME}/castle/x", f"{HOME}/changes/99"):
        assert admin.get(address).status_code == 404
    assert admin.get(f"{HOME}/resource/desk-1?site=far").status_code == 404


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(library: Library, admin: FlaskClient) -> None:
    form = form_at(admin, SERVICE)
    page = post(admin, form, 400, name="Certified copies", duration_minutes="7", open_limit="many", topic="Papers")
    assert page.text.count("Enter a whole number for “How many appointments may somebody have for it?”") == 2
    assert "without quotes" not in page.text
    of_the_rules = "“How long does it take?” of “Certify documents” is 7; it must be a multiple of 5."
    assert of_the_rules in page.text  # in one batch with what cannot be read
    sent = page.form_to(SERVICE).values(open_limit="")
    page = check_page(admin.post(SERVICE, data=sent).text)
    assert of_the_rules in page.text
    again = page.form_to(SERVICE)
    assert (again.fields["name"], again.fields["topic"]) == (["Certified copies"], ["Papers"])
    assert name_of_service(library) == "Certify documents"


def test_rows_are_added_and_taken_away_without_a_script(admin: FlaskClient) -> None:
    form = form_at(admin, SERVICE)
    form = post(admin, form, add="triage_questions", name="Typed").form_to(SERVICE)
    assert "triage_questions-0-ask" in form.fields
    values: Any = {"triage_questions-0-ask": "Do you rent?"}
    form = post(admin, form, add="triage_questions", **values).form_to(SERVICE)
    values |= {"triage_questions-1-ask": "Since when?"}
    form = post(admin, form, remove_row="triage_questions-0", **values).form_to(SERVICE)
    assert (form.fields["triage_questions-0-ask"], form.fields["name"]) == (["Since when?"], ["Typed"])
    assert "triage_questions-1-ask" not in form.fields
    assert "Since when?" in post(admin, form).text


def test_nothing_is_saved_before_its_effect_was_shown(library: Library, admin: FlaskClient) -> None:
    reference = library.book(60)
    form = form_at(admin, f"{HOME}/resource/desk-1?site=high-street")
    preview = post(admin, form, kind="room")
    assert "1 appointment does not fit any more" in preview.text
    assert "Robin" in preview.text
    with library.database.reading() as db:
        assert db.scalars(select(ResidentView.purpose)).all().count("set_up_preview") == 1
    token = preview.form_to("/save").fields["proposal"][0]
    admin_two = library.sign_in(Role.AUTHORITY_ADMIN, library.other_site_id)
    for client, forged in ((admin, f"{token}x"), (admin, ""), (admin_two, token)):
        sent = {"proposal": forged, "csrf_token": page_of(client, HOME).form_to("sign-out").fields["csrf_token"]}
        assert client.post(f"{HOME}/save", data=sent).status_code == 404
    saved = save(admin, preview, keep=[], give=[])
    assert "desk-1?site=high-street&saved=1" in saved
    assert page_of(admin, saved).link("See who does not fit any more").endswith("/to-rebook")
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(RebookItem)) == 1
        assert library.desk_of(reference)


def test_who_is_ticked_stays_and_is_on_no_list(library: Library, admin: FlaskClient) -> None:
    reference = library.book(60)
    preview = post(admin, form_at(admin, f"{HOME}/resource/desk-1?site=high-street"), kind="room")
    for keep in ([reference], []):  # pressed twice
        assert "who does not fit any more" not in page_of(admin, save(admin, preview, keep=keep)).text
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(RebookItem)) == 0


def test_two_who_change_one_thing_lose_nothing(library: Library, admin: FlaskClient) -> None:
    other = library.sign_in(Role.AUTHORITY_ADMIN, library.other_site_id)
    mine, theirs = form_at(admin, SERVICE), form_at(other, SERVICE)
    preview = post(admin, mine, name="Mine", summary="Typed here")
    save(other, post(other, theirs, name="Theirs", topic="Their topic"))
    form = preview.form_to("/save")
    answer = admin.post(form.action, data=form.values())
    assert answer.status_code == 409
    page = post(admin, check_page(answer.text).form_to(SERVICE), 409)
    assert "Authority admin has changed this since you opened the form" in page.text
    form = page.form_to(SERVICE)
    assert [form.fields[name] for name in ("name", "summary", "topic")] == [["Mine"], ["Typed here"], ["Their topic"]]
    save(admin, post(admin, form))
    saved = catalogue(library.database, library.world).service("certify")
    assert (saved.name, saved.summary, saved.topic) == ("Mine", "Typed here", "Their topic")


def test_a_change_is_seen_in_the_history_and_put_back(library: Library, admin: FlaskClient) -> None:
    save(admin, post(admin, form_at(admin, SERVICE), name="Wrong name"))
    page = page_of(admin, page_of(admin, SERVICE).link("What was changed here"))
    change = page_of(admin, page.link("Wrong name"))
    preview = post(admin, change.form_to("/changes/1"))
    assert "Certify documents" in preview.text
    save(admin, preview)
    assert name_of_service(library) == "Certify documents"
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(SetUpChange)) == 2


def test_a_place_that_takes_bookings_is_made_by_screens_alone(library: Library, admin: FlaskClient) -> None:
    """A service, a site and a desk from nothing. Their names make their addresses."""
    form = form_at(admin, f"{HOME}/service/new")
    form = post(admin, form, add="requirements").form_to("/service/new")
    values: Any = {
        "name": "Blue Badge",
        "duration_minutes": "20",
        "modes": ["in_person"],
        "requirements-0-kind": "desk",
    }
    assert save(admin, post(admin, form, **values)).endswith("/service/blue-badge?saved=1")
    form = form_at(admin, f"{HOME}/site/new")
    assert "needs “Name of the site”." in post(admin, form, 400, kind="library").text
    preview = post(admin, form, name="Hill Road Library", kind="library", features="Step free")
    site = save(admin, preview)
    assert save(admin, preview) == site
    assert site.endswith("/site/hill-road-library?saved=1")
    desk = page_of(admin, page_of(admin, site).link("Add a desk")).form_to("/resource/new")
    assert "site=hill-road-library" in save(admin, post(admin, desk, name="Desk", kind="desk", seats="1"))
    found = catalogue(library.database, library.world).site("hill-road-library")
    assert ([one.slug for one in found.resources], list(found.features)) == (["desk"], ["step-free"])
    assert "blue-badge" in made(library, Service)
    form = form_at(admin, f"{HOME}/site/new")
    assert save(admin, post(admin, form, name="Hill Road Library", kind="hub")).endswith("/hill-road-library-2?saved=1")


def test_who_begins_is_led_from_step_to_step(library: Library, admin: FlaskClient) -> None:
    """The set-up says what is still to do, and what is saved says what comes next, up to the first session."""
    site = save(admin, post(admin, form_at(admin, f"{HOME}/site/new"), name="Hill Road", kind="library"))
    assert "Hill Road: add the desks, rooms or people that are there To do" in page_of(admin, HOME).text
    desk = page_of(admin, page_of(admin, site).link("Add a desk")).form_to("/resource/new")
    saved = page_of(admin, save(admin, post(admin, desk, name="Desk", kind="desk", seats="1")))
    assert "Hill Road: add the desks, rooms or people that are there Done" in page_of(admin, HOME).text
    assert "resource/new?site=hill-road" in saved.link("Add one more desk")
    week = saved.link("Say when it is open: the week of Hill Road")
    assert "Add a session" in page_of(admin, week).text
    assert page_of(admin, f"{week}?saved=1").link("Set-up") == HOME


@pytest.mark.parametrize("kind", ["service", "site", "person", "resource"])
def test_a_new_thing_that_lacks_everything_says_so_at_its_fields(
    library: Library, admin: FlaskClient, kind: str
) -> None:
    """In words of the screen: no key of the file, no made-up short name, and no error without its field."""
    address = f"{HOME}/{kind}/new" + ("?site=high-street" if kind == "resource" else "")
    page = post(admin, form_at(admin, address), 400)
    errors = page.text.partition("There is a problem")[2].partition(" Add a ")[0]
    assert "This needs “Name" in errors
    assert not re.search(r'"|\[|=|requirements', errors), errors
    assert (
        errors.split()
        == " ".join(
            words for words, href in page.links if href.startswith("#") and not href.startswith("#main")
        ).split()
    )
    assert ("Choose what a visit needs" in errors) == (kind == "service")


def test_the_back_button_after_saving_leads_to_what_was_saved(library: Library, admin: FlaskClient) -> None:
    form = form_at(admin, SERVICE)
    first, second = (admin.post(form.action, data=form.values(name=name)).location for name in ("Copies", "Stamps"))
    saved = save(admin, page_of(admin, first))
    answer = admin.get(first)
    assert (answer.status_code, answer.location) == (303, saved)
    assert "by a colleague, or by you in another tab" in page_of(admin, second, 409).text


def test_a_reminder_needs_no_name(library: Library, admin: FlaskClient) -> None:
    form = post(admin, form_at(admin, SERVICE), add="reminder_plan").form_to(SERVICE)
    first: Any = {"reminder_plan-0-minutes_before": "120"}
    form = post(admin, form, add="reminder_plan", **first).form_to(SERVICE)
    times: Any = {"reminder_plan-1-days_before": "3", "reminder_plan-1-at": "09:00"}
    save(admin, post(admin, form, **times))
    plan = catalogue(library.database, library.world).service("certify").reminder_plan
    assert [one["kind"] for one in plan] == ["reminder_2h", "reminder_3d"]


def test_a_pale_colour_is_shown_with_its_contrast(admin: FlaskClient) -> None:
    shown = post(admin, form_at(admin, f"{HOME}/council/testshire"), brand_colour="#ffff00").text
    assert "#ffff00 (its contrast with white is 1.1 to 1, which is too pale: pages use #" in shown
    assert "#1d4f7c (its contrast with white is 8.5 to 1)" in shown


def test_what_is_needed_is_not_removed_and_what_is_not_goes(library: Library, admin: FlaskClient) -> None:
    library.book(60)
    assert "appointments there are still to come" in post(admin, form_at(admin, SITE), 400, remove="1").text
    assert save(admin, post(admin, form_at(admin, f"{HOME}/site/mill-lane"), remove="1")).endswith(f"{HOME}?saved=1")
    assert made(library, Site) == ["high-street"]


def test_the_file_goes_down_and_up_with_a_preview(library: Library, admin: FlaskClient) -> None:
    text = admin.get(f"{HOME}/file").text
    form = page_of(admin, f"{HOME}/upload").form_to("/upload")

    def upload(content: str, status: int = 200) -> Page:
        data = form.values() | {"file": (io.BytesIO(content.encode()), "testshire.toml")}
        answer = admin.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
        assert answer.status_code == status, answer.text
        return check_page(answer.text)

    assert "everything is as you say already" in upload(text).text
    assert "Line 1: The file is empty" in upload("", 400).text
    assert "Choose a file" in post(admin, form, 400).text
    assert "This is the file of “smallville”" in upload(FILE, 400).text
    assert "must be a multiple of 5" in upload(text.replace("duration_minutes = 30", "duration_minutes = 7"), 400).text
    save(admin, upload(text.replace('name = "Certify documents"', 'name = "Certified copies"')))
    assert name_of_service(library) == "Certified copies"
    assert Path(admin.get(f"{HOME}/file").headers["Content-Disposition"].split('"')[1]).name == "testshire.toml"


def test_a_long_count_shows_how_far_it_is_and_goes_on_by_itself(
    library: Library, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_at(admin, f"{HOME}/service/certify")
    at_once = post(admin, form, duration_minutes="60")
    monkeypatch.setattr(set_up_proposals, "SECONDS", 0)
    written: list[EditPreview] = []

    def counted(*edits: Any) -> EditPreview:
        written.append(preview_edits(*edits))
        return written[-1]

    monkeypatch.setattr(recent_previews, "preview_edits", counted)
    answer = admin.post(form.action, data=form.values(duration_minutes="60"), follow_redirects=True)
    for number in range(1, 8):
        page = check_page(answer.text)
        assert f"Counted so far: {number} of 8 weeks." in page.text
        assert [one.action for one in page.forms if one.action.endswith("/save")] == []
        answer = admin.get(answer.headers["Refresh"].partition("url=")[2])
    page = check_page(answer.text)
    assert "Refresh" not in answer.headers
    assert page.text == at_once.text
    assert len(written) == 1, "the council is locked once, and not for each step of the count"
    assert save(admin, page).endswith("saved=1")


def test_a_service_that_no_session_offers_is_said_to_be_bookable_nowhere(admin: FlaskClient) -> None:
    save(admin, post(admin, form_at(admin, f"{HOME}/site/mill-lane"), remove="1"))  # it has no session
    assert "no session is for it" not in page_of(admin, HOME).text
    form = form_at(admin, f"{HOME}/service/new")
    values: Any = {"name": "Blue Badge", "duration_minutes": "20", "requirements-0-kind": "desk"}
    save(admin, post(admin, form, **values))
    text = page_of(admin, HOME).text
    assert "Residents can book" in text
    assert "no session is for it: Blue Badge." in text


def test_one_more_row_leads_to_it_and_keeps_another_that_is_still_empty(admin: FlaskClient) -> None:
    form = form_at(admin, SERVICE)
    answer = admin.post(form.action, data={**form.fields, "add": "triage_questions"})
    assert answer.location.endswith("#triage_questions-row-0")
    form = page_of(admin, answer.location).form_to(SERVICE)
    answer = admin.post(form.action, data={**form.fields, "add": "triage_questions"})
    assert answer.location.endswith("#triage_questions-row-1")
    assert "triage_questions-1-ask" in page_of(admin, answer.location).form_to(SERVICE).fields


def test_what_comes_next_is_said_after_saving(library: Library, admin: FlaskClient) -> None:
    address = save(admin, post(admin, form_at(admin, f"{HOME}/council/testshire"), phone="01632 960001"))
    page = page_of(admin, address)
    assert "Next: Mill Lane Library: add the desks, rooms or people that are there" in page.text
    assert page.link("Next: Mill Lane Library") == f"{HOME}/site/mill-lane"


def test_minutes_are_said_as_minutes(admin: FlaskClient) -> None:
    preview = post(admin, form_at(admin, SERVICE), duration_minutes="75")
    assert "1 hour 15 minutes" in preview.text
    assert "30 minutes" in preview.text


@pytest.mark.parametrize("address", [SERVICE, f"{HOME}/resource/desk-1?site=high-street"])
def test_what_sessions_need_is_not_removed_and_it_is_said_which(admin: FlaskClient, address: str) -> None:
    page = post(admin, form_at(admin, address), 400, remove="1")
    assert "It cannot be removed while sessions need it. Change or end them first: High Street Library: " in page.text
    assert "did you mean" not in page.text
    assert "which is no resource" not in page.text


@pytest.mark.parametrize("role", [Role.AUTHORITY_ADMIN, Role.SITE_MANAGER])
def test_a_session_that_is_over_keeps_nothing_from_being_removed(library: Library, role: Role) -> None:
    town, site = library.world.authority_id, library.world.site_id
    desk = make_resource(library.database, town, site, "desk-9")
    services = list(library.world.service_ids)
    make_session(library.database, town, site, [desk], services, slug="last-spring", last_date=date(2026, 5, 1))
    client = library.sign_in(role)
    is_admin = role is Role.AUTHORITY_ADMIN
    address = f"{HOME}/resource/desk-9?site=high-street" if is_admin else "/staff/sites/high-street/resources/desk-9"
    preview = post(client, form_at(client, address), remove="1")
    assert preview.text.count("It is removed.") == 2
    form = preview.form_to("/save") if is_admin else preview.form_to("/resources")
    assert client.post(form.action, data=form.values()).status_code == 303
    assert client.get(address).status_code == 404


def test_a_session_of_school_holidays_is_not_over_while_none_is_known(library: Library, admin: FlaskClient) -> None:
    town, site = library.world.authority_id, library.world.site_id
    desk = make_resource(library.database, town, site, "desk-9")
    services = list(library.world.service_ids)
    make_session(library.database, town, site, [desk], services, slug="in-holidays", school="holidays")
    page = post(admin, form_at(admin, f"{HOME}/resource/desk-9?site=high-street"), 400, remove="1")
    assert "It cannot be removed while sessions need it." in page.text
