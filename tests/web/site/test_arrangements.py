"""Site staff see how far an interpreter is arranged, and record whether one was found; the resident is told."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.states import State
from booking.use_cases.reschedule import Move, reschedule
from core.database import Database
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from reminders.recipients import ARRANGEMENT
from reminders.tables import Notification
from tests.support.factories import slot_key_at
from tests.support.pages import Page, check_page
from tests.web.site.conftest import DAY, NINE, STAFF, Library

pytestmark = pytest.mark.databases("sqlite")

POLISH = ResidentDetails("Zoë Ångström", language="Polish")
HOURS = 120


@pytest.fixture
def reference(library: Library) -> str:
    """An appointment at eleven for somebody who needs two interpreters."""
    return library.book(HOURS, resident=POLISH, support_needs=("bsl", "language", "step-free"))


@pytest.fixture
def staff(library: Library) -> FlaskClient:
    """Somebody of the library's staff."""
    return library.sign_in(Role.SITE_STAFF, library.world.site_id)


def day(client: FlaskClient) -> Page:
    return check_page(client.get(DAY).text)


def send(client: FlaskClient, reference: str, need: str, state: str) -> tuple[int, Page]:
    """The answer to the button of this need and state, on the page as it is."""
    forms = [form for form in day(client).forms if form.action.endswith(f"{reference}/arrangement")]
    form = next(form for form in forms if form.fields["need"] == [need])
    answer = client.post(form.action, data=form.values(arrangement=state), follow_redirects=True)
    return answer.status_code, check_page(answer.text)


def kinds(database: Database) -> list[str]:
    """The messages about interpreters that are owed."""
    with database.reading() as db:
        found = db.scalars(select(Notification.kind).where(Notification.status == "pending")).all()
    return [kind for kind in found if kind.startswith(ARRANGEMENT)]


def test_nobody_arranges_an_interpreter_for_a_visit_that_is_over(
    library: Library, staff: FlaskClient, reference: str
) -> None:
    for state in (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED):
        library.record(reference, state)
    text = day(staff).text
    assert "British Sign Language (not known if arranged)" in text
    assert "to be arranged" not in text


def test_each_interpreter_is_recorded_by_itself(library: Library, staff: FlaskClient, reference: str) -> None:
    text = day(staff).text
    for words in ("British Sign Language (to be arranged)", "Another language: Polish (to be arranged)"):
        assert words in text
    assert "Step-free access (" not in text
    status, page = send(staff, reference, "bsl", "confirmed")
    assert status == 200
    assert "British Sign Language (arranged)" in page.text
    _, page = send(staff, reference, "language", "not_possible")
    assert "Another language: Polish (not possible)" in page.text
    assert kinds(library.database) == ["arrangement_2"]
    _, page = send(staff, reference, "bsl", "not_possible")
    assert "British Sign Language (not possible)" in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_a_page_from_before_somebody_else_recorded_it_changes_nothing(
    library: Library, staff: FlaskClient, reference: str
) -> None:
    forms = [form for form in day(staff).forms if form.action.endswith(f"{reference}/arrangement")]
    stale = next(form for form in forms if form.fields["need"] == ["bsl"])
    send(staff, reference, "bsl", "confirmed")
    answer = staff.post(stale.action, data=stale.values(arrangement="not_possible"))
    page = check_page(answer.text)
    assert answer.status_code == 409
    assert "Somebody else has recorded this for Zoë Ångström meanwhile. Nothing was changed." in page.text
    assert "British Sign Language (arranged)" in page.text
    again = staff.post(stale.action, data=stale.values(arrangement="confirmed"), follow_redirects=True)
    assert again.status_code == 200


def test_no_form_of_a_row_answers_the_script_with_another_page(staff: FlaskClient, reference: str) -> None:
    """The script sends them all, and takes a redirect for the sign-in page."""
    forms = [form for form in day(staff).forms if f"/appointments/{reference}" in form.action]
    assert {form.action.rpartition("/")[2] for form in forms} >= {reference, "arrangement"}
    for form in reversed(forms):
        name, value = next(button for button in form.buttons if button[0])
        answer = staff.post(form.action, data=form.values(**{name: value}), headers={"Fd-Row-Form": "1"})
        assert (answer.status_code, answer.data) == (204, b"")


def test_paper_and_file_say_it_too(staff: FlaskClient, reference: str) -> None:
    send(staff, reference, "bsl", "confirmed")
    assert "British Sign Language (arranged)" in staff.get(f"{DAY}/print").text
    assert "British Sign Language (arranged)" in staff.get(f"{DAY}/list.csv").text


def test_a_row_that_has_moved_records_nothing(library: Library, staff: FlaskClient, reference: str) -> None:
    form = next(form for form in day(staff).forms if form.action.endswith("/arrangement"))
    move = Move(slot_key=slot_key_at(library.world, NINE.replace(hour=14)))
    reschedule(library.runtime, library.world.authority_id, reference, move, actor=STAFF, enforce_cutoff=False)
    answer = staff.post(form.action, data=form.values(arrangement="confirmed"))
    assert answer.status_code == 409
    assert "Zoë Ångström has another time or other needs now. Nothing was changed." in check_page(answer.text).text
    assert kinds(library.database) == []


@pytest.mark.parametrize("wrong", [{"arrangement": "asked"}, {"arrangement": "x"}, {}])
def test_nothing_else_is_recorded(staff: FlaskClient, reference: str, wrong: dict[str, str]) -> None:
    form = next(form for form in day(staff).forms if form.action.endswith(f"{reference}/arrangement"))
    values = form.values()
    values.pop("arrangement", None)
    assert staff.post(form.action, data=values | wrong).status_code == 404


def test_who_only_advises_sees_it_and_records_nothing(library: Library, staff: FlaskClient, reference: str) -> None:
    form = next(form for form in day(staff).forms if form.action.endswith(f"{reference}/arrangement"))
    adviser = library.sign_in(Role.ADVISER, library.world.site_id)
    page = day(adviser)
    assert "British Sign Language (to be arranged)" in page.text
    assert not [form for form in page.forms if form.action.endswith("/arrangement")]
    own = next(form for form in page.forms if form.method == "post").fields["csrf_token"]
    data = form.values(arrangement="confirmed") | {"csrf_token": own}
    assert adviser.post(form.action, data=data).status_code in (403, 404)
    assert kinds(library.database) == []


def test_what_has_begun_offers_nothing_to_record(library: Library, staff: FlaskClient) -> None:
    library.book(0, support_needs=("bsl",))
    assert not [form for form in day(staff).forms if form.action.endswith("/arrangement")]
