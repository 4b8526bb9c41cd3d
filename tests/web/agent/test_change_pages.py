"""Moving and cancelling during a call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import UNDO_FOR
from booking.slot_tokens import SlotKey, decode, encode
from booking.tables import Appointment
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.wall_clock import unit_of
from people.residents.tables import Resident
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from reminders.tables import Notification
from tests.support.callers import Callers
from tests.support.factories import make_runtime
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")


def call_of(callers: Callers) -> str:
    return f"/staff/calls/residents/{callers.people['amina']}"


def appointment_of(database: Database, callers: Callers) -> Appointment:
    with database.reading() as db:
        return db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()


@pytest.mark.databases("sqlite", "postgresql")
def test_an_appointment_is_moved_and_read_back(agent: Agent, callers: Callers, database: Database) -> None:
    reference = callers.booked.reference
    address = f"{call_of(callers)}?move={reference}"
    assert "Move Certify documents" in agent.open(address).text
    token, _ = agent.slots(address)[1]
    held = agent.checked(agent.send(f"{call_of(callers)}/hold?move={reference}", slot=token))
    assert "I can move you to Monday 23 November 2026 at 9:30am" in held.text
    page = agent.checked(agent.send(f"{call_of(callers)}/move?move={reference}", reason="Works mornings"))
    assert page.title.startswith("Moved")
    row = appointment_of(database, callers)
    assert (row.version, row.state) == (2, "booked")
    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "rescheduled")).one()
    assert entry.reason == "Asked by the resident: Works mornings"


def test_a_move_that_the_council_asks_for_needs_a_reason(agent: Agent, callers: Callers, database: Database) -> None:
    reference = callers.booked.reference
    token, _ = agent.slots(f"{call_of(callers)}?move={reference}")[0]
    agent.send(f"{call_of(callers)}/hold?move={reference}", slot=token)
    page = agent.checked(agent.send(f"{call_of(callers)}/move?move={reference}", asked_by="authority"), 400)
    assert "Say why the council moves the appointment" in page.text
    assert appointment_of(database, callers).version == 1


def test_what_was_just_cancelled_is_undone_with_one_press(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    database.facts[UNDO_FOR] = timedelta(minutes=1)
    reference = callers.booked.reference
    done = agent.checked(agent.send(f"{call_of(callers)}/cancel?cancel={reference}", asked_by="resident"))
    assert "Nobody is told of this for 60 seconds more" in done.text
    address = f"{call_of(callers)}/appointments/{reference}/undo"
    html = agent.client.get(f"{call_of(callers)}/appointments/{reference}").text
    assert f'formaction="{address}"' in html
    assert html.count("<form") == html.count("</form>") == 1 + html.count('action="/staff/sign-out"')
    for _ in range(2):  # pressed twice
        undone = agent.checked(agent.send(address, idempotency_key="once"))
        assert undone.title.startswith("Undone")
        assert "Nobody is told of the change" not in undone.text  # the confirmation is still to be sent
    row = appointment_of(database, callers)
    assert (row.state, row.version) == ("booked", 3)
    page = agent.checked(agent.send(address), 409)
    assert "This cannot be undone any more" in page.text
    with database.writing() as db:
        db.execute(update(Notification).values(status="sent", closed_at=clock.now()))
    agent.send(f"{call_of(callers)}/cancel?cancel={reference}", asked_by="resident")
    assert "Nobody is told of the change" in agent.checked(agent.send(address)).text
    agent.checked(agent.send(f"{call_of(callers)}/cancel?cancel={reference}", asked_by="resident"))
    clock.advance(timedelta(minutes=1))
    assert "Undo" not in agent.open(f"{call_of(callers)}/appointments/{reference}").text


def test_a_resident_cancels_without_a_reason_even_past_the_cut_off(
    agent: Agent, callers: Callers, database: Database, clock: FixedClock
) -> None:
    reference = callers.booked.reference
    clock.advance(timedelta(minutes=30))
    page = agent.open(f"{call_of(callers)}?cancel={reference}")
    assert "Shall I cancel it, or would another time be better?" in page.text
    done = agent.checked(agent.send(f"{call_of(callers)}/cancel?cancel={reference}", asked_by="resident"))
    assert done.title.startswith("Cancelled")
    assert appointment_of(database, callers).state == "cancelled_by_resident"


@pytest.mark.databases("sqlite", "postgresql")
def test_the_council_cancels_only_with_a_reason(agent: Agent, callers: Callers, database: Database) -> None:
    where = f"{call_of(callers)}/cancel?cancel={callers.booked.reference}"
    page = agent.checked(agent.send(where, asked_by="authority"), 400)
    assert "Say why the council cancels the appointment" in page.text
    assert 'value="authority" checked' in agent.send(where, asked_by="authority").text
    agent.checked(agent.send(where, asked_by="authority", reason="Boiler"))
    row = appointment_of(database, callers)
    assert (row.state, row.state_reason) == ("cancelled_by_authority", "Boiler")


def test_cancelling_twice_shows_the_state(agent: Agent, callers: Callers) -> None:
    where = f"{call_of(callers)}/cancel?cancel={callers.booked.reference}"
    agent.send(where)
    assert "now: cancelled by resident" in agent.checked(agent.send(where), 409).text.lower()


def test_another_residents_appointment_cannot_be_changed_from_here(agent: Agent, callers: Callers) -> None:
    where = f"/staff/calls/residents/{callers.people['aminah']}"
    for path in ("cancel?cancel", "move?move"):
        assert agent.send(f"{where}/{path}={callers.booked.reference}").status_code in (404, 410)
    assert agent.client.get(f"{where}/appointments/{callers.booked.reference}").status_code == 404


def test_the_reading_out_spells_the_reference(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{call_of(callers)}/appointments/{callers.booked.reference}")
    reference = callers.booked.reference
    assert f"{reference[:4]} {reference[4:]}" in page.text
    assert "Wednesday 2 December 2026 at 10am" in page.text
    assert "20 River Road" in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_another_appointment_at_that_time_is_said_and_can_be_overruled(
    agent: Agent, callers: Callers, database: Database
) -> None:
    """Confirm and move alike: warned first, done by one more press, and nothing is written before."""
    where = f"/staff/calls/residents/{callers.people['amina']}"
    agent.check_caller(where)
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        at, reference = row.starts_at, row.reference
    slot = SlotKey(
        callers.town.authority_id,
        callers.town.sites["hub"],
        (callers.town.services["advice"],),
        "in_person",
        unit_of(at),
    )
    token = encode(slot)
    agent.send(f"{where}/hold?service=advice", slot=token)
    page = agent.checked(agent.send(f"{where}/confirm?service=advice", shown=token), 409)
    assert "They have another appointment at this time. Nothing is booked yet." in page.text
    assert f"{reference[:4]} {reference[4:]}" in page.text
    assert ("despite_same_time", "1") in page.form_to("/confirm").buttons
    with database.reading() as db:
        assert len(db.scalars(select(Appointment)).all()) == 1
    answer = agent.send(f"{where}/confirm?service=advice", shown=token, despite_same_time="1", follow=False)
    assert answer.status_code == 303


@pytest.mark.databases("sqlite", "postgresql")
def test_a_move_onto_another_appointment_is_warned_of_too(agent: Agent, callers: Callers, database: Database) -> None:
    where = f"/staff/calls/residents/{callers.people['amina']}"
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        reference = row.reference
    advice = {decode(token).start_unit: token for token, _ in agent.slots(f"{where}?service=advice")}
    to = (token for token, _ in agent.slots(f"{where}?move={reference}") if decode(token).site_id != row.site_id)
    slot, other = next((token, advice[decode(token).start_unit]) for token in to if decode(token).start_unit in advice)
    agent.send(f"{where}/hold?service=advice", slot=other)
    assert agent.send(f"{where}/confirm?service=advice", shown=other, follow=False).status_code == 303
    agent.send(f"{where}/hold?move={reference}", slot=slot)
    page = agent.checked(agent.send(f"{where}/move?move={reference}", shown=slot), 409)
    assert "They have another appointment at this time. Nothing is booked yet." in page.text
    answer = agent.send(f"{where}/move?move={reference}", shown=slot, despite_same_time="1", follow=False)
    assert answer.location.endswith("what=moved")


def test_while_messages_are_paused_nobody_is_promised_one(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == callers.booked.reference)).one()
        db.execute(update(Resident).where(Resident.id == row.resident_id).values(email="amina@example.org"))
    reference, authority_id = callers.booked.reference, row.authority_id
    mail = NewPause(PauseScope.KIND, "cancelled")
    pause_messages(make_runtime(database), authority_id, mail, actor=Actor("staff", 1, "Mary Manager"))
    page = agent.open(f"{call_of(callers)}?cancel={reference}")
    assert "held back: paused by Mary Manager" in page.text
    done = f"{call_of(callers)}/appointments/{reference}"
    assert "paused by" not in agent.open(done).text
    cancelled = agent.checked(agent.send(f"{call_of(callers)}/cancel?cancel={reference}", asked_by="resident"))
    assert "held back: paused by Mary Manager" in cancelled.text
