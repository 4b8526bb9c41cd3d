"""A message of staff to everybody who is booked at a site on a day: who gets it and how, and that it is owed, once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment, AppointmentService
from core.audit import Actor, record
from core.runtime import Runtime
from core.transactions import lock_by_name
from reminders.due_times import Owed, PlanningInput
from reminders.outbox import input_of, planning_rows, rows_for, write_rows
from reminders.recipients import SITE_MESSAGE, Delivery, Withheld, deliveries_for
from reminders.tables import Notification, SiteMessage

SUBJECT = "site_message"  # of the audit


@dataclass(frozen=True)
class NewSiteMessage:
    """What is written to whom: everybody at the site on the day, or for the service only. Welsh may be empty."""

    site_id: int
    day: date
    text: str
    text_cy: str = ""
    service_id: int | None = None


@dataclass(frozen=True)
class Reader:
    """Somebody who is booked then: how they are told, or (a code of `reminders.reasons`) why they are not."""

    appointment_id: int
    channel: str
    reason: str
    delivery: Delivery | None
    row: dict[str, Any]


@dataclass(frozen=True)
class SentMessage:
    """The number of the message, and how many people are told by it who were not before."""

    id: int
    told: int


def readers_of(db: Session, authority_id: int, new: NewSiteMessage, now: datetime, number: int = 0) -> list[Reader]:
    """Everybody to whom the message of this number goes if it is sent now, by the number of their appointment."""
    rows = planning_rows().where(Appointment.id.in_(_appointments(db, authority_id, new, now)))
    return [_reader(input_of(row, db), f"{SITE_MESSAGE}_{number}", now) for row in db.execute(rows)]


def send_site_message(runtime: Runtime, authority_id: int, new: NewSiteMessage, *, actor: Actor) -> SentMessage:
    """Owe the message to everybody who is booked then. The same words for the same day once more are the same message.

    So a second press, and another tab, tell nobody twice: they reach whoever has booked since.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_by_name(db, f"site messages of {authority_id}")
        row = _same(db, authority_id, new) or _added(db, authority_id, new, actor, now)
        known = set(
            db.scalars(select(Notification.appointment_id).where(Notification.kind == f"{SITE_MESSAGE}_{row.id}"))
        )
        readers = [one for one in readers_of(db, authority_id, new, now, row.id) if one.appointment_id not in known]
        write_rows(db, [reader.row for reader in readers])
        if readers:
            told: dict[str, Any] = {"site_id": new.site_id, "date": new.day.isoformat(), "appointments": len(readers)}
            if new.service_id is not None:
                told["service_id"] = new.service_id
            subject = (SUBJECT, row.id)
            record(db, actor, "site_message_sent", subject, authority_id=authority_id, now=now, **told)
        return SentMessage(row.id, len(readers))


def _reader(planning: PlanningInput, kind: str, now: datetime) -> Reader:
    (row,) = rows_for(planning, [Owed(kind, now, planning.facts.starts_at)], now)
    found = deliveries_for(planning.contacts, kind, planning.rules)
    if isinstance(found, Withheld):
        return Reader(row["appointment_id"], "", found.code, None, row)
    delivery = next((one for one in found if one.channel == row["channel"]), None)
    return Reader(row["appointment_id"], row["channel"], "", delivery, row)


def _appointments(db: Session, authority_id: int, new: NewSiteMessage, now: datetime) -> Collection[int]:
    booked = select(Appointment.id).where(
        Appointment.authority_id == authority_id,
        Appointment.site_id == new.site_id,
        Appointment.local_date == new.day,
        Appointment.state == State.BOOKED.value,
        Appointment.starts_at > now,
        Appointment.is_walk_in.is_(False),
    )
    if new.service_id is not None:
        of_service = select(AppointmentService.appointment_id).where(AppointmentService.service_id == new.service_id)
        booked = booked.where(Appointment.id.in_(of_service))
    return db.scalars(booked).all()


def _same(db: Session, authority_id: int, new: NewSiteMessage) -> SiteMessage | None:
    here = (SiteMessage.authority_id == authority_id, SiteMessage.site_id == new.site_id)
    words = (SiteMessage.text == new.text, SiteMessage.text_cy == new.text_cy)
    found = select(SiteMessage).where(*here, *words, SiteMessage.local_date == new.day)
    return db.scalar(found.where(SiteMessage.service_id.is_not_distinct_from(new.service_id)).limit(1))


def _added(db: Session, authority_id: int, new: NewSiteMessage, actor: Actor, now: datetime) -> SiteMessage:
    row = SiteMessage(
        authority_id=authority_id,
        site_id=new.site_id,
        service_id=new.service_id,
        local_date=new.day,
        text=new.text,
        text_cy=new.text_cy,
        sent_by=actor.name,
        created_at=now,
    )
    db.add(row)
    db.flush()
    return row
