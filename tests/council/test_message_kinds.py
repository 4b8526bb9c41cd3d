"""The page of what messages cost, and the switch beside it: in figures, dated, and taken back with one press."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from booking.tables import Appointment
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from tests.council.test_set_up import page_of, post
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import NOW
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
KINDS = "/staff/set-up/message-kinds"
TRIALS = "/staff/set-up/reminder-trials"
LAST_MONTH = NOW - timedelta(days=30)


def give_prices(library: Library, **prices: str) -> None:
    with library.database.writing() as db:
        db.execute(update(Authority).where(Authority.id == library.world.authority_id).values(**prices))
        bump_plan(db, library.world.authority_id)


def test_the_trade_is_in_figures_as_soon_as_they_are_known(library: Library, admin: FlaskClient) -> None:
    page = page_of(admin, page_of(admin, "/staff/set-up").link("What messages cost, and which are off"))
    assert "Nothing sent" in page.text
    reminder = page_of(admin, page.link("Reminder")).text
    assert "No full month with texts or letters is counted yet" in reminder
    assert "£" not in reminder
    ids = owe(library.database, library.world, 40, now=LAST_MONTH, channel="text", status="sent", units_sent=2)
    with library.database.writing() as db:
        for state, some in (("did_not_attend", ids[:4]), ("attended", ids[4:])):
            ended = update(Appointment).where(Appointment.id.in_(some))
            db.execute(ended.values(state=state, local_date=LAST_MONTH.date()))
    assert "40 texts in 80 parts" in page_of(admin, f"{KINDS}/reminder").text
    assert "£" not in page_of(admin, f"{KINDS}/reminder").text
    give_prices(library, text_pence="2.5")
    reminder = page_of(admin, f"{KINDS}/reminder").text
    assert "£2: 40 texts in 80 parts" in reminder
    assert "It saves about £2 a month: the average of October 2026." in reminder
    assert "people missed 4 of 40 visits in the last months: 10.0%." in reminder
    give_prices(library, missed_visit_pounds="30")
    reminder = page_of(admin, f"{KINDS}/reminder").text
    assert "At £30 each, that was £120." in reminder
    assert "If people miss 1 more visit in a month without it, you lose more than you save." in reminder
    form = page_of(admin, "/staff/set-up/council/testshire").text
    assert "By text it costs about £0.10 for each visit. It pays if it saves one missed visit in 300." in form


def test_a_kind_is_switched_off_from_a_day_on_and_on_again(library: Library, admin: FlaskClient) -> None:
    owe(library.database, library.world, 2, now=NOW + timedelta(days=3))
    form = page_of(admin, f"{KINDS}/reminder").form_to("/off")
    assert "Choose today or a later day" in post(admin, form, 400, since="2026-11-22").text
    page = post(admin, form, since="2026-11-24")
    assert "It will be off from Tuesday 24 November 2026 at midnight" in page.text
    again = post(admin, form, 409, since="2026-12-24").text  # from a page that was older
    assert "It is off already, from another day on." in again
    assert "It will be off from Tuesday 24 November 2026" in again
    assert post(admin, form, since="2026-11-24").text == page.text
    assert "2 messages that were not sent go out when they are due" in page.text
    assert "Off for what is due from" in page_of(admin, KINDS).text
    assert "These messages are sent again." in post(admin, page.form_to("/on")).text
    assert "It cannot be switched off" not in page_of(admin, f"{KINDS}/confirmation").text
    page_of(admin, f"{KINDS}/cancelled", 404)
    for kind, way in product(("cancelled", "no-such-kind"), ("off", "on")):
        assert admin.post(f"{KINDS}/{kind}/{way}", data=form.values()).status_code == 404
    history = page_of(admin, "/staff/set-up/history").text
    assert "Messages: Reminder" in history
    assert "Switched off for what is due from Tuesday 24 November 2026 at midnight on" in history
    assert "Switched on again" in history


def test_a_trial_is_started_says_that_it_is_too_early_and_is_ended(library: Library, admin: FlaskClient) -> None:
    form = page_of(admin, TRIALS).form_to("/reminder-trials")
    page = post(admin, form, 400, service="certify", plan_a="two", plan_b="two")
    assert "Choose two plans that differ" in page.text
    page = post(admin, page.form_to("/reminder-trials"), plan_a="now", plan_b="two")
    assert "14 days before at 09:00 and 4 days before at 09:00" in page.text
    assert "Too few to say: each plan needs 100 visits" in page.text
    assert "runs already" in post(admin, page.form_to("/reminder-trials"), 400, service="certify", plan_b="one").text
    post(admin, page_of(admin, f"{KINDS}/reminder").form_to("/off"), since="")
    assert "Reminders are off from Monday 23 November 2026" in page_of(admin, TRIALS).text
    assert "Ended Monday 23 November 2026" in post(admin, page.form_to("/end")).text
    history = page_of(admin, "/staff/set-up/history").text
    assert "Two plans tried side by side" in history
    assert "The trial of two plans ended" in history
