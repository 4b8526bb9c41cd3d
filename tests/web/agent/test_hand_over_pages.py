"""The pages on which a visit goes to the right person: find or enter them, see both, hand it over; without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.hand_over import NewOwner, hand_over
from core.audit import Actor, AuditEntry
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from people.residents.contact_notes import notes_of
from people.residents.tables import Resident
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import StaffRole
from reminders.tables import Notification
from tests.support.callers import Callers, add_agent, book_for, sign_in
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

CALLS = "/staff/calls"


@pytest.fixture
def at(callers: Callers) -> str:
    """The address of the hand-over of Amina's visit."""
    return f"{CALLS}/residents/{callers.people['amina']}/appointments/{callers.booked.reference}/hand-over"


def owner_of(database: Database, reference: str) -> int:
    """Whose the visit is."""
    with database.reading() as db:
        return db.scalars(select(Appointment.resident_id).where(Appointment.reference == reference)).one()


def runtime_of(agent: Agent) -> Runtime:
    """The application's runtime."""
    found: Runtime = agent.client.application.extensions[EXTENSION]
    return found


def test_from_the_call_to_the_right_person_and_what_to_read_out(
    agent: Agent, callers: Callers, database: Database, at: str
) -> None:
    """Amina's visit was for Aminah: search, both side by side with what is sent to whom, done; the notes stay."""
    amina, aminah, reference = callers.people["amina"], callers.people["aminah"], callers.booked.reference
    call = agent.check_caller(f"{CALLS}/residents/{amina}")
    assert any(href == at for _, href in call.links)
    assert "Who is this visit for?" in agent.open(at).text
    found = agent.checked(agent.send(f"{at}/find", q="Youssef"))
    assert [href for text, href in found.links if "?to=" in href] == [f"{at}?to={aminah}"]
    both = agent.open(f"{at}?to={aminah}")
    for words in (
        "Hand this visit to Aminah Youssef", "07700 900999", "07700 900321", "We can send nothing.",
        "not told: nothing was sent about this visit", "Do not text",
    ):  # fmt: skip
        assert words in both.text, words
    form = both.form_to(at)
    done = agent.checked(agent.client.post(at, data=form.values(need=["bsl"]), follow_redirects=True))
    assert "Handed over" in done.text
    assert owner_of(database, reference) == aminah
    with database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "handed_over"))
        notes = notes_of(db, callers.town.authority_id, amina)
    assert row.support_needs == ["bsl"]
    assert (entry.facts["from_resident"], entry.facts["to_resident"]) == (amina, aminah)
    assert len(notes) == 1
    again = agent.client.post(at, data=form.values(need=["bsl"]))
    assert again.status_code == 303  # sent twice, done once
    assert owner_of(database, reference) == aminah


def test_somebody_new_is_entered_on_the_way_and_the_son_stays_another_than_the_father(
    agent: Agent, callers: Callers, database: Database, at: str
) -> None:
    """Same name and same telephone as whom it was booked for: that is whom it is not for, so a new record is made."""
    agent.checked(agent.send(f"{at}/new", q="Amina Yusuf"))
    same = {"name": "Amina Yusuf", "phone": "07700 900999", "contact_preference": "email"}
    page = agent.checked(agent.send(f"{at}/register", data=same))
    assert "Hand this visit to Amina Yusuf" in page.text
    form = page.form_to(at)
    agent.checked(agent.client.post(at, data=form.values(), follow_redirects=True))
    new = owner_of(database, callers.booked.reference)
    assert new not in callers.people.values()
    with database.reading() as db:
        assert db.get_one(Resident, new).name == "Amina Yusuf"


def test_somebody_like_one_whom_we_have_is_asked_about_first(agent: Agent, callers: Callers, at: str) -> None:
    fields = {"name": "Aminah Youssef", "phone": "07700 900321", "contact_preference": "email"}
    page = agent.checked(agent.send(f"{at}/register", data=fields))
    assert "Is this the same person?" in page.text
    assert any(href == f"{at}?to={callers.people['aminah']}" for _, href in page.links)
    wrong = agent.send(f"{at}/register", data={"name": "", "contact_preference": "email"})
    agent.checked(wrong, 400)


def test_who_was_told_is_told_and_the_page_says_so_first(
    agent: Agent, callers: Callers, database: Database, at: str
) -> None:
    """By email, or (who asked for no messages) not at all; the right person by the way that they prefer."""
    with database.writing() as db:
        db.execute(update(Appointment).values(representative_id=None))
        db.execute(update(Notification).where(Notification.kind == "confirmation").values(status="sent"))
    with_email = f"{at}?to={callers.people['long']}"
    text = agent.open(with_email).text
    assert "Amina Yusuf: Word that it was not meant for them by email to a***@example.org, at once" in text
    assert "Confirmation by email to a***@" in text
    with database.writing() as db:
        db.execute(update(Resident).values(contact_preference="none"))
    text = agent.open(with_email).text
    assert "Amina Yusuf: not told. Asked not to be contacted." in text
    assert "We can send nothing. Read it out slowly, twice." in text


def test_a_colleague_was_quicker(agent: Agent, callers: Callers, database: Database, at: str) -> None:
    """The page says what has changed: other facts of the visit, or whose it is now; moving and cancelling say so, too."""
    amina, aminah, reference = callers.people["amina"], callers.people["aminah"], callers.booked.reference
    form = agent.open(f"{at}?to={aminah}").form_to(at)
    runtime, colleague = runtime_of(agent), Actor("staff", 7, "Carol Colleague")
    change_details(runtime, callers.town.authority_id, reference, Details(notes="By the door"), actor=colleague)
    page = agent.checked(agent.client.post(at, data=form.values()), 409)
    assert "The appointment has changed meanwhile. Nothing was saved." in page.text
    owner = NewOwner(amina, callers.people["rtl"], ())
    form = page.form_to(at)
    hand_over(runtime, callers.town.authority_id, reference, owner, actor=colleague)
    page = agent.checked(agent.client.post(at, data=form.values()), 409)
    assert "The visit was handed to محمد الأحمد meanwhile. Nothing was saved." in page.text
    call = f"{CALLS}/residents/{amina}"
    for view, query in (("move", "move"), ("cancel", "cancel")):
        answer = agent.send(f"{call}/{view}?{query}={reference}", follow=False, reason="Ill")
        assert answer.status_code == 409
        assert "was handed to محمد الأحمد meanwhile" in agent.checked(answer, 409).text


def test_what_cannot_be_meant_is_refused(agent: Agent, callers: Callers, at: str) -> None:
    amina = callers.people["amina"]
    assert "Who is this visit for?" in agent.open(f"{at}?to={amina}").text
    agent.checked(agent.send(at, to=str(amina)), 400)
    assert agent.client.get(f"{at}?to=999").status_code == 404
    assert agent.send(at, to="x").status_code == 404
    assert agent.send(at, to="999").status_code == 404
    agent.checked(agent.send(f"{at}/find", q=""), 400)
    assert "Nobody found" in agent.checked(agent.send(f"{at}/find", q="zzz qqq")).text
    other = at.replace(f"/residents/{amina}/", f"/residents/{callers.people['aminah']}/")
    assert agent.client.get(other).status_code == 404


def test_the_right_person_s_other_visits_are_told(agent: Agent, callers: Callers, database: Database, at: str) -> None:
    """One at the same time, and as many for the same service as may be booked online; staff may go on all the same."""
    aminah, by = callers.people["aminah"], Actor("staff", callers.agent_id, "Agnes Agent")
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    for hour in (10, 11):
        book_for(database, callers.town, aminah, datetime(2026, 12, 2, hour, 0, tzinfo=UTC), by, now)
    text = agent.open(f"{at}?to={aminah}").text
    assert "They have another visit at that time: Certify documents" in text
    assert "they have 2 booked already. Online, 2 is the most." in text


def test_site_staff_hand_over_visits_of_their_own_site_alone(
    agent: Agent, callers: Callers, database: Database, at: str
) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    for site, status in (("hub", 200), ("library", 404)):
        member = add_agent(database, callers.town.authority_id, now, Role.SITE_STAFF.value, f"{site}@example.org")
        with database.writing() as db:
            db.execute(update(StaffRole).where(StaffRole.staff_id == member).values(site_id=callers.town.sites[site]))
        agent.client.set_cookie(COOKIE, sign_in(database, member, now))
        assert agent.client.get(at).status_code == status


@pytest.mark.parametrize("path", ["", "?to={to}", "/new/0123456789abcdef"])
def test_after_all_is_done_the_back_button_leads_to_who_has_it_now(
    agent: Agent, callers: Callers, at: str, path: str
) -> None:
    aminah = callers.people["aminah"]
    form = agent.open(f"{at}?to={aminah}").form_to("/hand-over")
    assert agent.client.post(form.action, data=form.values()).status_code == 303
    page = agent.checked(agent.client.get(at + path.format(to=aminah)), 409)
    assert "The visit was handed to Aminah" in page.text
    assert page.form_to("/stay").action.startswith(f"{CALLS}/residents/{callers.people['amina']}/")
