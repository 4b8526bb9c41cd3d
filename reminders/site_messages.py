"""A message of staff to everybody who is booked at a site on a day: who gets it and how, and that it is owed, once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
from reminders.delivery_decisions import WITHHELD
from reminders.due_times import Owed, PlanningInput
from reminders.outbox import input_of, planning_rows, rows_for, write_rows
from reminders.reasons import TOLD_ALREADY
from reminders.recipients import CALL, SITE_MESSAGE, Delivery, Withheld, deliveries_for
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

    @property
    def is_written_to(self) -> bool:
        """Whether a message goes to them: else they are rung, or told nothing."""
        return self.channel not in ("", CALL)


@dataclass(frozen=True)
class SentMessage:
    """Whom the message reaches that it did not before: how many it is written to, whom staff ring, whom nothing reaches.

    `known` is how many had it already. `id` is None of a message that has no readers at all, which is not kept.
    """

    id: int | None
    told: int = 0
    rung: int = 0
    unreached: int = 0
    known: int = 0


@dataclass(frozen=True)
class PlannedReader:
    """A reader, with the row of the outbox for each of their appointments; all but the first are told already."""

    reader: Reader
    rows: list[dict[str, Any]]


def readers_of(db: Session, authority_id: int, new: NewSiteMessage, now: datetime) -> list[Reader]:
    """Everybody who gets the message if it is sent now, once for each person, with the first of their visits then."""
    return [one.reader for one in plan_readers(db, _appointments(db, authority_id, new, now), 0, now)]


def send_site_message(runtime: Runtime, authority_id: int, new: NewSiteMessage, *, actor: Actor) -> SentMessage:
    """Owe the message to everybody who is booked then. The same words for the same day once more are the same message.

    So a second press, and another tab, tell nobody twice: they reach whoever has booked since.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_by_name(db, f"site messages of {authority_id}")
        booked = _appointments(db, authority_id, new, now)
        if not booked:
            return SentMessage(None)
        row = _same(db, authority_id, new)
        known = _known(db, row, booked) if row else frozenset[int]()
        row = row or _added(db, authority_id, new, actor, now)
        had_it = {booked[id_] for id_ in known}
        planned = plan_readers(db, {id_: who for id_, who in booked.items() if id_ not in known}, row.id, now, had_it)
        write_rows(db, [one for reader in planned for one in reader.rows])
        fresh = [one.reader for one in planned if one.rows[0]["reason"] != TOLD_ALREADY]
        if fresh:
            told: dict[str, Any] = {"site_id": new.site_id, "date": new.day.isoformat()}
            told["appointments"] = sum(len(one.rows) for one in planned)
            if new.service_id is not None:
                told["service_id"] = new.service_id
            record(db, actor, "site_message_sent", (SUBJECT, row.id), authority_id=authority_id, now=now, **told)
        written, rung = sum(one.is_written_to for one in fresh), sum(one.channel == CALL for one in fresh)
        return SentMessage(row.id, written, rung, len(fresh) - written - rung, len(had_it))


def _known(db: Session, row: SiteMessage, booked: Collection[int]) -> frozenset[int]:
    """The appointments among these that have the message already."""
    same = (Notification.appointment_id.in_(booked), Notification.kind == f"{SITE_MESSAGE}_{row.id}")
    return frozenset(db.scalars(select(Notification.appointment_id).where(*same)))


def plan_readers(
    db: Session, booked: Mapping[int, int], number: int, now: datetime, had_it: Collection[int] = ()
) -> list[PlannedReader]:
    """Everybody with an appointment among `booked`, whose residents these are: the first visit brings the message."""
    found = [input_of(row, db) for row in db.execute(planning_rows().where(Appointment.id.in_(booked)))]
    planned: dict[tuple[int, object], PlannedReader] = {}
    for planning in sorted(found, key=lambda one: (one.facts.starts_at, one.facts.appointment_id)):
        reader, row = _reader(planning, f"{SITE_MESSAGE}_{number}", now)
        resident = booked[reader.appointment_id]
        one = planned.setdefault((resident, reader.delivery), PlannedReader(reader, []))
        if one.rows or resident in had_it:
            row.update(status=WITHHELD, reason=TOLD_ALREADY, closed_at=now)
        one.rows.append(row)
    return list(planned.values())


def _reader(planning: PlanningInput, kind: str, now: datetime) -> tuple[Reader, dict[str, Any]]:
    (row,) = rows_for(planning, [Owed(kind, now, planning.facts.starts_at)], now)
    found = deliveries_for(planning.contacts, kind, planning.rules)
    if isinstance(found, Withheld):
        return Reader(row["appointment_id"], "", found.code, None), row
    delivery = next((one for one in found if one.channel == row["channel"]), None)
    return Reader(row["appointment_id"], row["channel"], "", delivery), row


def _appointments(db: Session, authority_id: int, new: NewSiteMessage, now: datetime) -> Mapping[int, int]:
    """The appointments then that are still to come, with the residents whose they are."""
    booked = select(Appointment.id, Appointment.resident_id).where(
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
    return {row.id: row.resident_id for row in db.execute(booked)}


def _same(db: Session, authority_id: int, new: NewSiteMessage) -> SiteMessage | None:
    here = (SiteMessage.authority_id == authority_id, SiteMessage.site_id == new.site_id)
    words = (SiteMessage.text == new.text, SiteMessage.text_cy == new.text_cy)
    found = select(SiteMessage).where(*here, *words, SiteMessage.local_date == new.day)
    found = found.where(SiteMessage.appointment_id.is_(None))
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
