"""Who has seen a resident's data, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.audit import Actor
from core.screens import with_screen
from people.residents.tables import ResidentView

WHY = "why"  # the purpose of an entry that says only why
REASONS = ("contact", "appointment", "record", "request", "concern", "check", "other")
ONE_MATTER = timedelta(hours=2)

# Written once, since every page of a call needs it: putting a statement together takes as long as running it.
_SEEN = (
    select(ResidentView.id)
    .where(
        ResidentView.resident_id == bindparam("resident"),
        ResidentView.purpose != WHY,
        ResidentView.at > bindparam("since"),
        ResidentView.actor_kind == bindparam("actor_kind"),
        ResidentView.actor_id == bindparam("actor_id"),
    )
    .limit(1)
)


def log_access(
    db: Session,
    authority_id: int,
    resident_id: int | None,
    actor: Actor,
    purpose: str,
    now: datetime,
    **facts: object,
) -> None:
    """Write that `actor` has seen the resident's data, and why. No resident: a list of several, named by `facts`."""
    db.add(
        ResidentView(
            authority_id=authority_id,
            resident_id=resident_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            purpose=purpose,
            at=now,
            facts=with_screen(facts),
        )
    )
    db.flush()


def say_why(db: Session, authority_id: int, resident_id: int, actor: Actor, reason: str, now: datetime) -> None:
    """Write why `actor` is about to see the resident's data: one of `REASONS`."""
    log_access(db, authority_id, resident_id, actor, "why", now, why=reason)


def has_said_why(db: Session, authority_id: int, resident_id: int, actor: Actor, now: datetime) -> bool:
    """Whether `actor` has said, not long ago, why they look at the resident."""
    said = select(ResidentView.id).where(
        ResidentView.authority_id == authority_id,
        ResidentView.resident_id == resident_id,
        ResidentView.purpose == WHY,
        ResidentView.actor_kind == actor.kind,
        ResidentView.actor_id == actor.id,
        ResidentView.at > now - ONE_MATTER,
    )
    return db.scalar(said.limit(1)) is not None


def has_logged_access(db: Session, resident_id: int, actor: Actor, since: datetime) -> bool:
    """Whether it is written that `actor` has seen the resident's data since then: one call, one row."""
    values = {"resident": resident_id, "since": since, "actor_kind": actor.kind, "actor_id": actor.id}
    return db.scalar(_SEEN, values) is not None
