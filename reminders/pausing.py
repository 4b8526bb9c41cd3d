"""A council pauses its messages, or some of them, and resumes: each is on the record, and concerns no other council."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import Invalid, NotFound
from core.runtime import Runtime
from core.transactions import lock_by_name
from reminders.pauses import LONGEST, PauseScope
from reminders.tables import CouncilPause

SUBJECT = "council_pause"  # of the audit
LOCK = "pauses of {}"  # who pauses and who resumes take turns


@dataclass(frozen=True)
class NewPause:
    """What is held back, why, and until when; no end is until somebody resumes."""

    scope: PauseScope
    subject: str = ""
    reason: str = ""
    until: datetime | None = None


def pause_messages(runtime: Runtime, authority_id: int, new: NewPause, *, actor: Actor) -> None:
    """Hold back from now on what `new` says. What is paused already keeps its beginning, and gets this end and reason.

    Raises: Invalid for an end that is past, or too far ahead.
    """
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        _check(new, now)
        lock_by_name(db, LOCK.format(authority_id))
        same = (CouncilPause.authority_id == authority_id, CouncilPause.scope == new.scope.value)
        row = db.scalar(select(CouncilPause).where(*same, CouncilPause.subject == new.subject))
        if row is not None and (row.until is None or row.until > now):
            if (row.until, row.reason) == (new.until, new.reason):
                return
            row.until, row.reason = new.until, new.reason
            _write_down(db, row, "messages_pause_changed", actor, now)
            return
        if row is not None:
            db.delete(row)
            db.flush()
        row = CouncilPause(
            authority_id=authority_id,
            scope=new.scope.value,
            subject=new.subject,
            since=now,
            until=new.until,
            paused_by=actor.name,
            reason=new.reason,
        )
        db.add(row)
        db.flush()
        _write_down(db, row, "messages_paused", actor, now)


def resume_messages(runtime: Runtime, authority_id: int, pause_id: int, *, actor: Actor) -> None:
    """End this pause of the council: what has waited goes out by the next pass. Raises: NotFound when it is over."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_by_name(db, LOCK.format(authority_id))
        mine = (CouncilPause.id == pause_id, CouncilPause.authority_id == authority_id)
        row = db.scalar(select(CouncilPause).where(*mine))
        if row is None:
            raise NotFound
        _write_down(db, row, "messages_resumed", actor, now)
        db.delete(row)


def _check(new: NewPause, now: datetime) -> None:
    if new.until is not None and new.until <= now:
        raise Invalid.in_field("until", "pause_ends_in_past")
    if new.until is not None and new.until > now + LONGEST:
        raise Invalid.in_field("until", "pause_too_long", days=LONGEST.days)


def _write_down(db: Session, row: CouncilPause, action: str, actor: Actor, now: datetime) -> None:
    facts: dict[str, Any] = {"scope": row.scope, "held": row.subject}
    if row.until is not None:
        facts["until"] = row.until.isoformat()
    reason = row.reason if action != "messages_resumed" else ""
    record(db, actor, action, (SUBJECT, row.id), authority_id=row.authority_id, now=now, reason=reason, **facts)
