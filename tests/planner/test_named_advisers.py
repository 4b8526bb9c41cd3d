"""Staff name the adviser of a resident; whoever has the link finds times with that one, and nobody else sees a name."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.advisers.tables import NamedAdviser
from booking.slot_tokens import decode
from booking.tables import Appointment, Hold
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Resource, Service
from people.residents.tables import Resident
from people.staff.policy import Role
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.factories import NOW
from tests.support.pages import check_page
from tests.web.resident.browser import Visitor
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def advisers(library: Library) -> str:
    """The library's two desks are two advisers; the address of the page of somebody who was there."""
    with library.database.writing() as db:
        db.execute(update(Resource).values(kind="adviser", name="Ann of " + Resource.slug))
        db.execute(update(Service).values(requirements=[{"kind": "adviser", "skills": []}]))
        bump_plan(db, library.world.authority_id)
    reference = library.book(60)
    with library.database.reading() as db:
        person = db.scalars(select(Appointment.resident_id).where(Appointment.reference == reference)).one()
    return f"/staff/residents/{person}/advisers"


def test_every_bad_value_of_the_form_is_answered_and_names_nobody(
    library: Library, advisers: str, manager: FlaskClient
) -> None:
    form = check_page(manager.get(advisers).text).form_to(advisers)
    good = {"service": "certify", "adviser": str(library.world.resource_ids[1]), "until": "2027-03-01"}
    for field in good:
        for words, value in BAD_VALUES.items():
            answer = manager.post(advisers, data=form.values(**good) | {field: as_sent(value)})
            assert answer.status_code == HTTPStatus.BAD_REQUEST, (field, words)
    with library.database.reading() as db:
        assert db.scalars(select(NamedAdviser.id)).all() == []


def test_a_manager_names_advisers_of_their_own_sites_for_whoever_comes_to_these(
    library: Library, advisers: str
) -> None:
    at_home, elsewhere = (
        library.sign_in(Role.SITE_MANAGER, site) for site in (library.world.site_id, library.other_site_id)
    )
    form = check_page(at_home.get(advisers).text).form_to(advisers)
    assert len(form.choices["adviser"]) == 3  # none, and the two of the site
    assert elsewhere.get(advisers).status_code == HTTPStatus.NOT_FOUND
    with library.database.writing() as db:  # somebody who has never been anywhere
        stranger = Resident(
            authority_id=library.world.authority_id, name="Sam Stranger", support_needs=[], created_at=NOW
        )
        db.add(stranger)
        db.flush()
        stranger_id = stranger.id
    page = check_page(elsewhere.get(f"/staff/residents/{stranger_id}/advisers").text)
    assert "Ann of" not in page.text


def test_an_adviser_of_another_site_is_neither_ended_nor_replaced_by_a_manager(
    library: Library, advisers: str, manager: FlaskClient, admin: FlaskClient
) -> None:
    """The resident comes to both sites; whoever manages one sees the adviser of the other, and leaves it."""
    first, elsewhere = library.world.resource_ids
    form = check_page(admin.get(advisers).text).form_to(advisers)
    admin.post(advisers, data=form.values(service="certify", adviser=str(elsewhere), until="2027-03-01"))
    own = check_page(manager.get(advisers).text)
    with library.database.writing() as db:  # the second moves to the other site, with a session there
        db.execute(update(Resource).where(Resource.id == elsewhere).values(site_id=library.other_site_id))
        bump_plan(db, library.world.authority_id)
    page = check_page(manager.get(advisers).text)
    assert "That adviser works at another site" in page.text
    assert [form.action for form in page.forms if form.action.endswith("/end")] == []
    tried = own.form_to("/end")
    replaced = own.form_to(advisers).values(service="certify", adviser=str(first), until="2027-03-01")
    for address, values in ((tried.action, tried.fields), (advisers, replaced)):
        answer = manager.post(address, data=values)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert "Their adviser for this works at another site" in answer.text
    with library.database.reading() as db:
        assert db.scalars(select(NamedAdviser.resource_id)).all() == [elsewhere]
    assert admin.post(tried.action, data=check_page(admin.get(advisers).text).form_to("/end").fields).status_code == 303


def test_the_link_finds_times_with_the_named_adviser_until_it_ends(
    app: Flask, library: Library, advisers: str, manager: FlaskClient
) -> None:
    second = library.world.resource_ids[1]
    form = check_page(manager.get(advisers).text).form_to(advisers)
    manager.post(advisers, data=form.values(service="certify", adviser=str(second), until="2027-03-01"))
    named = check_page(manager.get(advisers).text)
    assert "Ann of desk-2 is their adviser until Mon 1 Mar" in named.text
    link = re.findall(r"/testshire/adviser/[0-9a-f]{64}", named.text)[0]
    resident, stranger = app.test_client(), app.test_client()
    search = resident.get(link).location.replace("/needs", "/when")
    shown = check_page(resident.get(search).text)
    assert "These are times with Ann of desk-2" in shown.text
    hold = shown.form_to("/book/hold")
    assert [decode(token).adviser for token in hold.fields["slot"]] == [second]
    everybody = check_page(resident.get(search.replace("adviser=own", "adviser=any")).text)
    assert "Your adviser is Ann of desk-2" in everybody.text
    with library.database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"]))
        bump_plan(db, library.world.authority_id)
    assert '<span lang="en" dir="ltr">Ann of desk-2</span>' in resident.get(f"{search}&lang=cy").text
    other = check_page(stranger.get(search).text)
    assert "Ann" not in other.text
    token = other.form_to("/book/hold").fields["csrf_token"]
    answer = stranger.post("/testshire/book/hold", data=hold.fields | {"csrf_token": token})
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert resident.post("/testshire/book/hold", data=hold.fields).status_code == HTTPStatus.SEE_OTHER
    with library.database.reading() as db:
        assert [decode(held).adviser for held in db.scalars(select(Hold.slot_token))] == [second]
    end = named.form_to("/end")
    assert manager.post(end.action, data=end.fields).status_code == HTTPStatus.SEE_OTHER
    assert "Ann" not in check_page(resident.get(search).text).text
    assert app.test_client().get(link).status_code == HTTPStatus.NOT_FOUND


def test_a_service_for_people_with_an_adviser_says_so_to_everybody_else(
    app: Flask, library: Library, advisers: str
) -> None:
    with library.database.writing() as db:
        db.execute(update(Service).values(named_adviser="named_only", catchment_instead="Ring us first."))
        bump_plan(db, library.world.authority_id)
    for page in ("needs", "where", "when"):
        text = check_page(app.test_client().get(f"/testshire/{page}?service=certify").text).text
        assert "This is for people who have an adviser" in text
        assert "Ring us first." in text


@pytest.mark.parametrize("step", ["hold", "who", "details", "check"])
def test_whoever_is_booking_when_it_ends_is_told_at_the_next_press_and_loses_nothing(
    app: Flask, library: Library, advisers: str, manager: FlaskClient, step: str
) -> None:
    """Before that every page says with whom it is, as the page of the appointment does."""
    form = check_page(manager.get(advisers).text).form_to(advisers)
    second = str(library.world.resource_ids[1])
    manager.post(advisers, data=form.values(service="certify", adviser=second, until="2027-03-01"))
    named = check_page(manager.get(advisers).text)
    resident = Visitor(app.test_client())
    search = resident.client.get(re.findall(r"/testshire/adviser/[0-9a-f]{64}", named.text)[0]).location
    resident.open(f"!{search.replace('/needs', '/when')}")
    typed = {
        "hold": {"slot": resident.page.form_to("/book/hold").fields["slot"][0]},
        "who": {"who": "me"},
        "details": {"name": "Robin Sample", "email": "robin@example.org", "contact_preference": "email"},
        "check": {},
    }
    for before, values in typed.items():
        if before == step:
            break
        resident.send(f"/{before}", **values)
    if step == "check":
        assert "With whom Ann of desk-2" in resident.page.text
    end = named.form_to("/end")
    manager.post(end.action, data=end.fields)
    resident.send(f"/{step}", **typed[step])
    assert (resident.status, resident.page.headings) == (HTTPStatus.GONE, ["You cannot book this time"])
    assert "the link to their times does not work any more" in resident.page.text
    resident.follow("Choose another time")
    assert "Ann" not in resident.page.text
    if step == "details":
        assert resident.take_first_time().form_to("/details").fields["name"] == ["Robin Sample"]


def test_the_second_of_two_colleagues_is_shown_what_the_first_did(
    library: Library, advisers: str, manager: FlaskClient
) -> None:
    """A double click names nobody twice; what is sent from an older page changes nothing, and stays in the form."""
    first, second = map(str, library.world.resource_ids)
    older = check_page(manager.get(advisers).text).form_to(advisers)
    values = {"service": "certify", "until": "2027-03-01"}
    for _click in range(2):
        assert manager.post(advisers, data=older.values(**values, adviser=first)).status_code == HTTPStatus.SEE_OTHER
    answer = manager.post(advisers, data=older.values(**values, adviser=second))
    page = check_page(answer.text)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "It has changed since you opened this page" in page.text
    assert "Ann of desk-1 is their adviser until Mon 1 Mar" in page.text
    assert page.form_to(advisers).fields["adviser"] == [second]
    end = page.form_to("/end")
    assert manager.post(advisers, data=page.form_to(advisers).values()).status_code == HTTPStatus.SEE_OTHER
    assert manager.post(end.action, data=end.fields).status_code == HTTPStatus.CONFLICT
    ended = {"closed_from": NOW.date(), "where_to_go": "Ring us."}
    with library.database.writing() as db:
        db.execute(update(Service).values(**ended))
        bump_plan(db, library.world.authority_id)
    shown = check_page(manager.get(advisers).text).text
    assert "is not given any more since Monday 23 November 2026" in shown
    assert "It works until that day" not in shown
