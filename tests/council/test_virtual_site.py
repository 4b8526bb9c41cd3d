"""A site for video and telephone: the form asks how people join it, and says so before it is saved without."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.council.test_set_up import HOME, form_at, post
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
