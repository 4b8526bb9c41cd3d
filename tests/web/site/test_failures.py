"""The list of messages that failed: whom it concerns, what can be done, and who does it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.errors import DeliveryFailed
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from people.staff.policy import Role
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import make_appointment
from tests.support.pages import Page, check_page
from tests.web.site.conftest import STAFF, Library
from tests.web.site.test_untold import WHEN

FAILURES = "/staff/failures"
pytestmark = pytest.mark.databases("sqlite")


def refuse(_message: object) -> None:
    raise DeliveryFailed(detail="550 5.1.1 nobody here", permanent=True)


def book(library: Library) -> int:
    """The id of a resident whose confirmation was refused."""
    person = ResidentDetails("Mary Nobody", "mary@example.org", "07700 900123")
    make_appointment(library.runtime, library.world, WHEN, resident=person, actor=STAFF, channel="counter")
    channel = RecordingChannel()
    channel.on_send = refuse
    worker_for(library.runtime, channel).send_due()
    with library.database.reading() as db:
        return db.scalars(select(Resident.id).where(Resident.name == "Mary Nobody")).one()


def page_of(client: FlaskClient, address: str = FAILURES) -> Page:
    answer = client.get(address)
    assert answer.status_code == 200
    return check_page(answer.text)


def press(client: FlaskClient, page: Page, where: str, **more: str) -> tuple[int, Page]:
    form = page.form_to(where)
    answer = client.post(form.action, data=form.values() | more, follow_redirects=True)
    return answer.status_code, check_page(answer.text)


def test_an_agent_corrects_an_address_and_the_failure_leaves_the_list(library: Library) -> None:
    resident = book(library)
    agent, manager = library.sign_in(Role.TRIAGE_AGENT), library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert "Check the contact details of 1 person: messages failed" in page_of(agent, "/staff/").text
    listed = page_of(agent)
    assert "Email: The address was refused" in listed.text
    seen = page_of(manager)
    assert press(agent, listed, f"{resident}/take")[0] == 200
    assert "Triage agent deals with this" in page_of(manager).text
    assert press(manager, seen, f"{resident}/take")[0] == 409
    page = page_of(agent, f"{FAILURES}/{resident}")
    for wrong, said in (("", "Enter the right email address"), ("mary@example.org", "This is what did not work")):
        status, answered = press(agent, page, f"{resident}/end", ending="corrected", email=wrong)
        assert (status, said in answered.text) == (400, True)
    status, answered = press(agent, page, f"{resident}/end", ending="corrected", email="mary.n@example.org")
    assert status == 200
    assert "Address corrected" in answered.text
    assert "Nothing has failed" in answered.text
    assert press(agent, page, f"{resident}/end", ending="nothing")[0] == 409
    channel = RecordingChannel()
    worker_for(library.runtime, channel).send_due()
    assert "mary.n@example.org" in {one.recipient.address for one in channel.sent}


def test_what_was_typed_stays_when_a_colleague_took_them_meanwhile(library: Library) -> None:
    resident = book(library)
    agent, manager = library.sign_in(Role.TRIAGE_AGENT), library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    press(agent, page_of(agent), f"{resident}/take")
    page = page_of(agent, f"{FAILURES}/{resident}")
    press(agent, page, f"{resident}/give-back")
    press(manager, page_of(manager), f"{resident}/take")
    for typed, code, said in (
        ("mary@", 400, "Error"),
        ("mary.n@example.org", 409, "You do not have this person any more"),
    ):
        status, kept = press(agent, page, f"{resident}/end", ending="corrected", email=typed)
        assert (status, said in kept.text) == (code, True)
        assert kept.form_to(f"{resident}/end").values()["email"] == [typed]
    assert press(agent, kept, f"{resident}/end", ending="corrected")[0] == 409
    press(manager, page_of(manager, f"{FAILURES}/{resident}"), f"{resident}/give-back")
    status, answered = press(agent, kept, f"{resident}/end", ending="corrected")
    assert (status, "Address corrected. 1 message is sent again" in answered.text) == (200, True)


def test_an_address_that_somebody_has_changed_meanwhile_is_not_written_over(library: Library) -> None:
    resident = book(library)
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{resident}/take")
    page = page_of(agent, f"{FAILURES}/{resident}")
    with library.database.writing() as db:
        db.get_one(Resident, resident).name = "Mary Somebody"
    status, kept = press(agent, page, f"{resident}/end", ending="corrected", email="mary.n@example.org")
    assert (status, "Somebody has changed this person" in kept.text) == (409, True)
    with library.database.reading() as db:
        assert db.get_one(Resident, resident).email == "mary@example.org"
    assert kept.form_to(f"{resident}/end").values()["email"] == ["mary.n@example.org"]
    assert press(agent, kept, f"{resident}/end", ending="corrected")[0] == 200
    with library.database.reading() as db:
        assert db.get_one(Resident, resident).email == "mary.n@example.org"


@pytest.mark.parametrize(("ending", "said"), [("rung", "Put on the list of calls"), ("nothing", "Nothing more to do")])
def test_who_ended_a_failure_stands_with_the_messages_of_the_appointment(
    library: Library, ending: str, said: str
) -> None:
    resident = book(library)
    with library.database.writing() as db:  # the call that took its place is not owed
        for row in db.scalars(select(Notification).where(Notification.channel == "call")).all():
            row.status, row.closed_at = "void", row.created_at
    agent = library.sign_in(Role.TRIAGE_AGENT)
    press(agent, page_of(agent), f"{resident}/take")
    status, answered = press(agent, page_of(agent, f"{FAILURES}/{resident}"), f"{resident}/end", ending=ending)
    assert (status, said in answered.text) == (200, True)
    with library.database.reading() as db:
        reference = db.connection().exec_driver_sql("SELECT reference FROM appointments").scalar()
    assert f"{said}: Triage agent" in page_of(agent, f"/staff/messages/{reference}").text


def test_site_staff_of_another_site_see_nothing(library: Library) -> None:
    resident = book(library)
    stranger = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert "Nothing has failed" in page_of(stranger).text
    assert stranger.get(f"{FAILURES}/{resident}").status_code == 303
