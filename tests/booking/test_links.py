"""A manage link ends with its appointment, and changes nothing but that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.events import appointment_changed
from booking.queries.appointments import by_reference
from booking.queries.link_tokens import by_manage_token
from booking.states import Contact
from booking.tables import Appointment
from booking.use_cases.cancel import cancel
from booking.use_cases.change_details import Details, change_details, follow_record
from booking.use_cases.manage_links import answer_link_requests, request_manage_link
from booking.use_cases.reschedule import Move, reschedule
from core.audit import AuditEntry
from core.database import Database
from core.errors import LinkEnded, NotFound
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.resident_repository import lock_resident
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    catalogue,
    make_appointment,
    make_runtime,
    make_world,
    slot_key_at,
)

TEN = NOW + timedelta(hours=2)
TOMORROW = TEN + timedelta(days=1)
ENDS = TEN + timedelta(minutes=30)
ROBIN = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123")
STRANGER = Contact("Stranger@Example.org", "", "email", leave_no_message=False)
WRITES: dict[str, Callable[[Runtime, World, str], Any]] = {
    "move": lambda runtime, world, reference: reschedule(
        runtime,
        world.authority_id,
        reference,
        Move(slot_key_at(world, TEN + timedelta(days=7))),
        actor=RESIDENT,
        enforce_cutoff=False,
    ),
    "cancel": lambda runtime, world, reference: cancel(
        runtime, world.authority_id, reference, actor=RESIDENT, by="resident", enforce_cutoff=False
    ),
    "contact": lambda runtime, world, reference: change_details(
        runtime, world.authority_id, reference, Details(STRANGER), actor=RESIDENT
    ),
    "needs": lambda runtime, world, reference: change_details(
        runtime, world.authority_id, reference, Details(support_needs=("bsl",), language="Welsh"), actor=RESIDENT
    ),
}


def residents(database: Database) -> list[tuple[Any, ...]]:
    """Every value of every resident's record."""
    with database.reading() as db:
        return [tuple(row) for row in db.execute(select(*Resident.__table__.columns))]


def appointments(database: Database) -> list[tuple[Any, ...]]:
    """Every value of every appointment."""
    with database.reading() as db:
        return [tuple(map(repr, row)) for row in db.execute(select(*Appointment.__table__.columns))]


def owed(database: Database) -> list[str]:
    """The kinds of what is owed at once, in order."""
    with database.reading() as db:
        kinds = db.scalars(select(Notification.kind).order_by(Notification.id)).all()
    return [kind for kind in kinds if not kind.startswith("reminder")]


@pytest.mark.parametrize("write", WRITES)
def test_a_day_after_the_end_its_holder_changes_nothing(database: Database, write: str) -> None:
    world = make_world(database)
    reference = make_appointment(make_runtime(database), world, TEN, resident=ROBIN).reference
    before = appointments(database), residents(database)
    with pytest.raises(LinkEnded):
        WRITES[write](make_runtime(database, ENDS + timedelta(days=1, seconds=1)), world, reference)
    assert (appointments(database), residents(database)) == before
    with database.reading() as db:
        assert db.scalars(select(AuditEntry.action)).all() == ["booked"]


def test_the_link_of_an_appointment_that_is_over_is_not_sent_again(database: Database) -> None:
    world = make_world(database)
    reference = make_appointment(make_runtime(database), world, TEN, resident=ROBIN).reference
    for late, expected in ((timedelta(days=1, seconds=1), 0), (timedelta(days=1), 1)):
        request_manage_link(make_runtime(database, ENDS + late), world.authority_id, reference, "Sample")
        answer_link_requests(make_runtime(database, ENDS + late))
        with database.reading() as db:
            requests = db.scalars(select(AuditEntry).where(AuditEntry.action == "manage_link_requested")).all()
        assert len(requests) == expected


@pytest.mark.parametrize("write", WRITES)
def test_nothing_that_a_link_changes_reaches_the_persons_record(database: Database, write: str) -> None:
    world, runtime = make_world(database), make_runtime(database)
    first = make_appointment(runtime, world, TEN, resident=ROBIN)
    other = make_appointment(runtime, world, TOMORROW, resident=ROBIN).reference
    before = residents(database)
    WRITES[write](runtime, world, first.reference)
    assert residents(database) == before
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), other)
    assert (view.resident.email, view.resident.phone, view.has_own_contact) == (ROBIN.email, ROBIN.phone, False)


@pytest.fixture
def sent(database: Database) -> Any:
    """Books and changes with the outbox listening, and sends what is due: the channel that keeps it."""
    channel = RecordingChannel()
    with appointment_changed.connected_to(plan_notifications):
        yield channel


def test_a_new_address_gets_a_new_link_and_the_old_one_is_told(database: Database, sent: RecordingChannel) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, resident=ROBIN)
    old_link = booked.manage_url_path
    change_details(runtime, world.authority_id, booked.reference, Details(STRANGER), actor=RESIDENT)
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
        with pytest.raises(NotFound):
            by_manage_token(db, old_link.rpartition("/")[2])
    assert (view.version, view.resident.email, view.resident.phone) == (1, "stranger@example.org", "")
    assert owed(database) == ["confirmation", "contact_changed_1", "confirmation_1"]
    worker_for(runtime, sent).send_due()
    notices = {message.recipient.address: message.email for message in sent.sent if "contact" in message.email.subject}
    assert set(notices) == {"robin@example.org"}
    notice = notices["robin@example.org"].text + notices["robin@example.org"].html
    assert "stranger" not in notice
    assert "/manage/" not in notice
    assert "November" not in notice
    confirmed = [message for message in sent.sent if message.recipient.address == "stranger@example.org"]
    assert confirmed
    for message in confirmed:
        assert "/manage/" in message.email.text
        assert old_link not in message.email.text
        assert message.email.calendar


def test_the_same_contact_again_is_no_change(database: Database, sent: RecordingChannel) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, resident=ROBIN)
    same = Contact(ROBIN.email, ROBIN.phone, "email", leave_no_message=False)
    change_details(runtime, world.authority_id, booked.reference, Details(same, notes="Ring twice"), actor=RESIDENT)
    with database.reading() as db:
        assert by_manage_token(db, booked.manage_url_path.rpartition("/")[2])
    assert owed(database) == ["confirmation"]


def test_another_telephone_keeps_the_link_and_is_told_to_the_address(
    database: Database, sent: RecordingChannel
) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, resident=ROBIN)
    other = Contact(ROBIN.email, "07700 900789", "email", leave_no_message=False)
    change_details(runtime, world.authority_id, booked.reference, Details(other), actor=RESIDENT)
    with database.reading() as db:
        assert by_manage_token(db, booked.manage_url_path.rpartition("/")[2])
    assert owed(database) == ["confirmation", "contact_changed_1"]


def test_what_staff_write_down_counts_for_every_appointment_ahead(database: Database, sent: RecordingChannel) -> None:
    """The person rings: a stranger has redirected their messages. What the agent saves takes them back."""
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, resident=ROBIN)
    change_details(runtime, world.authority_id, booked.reference, Details(STRANGER), actor=RESIDENT)
    with database.reading() as db:
        before = db.scalars(select(Appointment.manage_digest)).one()
    with database.writing() as db:
        resident_id = db.scalars(select(Resident.id)).one()
        follow_record(db, runtime, lock_resident(db, world.authority_id, resident_id), AGENT, NOW)
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
        assert db.scalars(select(Appointment.manage_digest)).one() != before
    assert (view.resident.email, view.resident.phone, view.has_own_contact) == (ROBIN.email, ROBIN.phone, False)
    assert owed(database)[-2:] == ["contact_changed_2", "confirmation_2"]


def test_the_change_its_messages_and_its_record_come_together_or_not_at_all(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, resident=ROBIN)
    before = appointments(database)

    def fail(db: object, change: object) -> None:
        raise RuntimeError("the outbox is out of order")

    with appointment_changed.connected_to(fail), pytest.raises(RuntimeError):
        change_details(runtime, world.authority_id, booked.reference, Details(STRANGER), actor=RESIDENT)
    assert appointments(database) == before
    with database.reading() as db:
        assert db.scalars(select(AuditEntry.action)).all() == ["booked"]
