"""Hours of a day in the form of a resident's record: what can be seen counts, and nothing is nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from tests.support.bad_values import EMPTY
from web.agent.forms import ResidentForm

pytestmark = pytest.mark.databases("sqlite")


def form_with(app: Flask, hours: str) -> ResidentForm:
    with app.test_request_context():
        form = ResidentForm(MultiDict({"name": "Robin Sample", "safe_hours": hours}), meta={"csrf": False})
        form.validate()
    return form


@pytest.mark.parametrize("hours", EMPTY.values(), ids=EMPTY)
def test_what_nobody_can_see_is_no_hours(app: Flask, hours: str) -> None:
    form = form_with(app, hours)
    assert not form.safe_hours.errors
    assert not form.safe_hours.data


@pytest.mark.parametrize("hours", ["10:00-12:00", "10:00 – 12:00", "10:00-12:00 "])
def test_two_times_are_kept_in_one_form(app: Flask, hours: str) -> None:
    assert form_with(app, hours).safe_hours.data == "10:00-12:00"


@pytest.mark.parametrize("hours", ["10:00", "10:00-10:00", "25:00-26:00", "10-12", "a\x00b", "9" * 10_000])
def test_what_is_no_hours_is_refused(app: Flask, hours: str) -> None:
    assert form_with(app, hours).safe_hours.errors
