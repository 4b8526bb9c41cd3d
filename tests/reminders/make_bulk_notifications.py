"""An outbox in bulk: appointments and what they owe, written quickly, for tests of many messages and for the benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from booking.slot_tokens import encode
from booking.tables import Appointment, AppointmentService
from core.database import Database
from locations.tables import Authority
from people.residents.tables import Resident
from reminders.tables import DeliveryAttempt, Notification
from tests.support.factories import NOW, World, slot_key_at

FIRST_START = NOW + timedelta(days=1)
CHUNK = 5_000


def send_at_any_hour(database: Database, world: World) -> None:
    """Give the council no quiet hours, for what goes by the real clock: it must do the same at night as by day."""
    with database.writing() as db:
        db.execute(
            update(Authority).where(Authority.id == world.authority_id).values(quiet_from=time(), quiet_until=time())
        )


def owe(
    database: Database,
    world: World,
    count: int,
    *,
    now: datetime = NOW,
    person: Mapping[str, Any] | None = None,
    **values: Any,
) -> list[int]:
    """The ids of `count` appointments, each of its own resident and each owing one reminder that is due at `now`.

    `person` and `values` are columns of the residents and of the messages.
    """
    made: list[int] = []
    for first in range(0, count, CHUNK):
        numbers = range(len(made) + 1, min(first + CHUNK, count) + 1)
        with database.writing() as db:
            made += _write(db, world, numbers, now, person or {}, values)
    return made


def _write(
    db: Session, world: World, numbers: range, now: datetime, person: Mapping[str, Any], values: dict[str, Any]
) -> list[int]:
    starts_at = now + timedelta(days=1)
    ends_at = starts_at + timedelta(minutes=30)
    people = [{**_resident(world, number, now), **person} for number in numbers]
    residents = db.scalars(insert(Resident).returning(Resident.id, sort_by_parameter_order=True), people).all()
    rows = [_appointment(world, resident, starts_at, ends_at, now) for resident in residents]
    ids = db.scalars(insert(Appointment).returning(Appointment.id, sort_by_parameter_order=True), rows).all()
    part = {"service_id": world.service_ids[0], "position": 0, "starts_at": starts_at, "ends_at": ends_at}
    db.execute(insert(AppointmentService), [part | {"appointment_id": id_} for id_ in ids])
    owed = {
        "authority_id": world.authority_id,
        "version": 1,
        "kind": "reminder_1d",
        "channel": "email",
        "due_at": now,
        "useful_until": starts_at,
        "next_try_at": now,
        "created_at": now,
    }
    db.execute(insert(Notification), [owed | {"appointment_id": id_} | values for id_ in ids])
    return list(ids)


def _resident(world: World, number: int, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": world.authority_id,
        "name": f"Robin Sample {number}",
        "email": f"robin.{number}@example.org",
        "support_needs": [],
        "created_at": now,
    }


def _appointment(
    world: World, resident_id: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "authority_id": world.authority_id,
        "reference": f"R{resident_id:07d}",
        "site_id": world.site_id,
        "mode": "in_person",
        "starts_at": starts_at,
        "ends_at": ends_at,
        "local_date": starts_at.date(),
        "slot_token": encode(slot_key_at(world, starts_at)),
        "channel": "online",
        "resident_id": resident_id,
        "support_needs": [],
        "answers": {},
        "manage_nonce": f"nonce-{resident_id}",
        "manage_digest": f"digest-{resident_id}",
        "created_at": now,
        "changed_at": now,
    }


def outbox_of(database: Database, appointment_id: int) -> dict[str, str]:
    """State of each message of an appointment, by `kind` and version: {"reminder_1d/1": "sent"}."""
    columns = (Notification.kind, Notification.version, Notification.status)
    statement = select(*columns).where(Notification.appointment_id == appointment_id).order_by(Notification.id)
    with database.reading() as db:
        return {f"{kind}/{version}": state for kind, version, state in db.execute(statement)}


def notifications(database: Database) -> list[Notification]:
    """Every row of the outbox, by id."""
    with database.reading() as db:
        return list(db.scalars(select(Notification).order_by(Notification.id)))


def attempts(database: Database) -> list[DeliveryAttempt]:
    """Every try, in order."""
    with database.reading() as db:
        return list(db.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id)))
