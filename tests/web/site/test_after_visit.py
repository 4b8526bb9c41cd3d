"""After a visit, by the pages alone: what was done, what happens next, and the next appointment by one click."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.mandates import end_mandate, note_mandate
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn
from core.tokens import manage_token
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.details import Representation
from people.residents.mandate_rules import POWERS, Mandated
from people.residents.representative_repository import add_representative
from people.staff.policy import Role
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.pages import Form, check_page
from tests.web.site.conftest import DAY, SITE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")


def page_of(reference: str) -> str:
    return f"{SITE}/after/{reference}"


def form_of(client: FlaskClient, reference: str, end: str = "") -> Form:
    return check_page(client.get(page_of(reference)).text).form_to(f"{reference}{end}")


def offer_lines(library: Library, *lines: str) -> None:
    with library.database.writing() as db:
        bump_plan(db, library.world.authority_id, [library.world.site_id])
        db.get_one(Service, library.world.service_ids[0]).done_lines = list(lines)


def said(library: Library) -> tuple[str, str]:
    with library.database.reading() as db:
        row = db.scalars(select(DayVisit)).one()
        return row.done, row.next_step


def booked(library: Library) -> list[tuple[str, int]]:
    with library.database.reading() as db:
        rows = db.scalars(select(Appointment).order_by(Appointment.id))
        return [(row.state, row.resident_id) for row in rows]


def walk_in(library: Library) -> str:
    new = NewWalkIn("Wendy")
    return take_walk_in(
        library.runtime, library.world.authority_id, "high-street", "certify", new, actor=STAFF
    ).reference


@pytest.mark.databases("sqlite", "postgresql")
def test_words_end_the_visit_and_one_click_books_the_same_time_next_week(
    library: Library, site_staff: FlaskClient
) -> None:
    offer_lines(library, "Copies were certified", "The form was checked")
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    assert check_page(site_staff.get(DAY).text).link("After the visit").endswith(page_of(reference))
    form = form_of(site_staff, reference)
    typed = form.values(line="The form was checked", next_step="A letter by 12 January")
    assert site_staff.post(form.action, data=typed).status_code == 303
    assert said(library) == ("The form was checked", "A letter by 12 January")
    page = check_page(site_staff.get(page_of(reference)).text)
    assert "Kept with the visit. You can still change it." in page.text
    assert page.form_to(reference).fields["line"] == ["The form was checked"]
    assert "Next week, same time: Monday 30 November 2026 at 9am" in page.text
    later = page.form_to("/next")
    first, *others = later.values_of("slot")
    assert others
    assert site_staff.post(later.action, data=later.values(slot=first)).status_code == 303
    text = check_page(site_staff.get(page_of(reference)).text).text
    assert "Booked: Monday 30 November 2026 at 9am, High Street Library." in text
    (first_state, person), (second_state, same_person) = booked(library)
    assert (first_state, second_state, person) == (State.ATTENDED, State.BOOKED, same_person)
    form = form_of(site_staff, reference, "/cancel")
    assert site_staff.post(form.action, data={**form.fields, "version": "7"}).status_code == 409
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert booked(library)[1][0] == State.CANCELLED_BY_RESIDENT
    assert "Next week, same time" in check_page(site_staff.get(page_of(reference)).text).text


def test_words_are_optional_and_a_line_and_other_words_are_not_both_taken(
    library: Library, site_staff: FlaskClient
) -> None:
    offer_lines(library, "Copies were certified")
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    form = form_of(site_staff, reference)
    assert site_staff.post(form.action, data=form.fields).status_code == 303
    assert said(library) == ("", "")
    assert booked(library)[0][0] == State.ATTENDED
    form = form_of(site_staff, reference)
    assert site_staff.post(form.action, data=form.values(done="Two <copies>")).status_code == 303
    assert said(library) == ("Two <copies>", "")
    form = form_of(site_staff, reference)
    assert (form.fields["line"], form.fields["done"]) == ([""], ["Two <copies>"])
    answer = site_staff.post(form.action, data=form.values(line="Copies were certified"))
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert "Choose a line above, or say it in your own words here, not both" in page.text
    assert page.form_to(reference).fields["done"] == ["Two <copies>"]
    assert site_staff.post(form.action, data=form.values(line="Copies were certified", done="")).status_code == 303
    assert said(library) == ("Copies were certified", "")


def test_what_is_too_long_is_refused_with_what_was_typed(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    form = form_of(site_staff, reference)
    answer = site_staff.post(form.action, data=form.values(done="x" * 201, next_step="A <letter>"))
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert "200" in page.text
    assert page.form_to(reference).fields["next_step"] == ["A <letter>"]
    assert booked(library)[0][0] == State.ARRIVED


def test_a_stale_form_changes_nothing(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    page = check_page(site_staff.get(page_of(reference)).text)
    words, later = page.form_to(reference), page.form_to("/next")
    library.record(reference, State.IN_PROGRESS)
    answers = [
        site_staff.post(words.action, data=words.values(done="Checked")),
        site_staff.post(later.action, data=later.values(slot=later.values_of("slot")[0])),
    ]
    for answer in answers:
        assert answer.status_code == 409
        assert "A colleague has changed this meanwhile" in check_page(answer.text).text
    assert [state for state, _ in booked(library)] == [State.IN_PROGRESS]
    assert said(library) == ("", "")


def test_a_time_that_somebody_else_took_is_refused_and_others_are_offered(
    library: Library, site_staff: FlaskClient
) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED)
    later = form_of(site_staff, reference, "/next")
    for _ in range(2):
        library.book(7 * 24 * 60)
    answer = site_staff.post(later.action, data=later.values(slot=later.values_of("slot")[0]))
    page = check_page(answer.text)
    assert answer.status_code == 409
    assert "This time is not free any more" in page.text
    assert "Next week, same time" not in page.text
    assert page.form_to("/next").values_of("slot")


def test_of_a_stranger_a_name_is_asked_for(library: Library, site_staff: FlaskClient) -> None:
    reference = walk_in(library)
    later = form_of(site_staff, reference, "/next")
    slot = later.values_of("slot")[0]
    answer = site_staff.post(later.action, data=later.values(slot=slot, name="", phone="07700 900123"))
    page = check_page(answer.text)
    assert answer.status_code == 400
    assert "Enter a name" in page.text
    later = page.form_to("/next")
    assert later.fields["phone"] == ["07700 900123"]
    assert site_staff.post(later.action, data=later.values(slot=slot, name="Wendy Walker")).status_code == 303
    form = form_of(site_staff, reference)
    assert site_staff.post(form.action, data=form.values(done="Advice")).status_code == 303
    assert said(library) == ("Advice", "")
    with library.database.reading() as db:
        assert db.scalars(select(DayVisit.resident_id)).one() == booked(library)[0][1]


def test_who_left_or_came_long_ago_has_nothing_said(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.LEFT_BEFORE_SEEN)
    assert "Nothing can be said of it." in check_page(site_staff.get(page_of(reference)).text).text
    other = library.book(60)
    library.record(other, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    library.clock.advance(timedelta(days=8))
    staff = library.sign_in(Role.ADVISER, library.world.site_id)
    assert "Nothing can be said of it." in check_page(staff.get(page_of(other)).text).text


def test_of_a_next_appointment_that_was_cancelled_since_nobody_says_that_it_is_booked(
    library: Library, site_staff: FlaskClient
) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    later = form_of(site_staff, reference, "/next")
    site_staff.post(later.action, data=later.values(slot=later.values_of("slot")[0]))
    assert "Booked: Monday 30 November" in site_staff.get(page_of(reference)).text
    with library.database.writing() as db:
        next_one = db.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
        assert next_one
        next_one.state = State.CANCELLED_BY_RESIDENT
    text = check_page(site_staff.get(page_of(reference)).text).text
    assert "What was booked next does not stand any more." in text
    assert "Booked: Monday 30 November" not in text


def test_what_was_said_late_can_be_read_by_the_link_of_the_message(library: Library, client: FlaskClient) -> None:
    """A text and a neutral name carry the link alone, and it would have ended the day after the visit."""
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    with library.database.reading() as db:
        nonce = db.scalars(select(Appointment.manage_nonce)).one()
    link = f"/manage/{manage_token(library.runtime.settings.secret_key, nonce)}"
    library.clock.advance(timedelta(days=3))
    assert client.get(link).status_code == 410
    staff = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    form = form_of(staff, reference)
    assert staff.post(form.action, data=form.values(done="Two copies", next_step="A letter")).status_code == 303
    text = check_page(client.get(link, follow_redirects=True).text).text
    assert "Two copies" in text
    assert "Cancel" not in text
    library.clock.advance(timedelta(days=19))
    assert client.get(link).status_code == 410


def test_nobody_elsewhere_sees_it(library: Library, site_staff: FlaskClient) -> None:
    """The forms are those that work for the library's own staff, with a token of whoever sends them."""
    reference = library.book()
    library.record(reference, State.ARRIVED)
    other = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    theirs = {"csrf_token": check_page(other.get("/staff/").text).forms[0].fields["csrf_token"]}
    assert other.get(page_of(reference)).status_code == 404
    assert other.get(f"/staff/sites/mill-lane/after/{reference}").status_code == 404
    for end, typed in (("", {"done": "Checked"}), ("/next", {}), ("/cancel", {})):
        form = form_of(site_staff, reference, end)
        sent = form.fields | typed | ({"slot": form.values_of("slot")[0]} if end == "/next" else {})
        before = (booked(library), said(library))
        for site in ("mill-lane", "high-street"):
            answer = other.post(f"/staff/sites/{site}/after/{reference}{end}", data=sent | theirs)
            assert answer.status_code == 404, (site, end)
        assert (booked(library), said(library)) == before
        assert site_staff.post(form.action, data=sent).status_code == 303


def test_a_follow_up_that_was_changed_is_not_cancelled_from_here(library: Library, site_staff: FlaskClient) -> None:
    """At another site, or at another time, others have made it what it is."""
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    later = form_of(site_staff, reference, "/next")
    site_staff.post(later.action, data=later.values(slot=later.values_of("slot")[0]))
    shown = form_of(site_staff, reference, "/cancel")
    for changed in ({"site_id": library.other_site_id}, {"site_id": library.world.site_id, "version": 2}):
        with library.database.writing() as db:
            made = db.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
            assert made
            for name, value in changed.items():
                setattr(made, name, value)
        page = check_page(site_staff.get(page_of(reference)).text)
        assert "It was changed since. It cannot be cancelled from this page." in page.text
        assert not [form for form in page.forms if form.action.endswith("/cancel")]
        sent = shown.fields | {
            "version": str(changed.get("version", 1)),
            "seen": page.form_to(reference).fields["seen"],
        }
        assert site_staff.post(shown.action, data=sent).status_code == 409
        assert booked(library)[1][0] == State.BOOKED


def test_words_end_no_visit_of_who_is_to_come_much_later(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(6 * 60)
    page = check_page(site_staff.get(page_of(reference)).text)
    assert "Their appointment is at 3pm, and nobody has marked them as here." in page.text
    assert not [form for form in page.forms if form.action.endswith(f"/after/{reference}")]
    other = form_of(site_staff, library.book())
    answer = site_staff.post(page_of(reference), data=other.fields | {"seen": "", "done": "Checked"})
    assert answer.status_code == 409
    with library.database.reading() as db:
        assert set(db.scalars(select(Appointment.state))) == {State.BOOKED}
    library.record(reference, State.ARRIVED)  # they came early, and somebody says so
    form = form_of(site_staff, reference)
    assert site_staff.post(form.action, data=form.values(done="Checked")).status_code == 303
    assert said(library) == ("Checked", "")


def test_the_list_of_a_day_leads_to_its_words_for_a_week(library: Library) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    found = []
    for days, role in ((2, Role.SITE_MANAGER), (5, Role.SITE_STAFF), (1, Role.AUTHORITY_ADMIN)):
        library.clock.advance(timedelta(days=days))
        staff = library.sign_in(role, library.world.site_id)
        found.append(f"/after/{reference}" in staff.get(DAY).text)
    assert found == [True, True, False]


def test_no_value_breaks_it(library: Library, site_staff: FlaskClient) -> None:
    offer_lines(library, "Copies were certified")
    reference = walk_in(library)
    for words, value in BAD_VALUES.items():
        for field in ("line", "done", "next_step", "seen"):
            form = form_of(site_staff, reference)
            answer = site_staff.post(form.action, data=form.values() | {field: as_sent(value)})
            assert answer.status_code in (303, 400, 409), (words, field)
        for field in ("slot", "name", "phone", "seen"):
            later = form_of(site_staff, reference, "/next")
            right = later.values(slot=later.values_of("slot")[0])
            answer = site_staff.post(later.action, data=right | {field: as_sent(value)})
            assert answer.status_code in (303, 400, 409), (words, field)
            if answer.status_code == 303:
                undo = form_of(site_staff, reference, "/cancel")
                assert site_staff.post(undo.action, data=undo.fields).status_code == 303


@pytest.mark.parametrize("is_ended", [False, True])
def test_whoever_may_not_book_any_more_does_not_act_in_the_next_one(
    library: Library, site_staff: FlaskClient, *, is_ended: bool
) -> None:
    reference = library.book()
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    now = library.clock.now()
    whose = (library.runtime, library.world.authority_id, booked(library)[0][1])
    with library.database.writing() as db:
        acting = Representation("Carla Carer", "carer", "carla@example.org")
        row = db.scalars(select(Appointment)).one()
        row.representative_id = add_representative(db, *whose[1:], acting, now)
    given = Mandated("Carla Carer", "carer", "letter", POWERS)
    mandate = note_mandate(*whose, given, today=now.date(), seen=0, actor=STAFF)
    if is_ended:
        end_mandate(*whose, mandate, "Withdrawn", seen=1, actor=STAFF)
    warning = "Carla Carer: not told. It is not noted that they may book and change visits"
    assert (warning in check_page(site_staff.get(page_of(reference)).text).text) == is_ended
    later = form_of(site_staff, reference, "/next")
    assert site_staff.post(later.action, data=later.values(slot=later.values_of("slot")[0])).status_code == 303
    with library.database.reading() as db:
        found = db.scalars(select(Appointment).order_by(Appointment.id.desc()).limit(1)).one()
        assert (found.reference != reference, found.representative_id is None) == (True, is_ended)
