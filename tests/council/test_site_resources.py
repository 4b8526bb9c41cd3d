"""A site manager changes the desks, rooms and people of their own sites, and nothing else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from people.staff.policy import POLICY, Action, Role
from tests.council.test_set_up import HOME, form_at, page_of, post
from tests.support.factories import catalogue
from tests.support.pages import Page
from tests.web.site.conftest import SITE, Library

pytestmark = pytest.mark.databases("sqlite")
HERE, ELSEWHERE = f"{SITE}/resources", "/staff/sites/mill-lane/resources"


@pytest.fixture
def manager(library: Library) -> FlaskClient:
    return library.sign_in(Role.SITE_MANAGER, library.world.site_id)


def save(client: FlaskClient, preview: Page) -> str:
    form = preview.form_to("/resources")
    answer = client.post(form.action, data=form.values())
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_manager_adds_changes_and_removes_what_stands_at_their_site(library: Library, manager: FlaskClient) -> None:
    page = page_of(manager, page_of(manager, f"{SITE}/week").link("Desks, rooms and people"))
    form = form_at(manager, page.link("Add a desk"))
    assert "needs “Name”" in post(manager, form, 400, kind="room").text
    saved = save(manager, post(manager, form, name="Quiet room", kind="room", seats="1", skills="Quiet"))
    assert saved.endswith("/resources/quiet-room?saved=1")
    form = form_at(manager, f"{HERE}/quiet-room")
    preview = post(manager, form, name="Blue room")
    assert post(manager, preview.form_to("/quiet-room")).form_to("/quiet-room").fields["name"] == ["Blue room"]
    save(manager, preview)
    names = {one.slug: one.name for one in catalogue(library.database, library.world).site("high-street").resources}
    assert names["quiet-room"] == "Blue room"
    save(manager, post(manager, form_at(manager, f"{HERE}/quiet-room"), remove="1"))
    assert manager.get(f"{HERE}/quiet-room").status_code == 404


def test_who_is_booked_at_a_desk_is_shown_before_it_changes(library: Library, manager: FlaskClient) -> None:
    library.book(60)
    preview = post(manager, form_at(manager, f"{HERE}/desk-1"), kind="room")
    assert "1 appointment does not fit any more" in preview.text


def test_other_sites_and_what_is_not_theirs_is_not_there(library: Library, manager: FlaskClient) -> None:
    for address in (
        ELSEWHERE,
        f"{ELSEWHERE}/new",
        f"{HERE}/nothing",
        f"{HERE}/preview/{'0' * 16}",
        f"{HOME}/site/high-street",
    ):
        assert manager.get(address).status_code == 404, address
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    elsewhere = post(admin, form_at(admin, f"{ELSEWHERE}/new"), name="Desk", kind="desk", seats="1")
    token = elsewhere.form_to("/resources").values()
    assert admin.post(HERE, data=token).status_code == 404
    assert save(admin, elsewhere).endswith("mill-lane/resources/desk?saved=1")


@pytest.mark.parametrize("role", Role)
def test_only_managers_see_it(library: Library, role: Role) -> None:
    client = library.sign_in(role, library.world.site_id)
    expected = 200 if role in POLICY[Action.MANAGE_RESOURCES] else 404
    assert client.get(HERE).status_code == expected
