"""A council with several languages is told before it saves what its other readers would see in English."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.council.test_set_up import SERVICE, form_at, page_of, post, save
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
MISSING = "There is no Welsh of “Name of the service”"
STAYED = "You changed “Name of the service” in English, and the Welsh of it stays as it was."


def with_welsh(admin: FlaskClient) -> None:
    save(admin, post(admin, form_at(admin, "/staff/set-up/council/testshire"), languages=["cy", "en"]))


def test_a_text_without_welsh_is_said_only_where_the_council_writes_welsh(library: Library, admin: FlaskClient) -> None:
    assert MISSING not in post(admin, form_at(admin, SERVICE), name="Certified copies").text
    with_welsh(admin)
    assert MISSING in post(admin, form_at(admin, SERVICE), name="Certified copies").text
    assert MISSING not in post(admin, form_at(admin, SERVICE), duration_minutes="45").text
    assert (
        MISSING not in post(admin, form_at(admin, SERVICE), name="Certified copies", name_cy="Copïau ardystiedig").text
    )


def test_a_text_that_changed_in_english_alone_is_said(library: Library, admin: FlaskClient) -> None:
    with_welsh(admin)
    save(admin, post(admin, form_at(admin, SERVICE), name="Certified copies", name_cy="Copïau ardystiedig"))
    assert STAYED in post(admin, form_at(admin, SERVICE), name="Copies for courts").text
    assert STAYED not in post(admin, form_at(admin, SERVICE), name="Copies for courts", name_cy="Copïau").text


def test_a_council_that_begins_with_welsh_is_told_what_has_none(library: Library, admin: FlaskClient) -> None:
    council = form_at(admin, "/staff/set-up/council/testshire")
    words = "Something of these is not in Welsh yet"
    assert words in post(admin, council, languages=["cy", "en"]).text
    assert words not in post(admin, council, phone="01632 960001").text
    assert "Not in Welsh" not in page_of(admin, "/staff/set-up").text
    with_welsh(admin)
    assert words not in post(admin, form_at(admin, "/staff/set-up/council/testshire"), phone="01632 960001").text
    page = page_of(admin, "/staff/set-up")
    assert "Not in Welsh, in whole or in part: 5" in page.text
    assert page.link("Certify documents").endswith("?part=name_cy#name_cy")
    form = page_of(admin, page.link("Certify documents")).form_to(SERVICE)
    assert "name_cy" in form.fields
