"""What a council has changed about its messages beside its set-up: kinds switched off and on, trials started and ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.audit import AuditEntry
from core.wall_clock import parse_instant
from reminders.costs.tables import ReminderTrial

OFF, ON = "kind_switched_off", "kind_switched_on"
STARTED, ENDED = "reminder_trial_started", "reminder_trial_ended"


@dataclass(frozen=True)
class MessageChange:
    """One of them, by `action`: of a kind of messages, `since` when it is off; or of a trial of a service."""

    action: str
    at: datetime
    actor_kind: str
    actor_name: str
    kind: str = ""
    since: datetime | None = None
    service_id: int | None = None


def changes_of_messages(db: Session, authority_id: int, limit: int) -> list[MessageChange]:
    """The newest of them, the newest first. One statement."""
    trials = select(ReminderTrial.id).where(ReminderTrial.authority_id == authority_id)
    of_kinds = and_(
        AuditEntry.subject_kind == "authority", AuditEntry.subject_id == authority_id, AuditEntry.action.in_([OFF, ON])
    )
    of_trials = and_(AuditEntry.subject_kind == "reminder_trial", AuditEntry.subject_id.in_(trials))
    found = select(AuditEntry).where(AuditEntry.authority_id == authority_id, or_(of_kinds, of_trials))
    return [_change(entry) for entry in db.scalars(found.order_by(AuditEntry.id.desc()).limit(limit))]


def _change(entry: AuditEntry) -> MessageChange:
    facts = entry.facts
    return MessageChange(
        entry.action,
        entry.at,
        entry.actor_kind,
        entry.actor_name,
        kind=facts.get("held", ""),
        since=parse_instant(facts["since"]) if "since" in facts else None,
        service_id=facts.get("service"),
    )
