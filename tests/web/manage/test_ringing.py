"""The list to ring: who may see it, one agent for one person, the held time confirmed while they talk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.tables import Appointment, RebookItem
from booking.use_cases.offers import make_offers, request_offers
from booking.use_cases.ringing import start_ringing
from core.audit import Actor
from core.database import Database
from people.staff.policy import POLICY, Action, Role
from people.staff.tables import StaffMember
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.support.factories import NOW, make_appointment, make_runtime, make_world
from tests.support.pages import Page, check_page
from tests.web.manage.conftest import book_tomorrow, shut_tomorrow
from tests.web.site.conftest import Library

LIST = "/staff/to-ring"
SQLITE = pytest.mark.databases("sqlite")


@pytest.fixture
def references(library: Library) -> list[str]:
    """Two people who cannot be written to, and one who can, with other times held for all."""
    found = book_tomorrow(library, 0, phone="07700 900123") + book_tomorrow(library, 30, phone="07700 900124")
    found += book_tomorrow(library, 60)
    closure = shut_tomorrow(library)
    request_offers(library.runtime, library.world.authority_id, closure, actor=Actor.system())
    make_offers(library.runtime, can_be_told)
    return found


def page_of(client: FlaskClient, address: str = LIST) -> Page:
    answer = client.get(address)
    assert answer.status_code == 200
    return check_page(answer.text)


def press(client: FlaskClient, page: Page, ending: str, **more: str) -> int:
    form = page.form_to(ending)
    return client.post(form.action, data=form.values() | more).status_code


@SQLITE
@pytest.mark.parametrize("role", Role)
def test_agents_and_managers_see_the_list(library: Library, references: list[str], role: Role) -> None:
    client = library.sign_in(role)
    may = role in POLICY[Action.RING_PEOPLE]
    answer = client.get(LIST)
    assert answer.status_code == client.get(f"{LIST}/{references[0]}").status_code == (200 if may else 404)
    assert ("Robin 30" in answer.text, "Robin 60" in answer.text) == (may, False)
    assert (f'href="{LIST}"' in client.get("/staff/").text) == may


@SQLITE
def test_a_manager_of_another_site_neither_sees_nor_moves_anybody(library: Library, references: list[str]) -> None:
    """Not from the list, nor on the page of a call."""
    here, elsewhere = (
        library.sign_in(Role.SITE_MANAGER, site) for site in (library.world.site_id, library.other_site_id)
    )
    page = page_of(here)
    assert "Robin 30" in page.text
    assert "Robin" not in page_of(elsewhere).text
    with library.database.reading() as db:
        resident = db.scalars(select(Appointment.resident_id).where(Appointment.reference == references[0])).one()
    call = f"/staff/calls/residents/{resident}"
    token = page_of(elsewhere).form_to("sign-out").fields["csrf_token"]
    of_person = [f"{LIST}/{references[0]}", f"{call}?move={references[0]}", f"{call}?cancel={references[0]}"]
    assert [(here.get(one).status_code, elsewhere.get(one).status_code) for one in of_person] == [(200, 404)] * 3
    for way in ("ring", "confirm", "done"):
        assert elsewhere.post(f"{LIST}/{references[0]}/{way}", data={"csrf_token": token}).status_code == 404


@SQLITE
def test_whom_one_agent_rings_no_other_one_does(library: Library, references: list[str]) -> None:
    agent, manager = library.sign_in(Role.TRIAGE_AGENT), library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    seen = page_of(manager)
    assert press(agent, page_of(agent), f"{references[0]}/ring") == 303
    page = page_of(manager)
    assert "Triage agent is ringing them, until 9:10am at the latest" in page.text
    with pytest.raises(AssertionError):
        page.form_to(f"{references[0]}/ring")
    assert press(manager, seen, f"{references[0]}/ring") == 409  # from a page that was older
    ringing = page_of(agent, f"{LIST}/{references[0]}")
    assert "07700 900123" in ringing.text
    confirm = ringing.form_to("/confirm")
    assert (
        manager.post(
            confirm.action, data=confirm.values(csrf_token=seen.form_to("sign-out").fields["csrf_token"])
        ).status_code
        == 409
    )
    for _press in range(2):
        assert press(agent, ringing, "/confirm") == 303
    page = page_of(manager, f"{LIST}?done=confirmed&person={references[0]}")
    assert "The new time of Robin 0 is confirmed: " in page.text
    assert "Robin 0," not in page.text
    assert "The new time is confirmed." in page_of(manager, f"{LIST}?done=confirmed&person=NOBODY00").text
    assert "told by you now" in ringing.text
    with library.database.reading() as db:
        assert sorted(db.scalars(select(RebookItem.state))) == ["accepted", "offered", "to_ring"]
        moved = select(Notification.status, Notification.reason).where(Notification.kind == "rescheduled")
        told = [tuple(row) for row in db.execute(moved)]
    assert told == [("withheld", "told_by_staff")], "whom somebody has just rung is on no list to be rung again"


@SQLITE
def test_who_did_not_answer_is_on_the_list_again(library: Library, references: list[str]) -> None:
    agent, manager = library.sign_in(Role.TRIAGE_AGENT), library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    press(agent, page_of(agent), f"{references[0]}/ring")
    assert press(agent, page_of(agent, f"{LIST}/{references[0]}"), "/done", **{"no-answer": "1"}) == 303
    page = page_of(manager)
    assert "Nobody answered, the last time" in page.text
    assert press(manager, page, f"{references[0]}/ring") == 303
    library.clock.advance(timedelta(minutes=11))  # a browser that was shut keeps nobody
    assert press(agent, page_of(agent), f"{references[0]}/ring") == 303


@SQLITE
def test_whom_nobody_can_ring_is_no_call(library: Library) -> None:
    (reference,) = book_tomorrow(library, 0, email="")
    shut_tomorrow(library)
    agent = library.sign_in(Role.TRIAGE_AGENT)
    page = page_of(agent)
    assert "We have no telephone number. Look in their record for another way" in page.text
    assert "I am ringing" not in page.text.replace("Press “I am ringing”", "")
    assert press(agent, page, f"{reference}/ring") == 303
    one = page_of(agent, f"{LIST}/{reference}")
    assert "We have no telephone number." in one.text
    assert "Nobody answered" not in one.text
    assert one.link("Their record and appointments").startswith("/staff/calls/residents/")


@SQLITE
def test_whose_offer_did_not_arrive_is_rung_too(library: Library, references: list[str]) -> None:
    with library.database.writing() as db:
        db.execute(update(Notification).where(Notification.kind == "offer_1").values(status="failed"))
    assert "Robin 60" in page_of(library.sign_in(Role.TRIAGE_AGENT)).text
    assert len(references) == 3


def test_of_many_who_press_at_once_one_has_them(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    reference = make_appointment(runtime, world, NOW + timedelta(hours=2)).reference
    common = {"authority_id": world.authority_id, "created_at": NOW}
    with database.writing() as db:
        db.add(RebookItem(appointment_id=1, reason="hours", **common))
        staff = [
            StaffMember(email=f"{n}@example.org", name=f"Agent {n}", password_hash="-", **common) for n in range(6)
        ]
        db.add_all(staff)
        db.flush()
        ids = [member.id for member in staff]
    gate = Barrier(len(ids))

    def ring(staff_id: int) -> bool:
        gate.wait()
        return start_ringing(runtime, world.authority_id, reference, staff_id, actor=Actor("staff", staff_id, ""))

    with ThreadPoolExecutor(len(ids)) as pool:
        assert sum(pool.map(ring, ids)) == 1
