"""Papers accepted, and the visit with them: the page that offers it, who may do it, and what the resident is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from booking.documents.tables import DocumentFile
from booking.events import UNDO_FOR
from booking.tables import Appointment
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.staff.policy import POLICY, SITE_SCOPED, Action, Role
from reminders.appointment_queries import message_facts
from reminders.recipients import Delivery
from reminders.tables import Notification
from tests.reminders.channels import writer
from tests.support.factories import make_authority
from tests.support.pages import check_page
from tests.web.site.conftest import DAY, SITE, Library
from tests.web.site.test_waiting_papers import send
from tests.web.test_access import token_on

pytestmark = pytest.mark.databases("sqlite")
BUTTON = "Cancel the visit: it is not needed"
RULES: list[dict[str, Any]] = [
    {"document": "Rent book", "taken": ["upload"]},
    {"document": "Payslips", "taken": ["upload"], "weekly": 5, "fortnightly": 3, "monthly": 2},
]
MONTHLY: dict[str, Any] = {"paid": "monthly", "cases": {}}


@pytest.fixture
def booked(library: Library) -> str:
    """The reference of an appointment of this afternoon, of which every paper can be sent."""
    reference = library.book(240)
    with library.database.writing() as db:
        db.execute(update(Service).values(documents=[], documents_by_rule=RULES, done_without_visit=True))
        db.execute(update(Appointment).values(paper_answers=MONTHLY))
        bump_plan(db, library.world.authority_id)
    return reference


def accepted(library: Library, reference: str) -> None:
    """Have all papers of the visit sent and accepted."""
    for document in ("Rent book", "Payslips", "Payslips"):
        send(library, reference, document, review="accepted")


def page_of(client: FlaskClient, reference: str) -> str:
    """The documents of the visit."""
    return check_page(client.get(f"{SITE}/documents/{reference}").text).text


def end(client: FlaskClient, reference: str, **changed: str) -> TestResponse:
    """The answer to the form."""
    form = check_page(client.get(f"{SITE}/documents/{reference}").text).form_to("/not-needed")
    return client.post(form.action, data={**form.fields, **changed})


@pytest.mark.databases("sqlite", "postgresql")
def test_one_click_cancels_the_visit_and_it_can_be_taken_back(
    library: Library, site_staff: FlaskClient, booked: str
) -> None:
    library.database.facts[UNDO_FOR] = timedelta(minutes=1)
    accepted(library, booked)
    assert "Who will be told" in page_of(site_staff, booked)
    answer = end(site_staff, booked)
    assert answer.status_code == 303
    done = check_page(site_staff.get(answer.location).text)
    assert "All papers are accepted: nobody needs to come" in done.text
    assert "All papers are accepted: nobody needs to come" in site_staff.get(DAY).text
    form = done.form_to("/undo")
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert state_of(library, booked) == ("booked", False)
    assert BUTTON in page_of(site_staff, booked)


def test_what_the_page_says_is_lacking_is_all_that_the_rules_ask(
    library: Library, site_staff: FlaskClient, booked: str
) -> None:
    assert BUTTON not in page_of(site_staff, booked)
    send(library, booked, review="accepted")
    text = page_of(site_staff, booked)
    assert "Accept these too, and the visit is not needed: Payslips" in text
    assert BUTTON not in text
    send(library, booked, "Payslips", review="accepted")
    assert BUTTON not in page_of(site_staff, booked)
    send(library, booked, "Payslips", review="again")
    assert BUTTON not in page_of(site_staff, booked)
    send(library, booked, "Payslips", review="accepted")
    assert BUTTON in page_of(site_staff, booked)


def test_the_resident_is_told_what_is_true_in_the_message_and_on_their_page(
    library: Library, site_staff: FlaskClient, booked: str
) -> None:
    accepted(library, booked)
    end(site_staff, booked)
    with library.database.reading() as db:
        owed = db.scalars(select(Notification).where(Notification.version == 2)).one()
        facts = message_facts(db, [owed.appointment_id])[owed.appointment_id]
    assert (owed.kind, facts.not_needed) == ("cancelled", "papers")
    page = writer().write(owed.kind, facts, Delivery("email", "robin@example.org", "Robin Sample"))
    for text in (page.subject, page.text, page.html):
        assert "need to come" in text
        assert not [word for word in ("sorry", "cancel", "Book", "book", "went wrong") if word in text]
    assert "we have accepted all your papers" in page.text


def test_it_has_a_row_of_its_own_in_the_table_of_who_may_what(library: Library, booked: str) -> None:
    assert Action.END_WITHOUT_VISIT in SITE_SCOPED
    assert POLICY[Action.END_WITHOUT_VISIT] <= POLICY[Action.CHANGE_APPOINTMENT] & POLICY[Action.HANDLE_DOCUMENTS]
    accepted(library, booked)
    allowed = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    form = check_page(allowed.get(f"{SITE}/documents/{booked}").text).form_to("/not-needed")
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    assert BUTTON not in page_of(adviser, booked)
    refused = [
        adviser,
        library.sign_in(Role.TRIAGE_AGENT),
        library.sign_in(Role.SITE_STAFF, library.other_site_id),
        library.sign_in(Role.AUTHORITY_ADMIN, authority_id=make_authority(library.database, "elsewhere")),
    ]
    for client in refused:
        token = {"csrf_token": token_on(client, "/staff/")}
        assert client.post(form.action, data={**form.fields, **token}).status_code in (403, 404)
    assert state_of(library, booked) == ("booked", False)
    assert allowed.post(form.action, data=form.fields).status_code == 303


def test_what_has_changed_since_the_page_was_shown_is_said_and_nothing_is_cancelled(
    library: Library, site_staff: FlaskClient, booked: str
) -> None:
    accepted(library, booked)
    form = check_page(site_staff.get(f"{SITE}/documents/{booked}").text).form_to("/not-needed")
    with library.database.writing() as db:
        db.execute(update(DocumentFile).where(DocumentFile.document == "Rent book").values(review="again"))
    answer = site_staff.post(form.action, data=form.fields)
    assert answer.status_code == 409
    assert "Accept these too, and the visit is not needed: Rent book" in check_page(answer.text).text
    assert end_with_stamp(site_staff, form.action, form.fields, "another").status_code == 409
    assert state_of(library, booked) == ("booked", False)


def test_the_same_form_sent_twice_cancels_once(library: Library, site_staff: FlaskClient, booked: str) -> None:
    accepted(library, booked)
    form = check_page(site_staff.get(f"{SITE}/documents/{booked}").text).form_to("/not-needed")
    answers = [site_staff.post(form.action, data=form.fields) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    with library.database.reading() as db:
        assert db.scalars(select(Appointment.version)).one() == 2


def test_nothing_is_offered_where_the_council_has_not_said_so(
    library: Library, site_staff: FlaskClient, booked: str
) -> None:
    accepted(library, booked)
    with library.database.writing() as db:
        db.execute(update(Service).values(done_without_visit=False))
        bump_plan(db, library.world.authority_id)
    text = page_of(site_staff, booked)
    assert BUTTON not in text
    assert "Accept these too" not in text


def end_with_stamp(client: FlaskClient, action: str, fields: dict[str, list[str]], seen: str) -> TestResponse:
    """The answer to a form that says that the appointment was seen otherwise."""
    return client.post(action, data={**fields, "seen": seen})


def state_of(library: Library, reference: str) -> tuple[str, bool]:
    """The appointment's state, and whether it was not needed."""
    with library.database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        return row.state, row.not_needed_at is not None
