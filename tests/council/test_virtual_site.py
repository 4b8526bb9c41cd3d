"""A site that nobody could find, or join: the form asks how, and it is said before it is saved so."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.council.test_set_up import HOME, form_at, post, save
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
LACKING = "Nobody could join it by video"


def test_a_virtual_site_without_an_address_is_said_and_the_form_opens_where_it_stands(
    library: Library, admin: FlaskClient
) -> None:
    preview = post(admin, form_at(admin, f"{HOME}/site/new"), name="By video", kind="virtual")
    assert LACKING in preview.text
    back = next(form for form in preview.forms if "/site/new" in form.action)
    page = admin.post(back.action, data=back.values(), follow_redirects=True).text
    part = page[: page.index('id="joining_address"')].rpartition("<details")[2]
    assert part.split(">")[0].endswith(" open")
    with_address = post(
        admin,
        form_at(admin, f"{HOME}/site/new"),
        name="By video",
        kind="virtual",
        joining_address="https://meet.example.org/{room}",
    )
    assert LACKING not in with_address.text
    assert LACKING not in post(admin, form_at(admin, f"{HOME}/site/new"), name="Hill Library", kind="library").text


def test_a_library_that_nobody_could_find_is_said(library: Library, admin: FlaskClient) -> None:
    lacking = "Residents could not find it"
    new: dict[str, Any] = {"name": "Hill Library", "kind": "library"}
    assert lacking in post(admin, form_at(admin, f"{HOME}/site/new"), **new).text
    whole = new | {"address": "1 Hill Road", "postcode": "SW1A 1AA"}
    assert lacking not in post(admin, form_at(admin, f"{HOME}/site/new"), **whole).text


def test_a_service_that_no_site_can_give_leads_to_another_site(library: Library, admin: FlaskClient) -> None:
    values: Any = {"name": "Housing call", "duration_minutes": "30", "requirements-0-kind": "desk"}
    form = form_at(admin, f"{HOME}/service/new")
    save(admin, post(admin, form, modes=["phone", "video"], **values))
    page = admin.get(HOME).text
    assert "no site can give it in the way that it is given: Housing call." in page
    assert "no session is for it: Housing call" not in page
