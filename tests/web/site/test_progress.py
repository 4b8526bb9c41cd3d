"""How far it has come after the visit: noted by staff and programs, read by the resident and by whoever answers them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from booking.documents.progress_steps import MOST_STEPS, Step
from booking.queries.appointments import stamp_of_row
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.note_progress import note_progress, take_back_progress
from core.audit import Actor, AuditEntry
from core.errors import IllegalMove
from core.tokens import manage_token
from people.staff.policy import Role
from tests.support.factories import make_authority
from tests.support.pages import Page, check_page
from tests.web.agent.conftest import Agent
from tests.web.site.conftest import SITE, STAFF, Library
from tests.web.test_access import token_on

pytestmark = pytest.mark.databases("sqlite")
PROGRAM = Actor.system()


@pytest.fixture
def seen(library: Library) -> str:
    """The reference of an appointment whose visit is over."""
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    return reference


def page_of(client: FlaskClient, reference: str) -> Page:
    """The documents of the visit."""
    return check_page(client.get(f"{SITE}/documents/{reference}").text)


def note(client: FlaskClient, reference: str, step: str, paper: str = "", **changed: str) -> TestResponse:
    """The answer to the form."""
    form = page_of(client, reference).form_to("/progress")
    return client.post(form.action, data={**form.fields, "step": step, "paper": paper, **changed})


def steps_of(library: Library, reference: str) -> list[tuple[str, str]]:
    """What was noted."""
    with library.database.reading() as db:
        found = db.scalars(select(Appointment.progress).where(Appointment.reference == reference)).one()
    return [(one["step"], one["paper"]) for one in found]


@pytest.mark.databases("sqlite", "postgresql")
def test_staff_note_the_steps_and_take_the_newest_back(library: Library, site_staff: FlaskClient, seen: str) -> None:
    assert note(site_staff, seen, "papers_arrived").status_code == 303
    library.clock.instant += timedelta(minutes=1)
    assert note(site_staff, seen, "paper_needed", "Rent <b>book").status_code == 303
    page = page_of(site_staff, seen)
    assert "We need one more paper: Rent <b>book" in page.text
    assert page.text.index("We need one more paper") < page.text.index("We have the papers")
    back = page.form_to("/progress/back")
    assert site_staff.post(back.action, data=back.fields).status_code == 303
    assert steps_of(library, seen) == [("papers_arrived", "")]
    with library.database.reading() as db:
        actions = list(db.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("progress"))))
    assert actions == ["progress_noted", "progress_noted", "progress_taken_back"]


def test_what_is_missing_is_said_beside_its_field_with_what_was_typed(
    library: Library, site_staff: FlaskClient, seen: str
) -> None:
    answer = note(site_staff, seen, "", "Rent book")
    assert answer.status_code == 400
    page = check_page(answer.text)
    assert ("Choose what has happened.", "#step") in page.links
    assert 'value="Rent book"' in answer.text
    answer = note(site_staff, seen, "paper_needed")
    assert answer.status_code == 400
    assert ("Say which paper is needed.", "#paper") in check_page(answer.text).links
    assert '<option value="paper_needed" selected>' in answer.text
    assert note(site_staff, seen, "paper_needed", "x" * 301).status_code == 400
    assert steps_of(library, seen) == []


def test_a_form_that_shows_something_older_changes_nothing(
    library: Library, site_staff: FlaskClient, seen: str
) -> None:
    old = page_of(site_staff, seen).form_to("/progress")
    note(site_staff, seen, "papers_arrived")
    back = page_of(site_staff, seen).form_to("/progress/back")
    library.clock.instant += timedelta(minutes=1)
    note(site_staff, seen, "with_team")
    answer = site_staff.post(old.action, data={**old.fields, "step": "decided"})
    assert answer.status_code == 409
    assert site_staff.post(back.action, data=back.fields).status_code == 409
    assert steps_of(library, seen) == [("papers_arrived", ""), ("with_team", "")]


@pytest.mark.databases("sqlite", "postgresql")
def test_a_change_of_the_appointment_meanwhile_is_seen_before_a_step_is_noted(
    library: Library, site_staff: FlaskClient, seen: str
) -> None:
    note(site_staff, seen, "papers_arrived")
    forms = [page_of(site_staff, seen).form_to(ending) for ending in ("/progress", "/progress/back")]
    with library.database.writing() as db:
        changed = {"version": Appointment.version + 1, "notes": "Ring twice"}
        db.execute(update(Appointment).where(Appointment.reference == seen).values(changed))
    for form in forms:
        answer = site_staff.post(form.action, data={**form.fields, "step": "decided"})
        assert answer.status_code == 409
        assert "has changed since the page was opened" in check_page(answer.text).text
        missing = {name: value for name, value in form.fields.items() if name != "seen"}
        assert site_staff.post(form.action, data={**missing, "step": "decided"}).status_code == 409
    assert steps_of(library, seen) == [("papers_arrived", "")]
    assert note(site_staff, seen, "decided").status_code == 303


def test_nothing_can_come_of_a_visit_that_was_not(library: Library, site_staff: FlaskClient) -> None:
    about = (library.runtime, library.world.authority_id)
    for number, state in enumerate(("cancelled_by_resident", "cancelled_by_authority", "did_not_attend")):
        reference = library.book(30 * number)
        with library.database.writing() as db:
            db.execute(update(Appointment).where(Appointment.reference == reference).values(state=state))
        assert "How far it has come" not in page_of(site_staff, reference).text
        with pytest.raises(IllegalMove):
            note_progress(*about, reference, Step.DECIDED, actor=PROGRAM)
    with library.database.writing() as db:
        where = Appointment.state == "cancelled_by_authority"
        db.execute(update(Appointment).where(where).values(not_needed_at=library.clock.now()))
        reference = db.scalars(select(Appointment.reference).where(where)).one()
    note_progress(*about, reference, Step.DECIDED, actor=PROGRAM)
    assert steps_of(library, reference) == [("decided", "")]


@pytest.mark.databases("sqlite", "postgresql")
def test_the_same_step_again_is_one_and_there_are_not_endlessly_many(library: Library, seen: str) -> None:
    about = (library.runtime, library.world.authority_id, seen)
    for _ in range(2):
        note_progress(*about, Step.WITH_TEAM, "not of this step", actor=PROGRAM)
    assert steps_of(library, seen) == [("with_team", "")]
    for number in range(MOST_STEPS):
        note_progress(*about, Step.PAPER_NEEDED, f"Paper {number}", actor=PROGRAM)
    assert len(steps_of(library, seen)) == MOST_STEPS
    assert steps_of(library, seen)[-1] == ("paper_needed", f"Paper {MOST_STEPS - 1}")


def test_who_may_not_handle_documents_here_notes_nothing(library: Library, site_staff: FlaskClient, seen: str) -> None:
    form = page_of(site_staff, seen).form_to("/progress")
    for client in (
        library.sign_in(Role.TRIAGE_AGENT),
        library.sign_in(Role.SITE_STAFF, library.other_site_id),
        library.sign_in(Role.AUTHORITY_ADMIN, authority_id=make_authority(library.database, "elsewhere")),
    ):
        sent = {**form.fields, "csrf_token": token_on(client, "/staff/"), "step": "decided"}
        assert client.post(form.action, data=sent).status_code in (403, 404)
    assert steps_of(library, seen) == []


def test_whoever_is_rung_sees_it_in_the_view_of_the_caller(library: Library, seen: str) -> None:
    note_progress(library.runtime, library.world.authority_id, seen, Step.PAPER_NEEDED, "Rent book", actor=STAFF)
    with library.database.reading() as db:
        person = db.scalars(select(Appointment.resident_id).where(Appointment.reference == seen)).one()
    agent, where = Agent(library.sign_in(Role.TRIAGE_AGENT)), f"/staff/calls/residents/{person}"
    assert "Rent book" not in agent.open(where).text
    assert "Attended. We need one more paper: Rent book" in agent.check_caller(where).text


def test_the_resident_asks_on_their_page_to_be_told_and_staff_see_who_will_be(
    library: Library, site_staff: FlaskClient, client: FlaskClient, seen: str
) -> None:
    with library.database.reading() as db:
        nonce = db.scalars(select(Appointment.manage_nonce).where(Appointment.reference == seen)).one()
    link = f"/manage/{manage_token(library.runtime.settings.secret_key, nonce)}"
    assert "Nobody. No message is sent." in page_of(site_staff, seen).text
    for is_told in (True, False):
        form = check_page(client.get(link, follow_redirects=True).text).form_to("/news")
        note(site_staff, seen, "with_team" if is_told else "decided")
        assert "changed" in client.post(form.action, data=form.fields, follow_redirects=True).text  # meanwhile
        form = check_page(client.get(link, follow_redirects=True).text).form_to("/news")
        text = check_page(client.post(form.action, data=form.fields, follow_redirects=True).text).text
        assert ("We will tell you when it moves on" in text) == is_told
        assert ("Nobody. No message is sent." in page_of(site_staff, seen).text) != is_told


def test_the_page_that_a_correction_leads_to_can_be_read(library: Library, client: FlaskClient, seen: str) -> None:
    """The only step is taken back days after the visit: whoever asked to be told can still see it, and end it."""
    with library.database.writing() as db:
        db.execute(update(Appointment).where(Appointment.reference == seen).values(tells_progress=True))
        nonce = db.scalars(select(Appointment.manage_nonce).where(Appointment.reference == seen)).one()
    link = f"/manage/{manage_token(library.runtime.settings.secret_key, nonce)}"
    where = (library.runtime, library.world.authority_id, seen)
    note_progress(*where, Step.WITH_TEAM, actor=PROGRAM)
    library.clock.instant += timedelta(days=5)
    with library.database.reading() as db:
        stamp = stamp_of_row(db.scalars(select(Appointment).where(Appointment.reference == seen)).one())
    take_back_progress(*where, actor=PROGRAM, site_id=library.world.site_id, seen=stamp)
    page = check_page(client.get(link, follow_redirects=True).text)
    assert page.form_to("/news")
