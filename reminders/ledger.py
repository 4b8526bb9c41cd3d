"""What an operator does with the outbox: counts what was owed, gives failed messages new tries, stops all sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, null, select, union_all, update
from sqlalchemy.orm import Session

from core.runtime import Runtime
from people.residents.tables import Resident
from reminders.channels.shared_pace import forget_pauses
from reminders.delivery_decisions import FAILED, PENDING, SENT, STATES
from reminders.pauses import ALARM_AFTER
from reminders.queue import EVERY_CHANNEL, pauses_on
from reminders.same_message_queries import REACHES_SOMEBODY
from reminders.tables import ChannelPause, Notification
from reminders.untried import end_pause, hold_channel
from reminders.wish_failure_work import due_again
from reminders.wish_mail_queries import failed_mails
from reminders.wish_tables import WishMail


def ledger_of(db: Session, authority_id: int) -> dict[str, int]:
    """How many messages of the authority were ever owed, and how many are in each state; `delivered` is a part of `sent`.

    Messages to those who wait without an appointment count too.
    """
    mails = select(WishMail.state.label("status"), WishMail.delivered_at)
    owed = union_all(
        select(Notification.status, Notification.delivered_at).where(Notification.authority_id == authority_id),
        mails.where(WishMail.authority_id == authority_id),
    ).subquery()
    columns = (owed.c.status, func.count().label("number"), func.count(owed.c.delivered_at).label("delivered"))
    rows = {row.status: row for row in db.execute(select(*columns).group_by(owed.c.status))}
    states = {state: rows[state].number if state in rows else 0 for state in STATES}
    return {
        "owed": sum(row.number for row in rows.values()),
        **states,
        "delivered": rows[SENT].delivered if SENT in rows else 0,
    }


def retry_failed(runtime: Runtime, since: datetime | None) -> int:
    """How many messages that failed (since then) are due again now, because they are still of use.

    Each goes by the first channel that failed; not what went by another one, or what staff have told.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        first = (
            select(func.min(Notification.id))
            .where(Notification.status == FAILED, Notification.told_at.is_(None), Notification.useful_until > now)
            .where(~REACHES_SOMEBODY)
            .group_by(Notification.appointment_id, Notification.version, Notification.kind)
            .correlate(None)
        )
        if since is not None:
            first = first.where(Notification.closed_at >= since)
        statement = update(Notification).where(Notification.id.in_(first), Notification.status == FAILED)
        again = {"status": PENDING, "next_try_at": now, "closed_at": null(), "lease_until": null(), "reason": ""}
        changed = db.execute(statement.values(again).execution_options(synchronize_session=False))
        since_then = (Resident.email_returned_at.is_(None), *(() if since is None else (WishMail.closed_at >= since,)))
        return cast(CursorResult[Any], changed).rowcount + due_again(failed_mails(db, *since_then), now)


def pause_sending(runtime: Runtime) -> None:
    """Stop all sending, by every worker, until `resume_sending`. What is due waits for as long as it is of use."""
    with runtime.database.writing() as db:
        hold_channel(db, EVERY_CHANNEL, runtime.clock.database_now(db))


def resume_sending(runtime: Runtime) -> bool:
    """Whether sending was stopped; it goes on now."""
    with runtime.database.writing() as db:
        forget_pauses(db)
        return end_pause(db, EVERY_CHANNEL)


def is_sending(runtime: Runtime, channel: str) -> bool:
    """Whether `channel` does not refuse this service, and nobody has stopped the sending."""
    paused = select(func.count()).select_from(ChannelPause).where(ChannelPause.channel.in_([channel, EVERY_CHANNEL]))
    with runtime.database.reading() as db:
        return not db.scalar(paused)


def stopped_since(db: Session) -> datetime | None:
    """Since when whoever runs the service has stopped the sending of every council; None while they have not."""
    every = (ChannelPause.channel == EVERY_CHANNEL, ChannelPause.until.is_(None))
    return db.scalar(select(ChannelPause.since).where(*every))


def is_no_pause_long(runtime: Runtime) -> bool:
    """Whether no council has paused anything for longer than a day."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        return all(now - pause.since <= ALARM_AFTER for pause in pauses_on(db, now))
