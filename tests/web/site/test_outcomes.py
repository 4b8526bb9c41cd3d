"""Recording outcomes on the day list, and correcting them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.queries.appointments import AppointmentView, by_reference
from booking.states import CORRECTIONS, State
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from people.staff.policy import Role
from tests.support.factories import catalogue, slot_key_at
from tests.support.pages import Page, check_page
from tests.web.site.conftest import DAY, NINE, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")


def page_at(client: FlaskClient, path: str = DAY, status: int = 200) -> Page:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def form_on(page: Page, reference: str, action_end: str = "", to: str = "") -> dict[str, str | list[str]]:
    """The form of the row that goes to `action_end`, with its hidden fields; `to` is the button."""
    for form in page.forms:
        if form.action.split("?")[0].endswith(f"/{reference}{action_end}") and (
            not to or ("to", to) in form.buttons or form.fields.get("to") == [to]
        ):
            return form.values(**({"to": to} if to else {}))
    raise AssertionError(f"no such form for {reference}: {[(f.action, f.buttons) for f in page.forms]}")


def click(client: FlaskClient, reference: str, to: str, path: str = DAY, **typed: str) -> TestResponse:
    values = form_on(page_at(client, path), reference, to=to)
    base, _, query = path.partition("?")
    return client.post(f"{base}/appointments/{reference}?{query}", data=values | typed)


def state_of(library: Library, reference: str) -> AppointmentView:
    with library.database.reading() as db:
        return by_reference(db, catalogue(library.database, library.world), reference)


def test_one_click_records_the_arrival_and_goes_back_to_the_row(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    answer = click(site_staff, reference, "arrived")
    assert (answer.status_code, answer.location) == (303, f"{DAY}?keep={reference}#a-{reference}")
    assert state_of(library, reference).state is State.ARRIVED
    assert f"a-{reference}" in page_at(site_staff).ids


@pytest.mark.databases("sqlite", "postgresql")
def test_an_appointment_is_completed_by_single_clicks(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    for to in ("arrived", "in_progress", "attended"):
        assert click(site_staff, reference, to).status_code == 303
    assert state_of(library, reference).state is State.ATTENDED


@pytest.mark.databases("sqlite", "postgresql")
def test_a_click_sent_twice_is_one_click(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    values = form_on(page_at(site_staff), reference, to="arrived")
    for _ in range(2):
        answer = site_staff.post(f"{DAY}/appointments/{reference}", data=values)
        assert answer.status_code == 303
    with library.database.reading() as db:
        moves = db.scalars(select(AuditEntry).where(AuditEntry.action == "moved")).all()
    assert len(moves) == 1


def test_a_row_that_was_clicked_stays_on_a_filtered_list(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    answer = click(site_staff, reference, "in_progress", f"{DAY}?show=waiting")
    assert answer.location == f"{DAY}?show=waiting&keep={reference}#a-{reference}"
    page = page_at(site_staff, answer.location.split("#")[0])
    assert f"a-{reference}" in page.ids


@pytest.mark.databases("sqlite", "postgresql")
def test_somebody_else_was_quicker(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    values = form_on(page_at(site_staff), reference, to="arrived")
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    answer = site_staff.post(f"{DAY}/appointments/{reference}", data=values)
    page = check_page(answer.text)
    assert answer.status_code == 409
    assert page.title.startswith("Error:")
    text_shown = "Robin Sample is now: in progress, recorded by Sam Staff at 9am. Nothing was changed."
    assert (text_shown, f"#a-{reference}") in page.links


def test_an_appointment_that_was_moved_away_cannot_be_clicked(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    values = form_on(page_at(site_staff), reference, to="arrived")
    later = Move(slot_key_at(library.world, NINE + timedelta(days=1, hours=1)))
    reschedule(library.runtime, library.world.authority_id, reference, later, actor=STAFF, enforce_cutoff=False)
    answer = site_staff.post(f"{DAY}/appointments/{reference}", data=values)
    assert answer.status_code == 409
    assert "Robin Sample has been moved to Tuesday 24 November 2026 at 10am." in check_page(answer.text).text
    assert state_of(library, reference).state is State.BOOKED


def test_a_cancelled_appointment_says_so(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    values = form_on(page_at(site_staff), reference, to="arrived")
    owner = library.world.authority_id
    cancel(library.runtime, owner, reference, actor=STAFF, by="authority", reason="Flood", enforce_cutoff=False)
    answer = site_staff.post(f"{DAY}/appointments/{reference}", data=values)
    assert answer.status_code == 409
    assert "Robin Sample is now: Cancelled by the council" in check_page(answer.text).text


def test_not_completed_needs_a_reason_and_keeps_what_was_typed(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    answer = click(site_staff, reference, "not_completed")
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert ("Say why it could not be completed.", f"#why-{reference}") in page.links
    assert f'id="why-{reference}"' in answer.text
    assert "autofocus" in answer.text.partition(f'id="why-{reference}"')[2].partition(">")[0]
    too_long = click(site_staff, reference, "not_completed", other="x" * 201)
    assert (too_long.status_code, "x" * 201 in too_long.text) == (400, True)
    assert click(site_staff, reference, "not_completed", other="  No proof of   address ").status_code == 303
    view = state_of(library, reference)
    assert (view.state, view.state_reason) == (State.NOT_COMPLETED, "No proof of address")
    assert "No proof of address" in page_at(site_staff).text


def test_what_was_typed_wins_over_a_ready_made_reason(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    click(site_staff, reference, "not_completed", other="Power cut", reason="Documents missing")
    assert state_of(library, reference).state_reason == "Power cut"


@pytest.mark.parametrize(
    ("states", "quick"),
    [
        ((State.ARRIVED, State.IN_PROGRESS), "Documents missing"),
        ((State.ARRIVED, State.IN_PROGRESS, State.ATTENDED), "Clicked by mistake"),
    ],
    ids=["not completed", "undo"],
)
def test_ready_made_reasons_come_before_the_field_and_in_a_form_of_their_own(
    library: Library, site_staff: FlaskClient, states: tuple[State, ...], quick: str
) -> None:
    """So that the Enter key in the field presses the field's button, never a reason that nobody chose."""
    library.record(library.book(), *states)
    page = page_at(site_staff)
    assert page.text.index(quick) < page.text.index("Or another reason")
    choosing = [form for form in page.forms if ("reason", quick) in form.buttons]
    typing = [form for form in page.forms if "other" in form.fields]
    assert len(choosing) == 1
    assert "other" not in choosing[0].fields
    assert typing
    assert all(not form.buttons for form in typing)
    assert choosing[0].action in {form.action for form in typing}


def test_a_reason_can_be_given_with_one_click(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    click(site_staff, reference, "not_completed", reason="Documents missing")
    assert state_of(library, reference).state_reason == "Documents missing"


def test_a_wrong_click_is_undone_with_a_reason_on_the_record(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    values = form_on(page_at(site_staff), reference, "/undo")
    refused = site_staff.post(f"{DAY}/appointments/{reference}/undo", data=values)
    assert refused.status_code == 400
    assert ("Say why you are putting this right.", f"#undo-{reference}") in check_page(refused.text).links
    answer = site_staff.post(f"{DAY}/appointments/{reference}/undo", data=values | {"reason": "Wrong person"})
    assert answer.status_code == 303
    assert state_of(library, reference).state is State.BOOKED
    with library.database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "corrected")).one()
    assert (entry.reason, entry.actor_name) == ("Wrong person", "Site staff")


# The way to each state, and the reason for leaving it that fits no other.
OWN_REASONS = {
    State.ARRIVED: ([State.ARRIVED], ""),
    State.IN_PROGRESS: ([State.ARRIVED, State.IN_PROGRESS], ""),
    State.ATTENDED: ([State.ARRIVED, State.IN_PROGRESS, State.ATTENDED], "Not finished yet"),
    State.NOT_COMPLETED: ([State.ARRIVED, State.IN_PROGRESS, State.NOT_COMPLETED], "It could be finished after all"),
    State.LEFT_BEFORE_SEEN: ([State.ARRIVED, State.LEFT_BEFORE_SEEN], "They came back"),
    State.DID_NOT_ATTEND: ([State.DID_NOT_ATTEND], "They came late"),
}


@pytest.mark.parametrize("state", CORRECTIONS)
def test_the_reasons_for_an_undo_fit_what_is_undone(library: Library, site_staff: FlaskClient, state: State) -> None:
    reference = library.book()
    way, own = OWN_REASONS[state]
    for step in way:
        library.record(reference, step)
    forms = [form for form in page_at(site_staff).forms if form.action.split("?")[0].endswith("/undo")]
    form = next(form for form in forms if ("reason", "Clicked by mistake") in form.buttons)
    offered = {text for name, text in form.buttons if name == "reason"}
    assert offered & {text for _, text in OWN_REASONS.values()} == {own} - {""}
    assert site_staff.post(form.action, data=form.values(reason=own or "Wrong person")).status_code == 303


def test_after_a_day_an_outcome_cannot_be_undone(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    library.clock.advance(timedelta(minutes=59))
    assert form_on(page_at(site_staff), reference, "/undo")
    library.clock.advance(timedelta(hours=24))
    fresh = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert not [form for form in page_at(fresh).forms if form.action.endswith("/undo")]


def test_nobody_has_failed_to_attend_before_the_start(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(30)
    page = page_at(site_staff)
    assert [form.buttons for form in page.forms if reference in form.action] == [[("to", "arrived")]]
    early = form_on(page, reference) | {"to": "did_not_attend"}
    assert site_staff.post(f"{DAY}/appointments/{reference}", data=early).status_code == 409
    library.clock.advance(timedelta(minutes=30))
    page = page_at(site_staff)
    assert "Not here yet" in page.text
    assert click(site_staff, reference, "did_not_attend").status_code == 303
    assert state_of(library, reference).state is State.DID_NOT_ATTEND


def test_nobody_arrives_on_a_day_that_has_not_begun(library: Library, site_staff: FlaskClient) -> None:
    reference, tomorrow = library.book(24 * 60), f"{SITE}/days/2026-11-24"
    page = page_at(site_staff, tomorrow)
    assert not [form for form in page.forms if reference in form.action]
    token = page.form_to("/sign-out").fields["csrf_token"]
    forged = {"csrf_token": token, "to": "arrived", "version": "1"}
    assert site_staff.post(f"{tomorrow}/appointments/{reference}", data=forged).status_code == 409
    assert state_of(library, reference).state is State.BOOKED


@pytest.mark.parametrize("to", ["", "gone", "cancelled_by_resident", "cancelled_by_authority"])
def test_an_outcome_that_is_not_recorded_here_is_not_found(library: Library, site_staff: FlaskClient, to: str) -> None:
    reference = library.book()
    values = form_on(page_at(site_staff), reference) | {"to": to}
    assert site_staff.post(f"{DAY}/appointments/{reference}", data=values).status_code == 404


def test_a_click_without_the_forms_token_is_refused(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    answer = site_staff.post(f"{DAY}/appointments/{reference}", data={"to": "arrived", "version": "1"})
    assert answer.status_code == 400
    assert state_of(library, reference).state is State.BOOKED


def test_another_sites_appointment_is_unknown_here(library: Library, site_staff: FlaskClient) -> None:
    """Alike for a reference of another site and for one that never was, at this site and at a forbidden one."""
    reference = library.book()
    token = page_at(site_staff).form_to("/sign-out").fields["csrf_token"]
    elsewhere = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    there = "/staff/sites/mill-lane/days/2026-11-23"
    their_token = page_at(elsewhere, there).form_to("/sign-out").fields["csrf_token"]
    tries = [
        (elsewhere, f"{there}/appointments/{reference}", their_token),
        (elsewhere, f"{there}/appointments/22222222", their_token),
        (elsewhere, f"{DAY}/appointments/{reference}", their_token),
        (site_staff, f"{DAY}/appointments/22222222", token),
    ]
    answers = [
        client.post(path, data={"csrf_token": it, "to": "arrived", "version": "1"}) for client, path, it in tries
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({check_page(answer.text).headings[0] for answer in answers}) == 1
    assert state_of(library, reference).state is State.BOOKED
