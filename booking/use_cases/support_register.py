"""Puts somebody who cannot get online on the register, looks at them anew, and takes them off it."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.audit import Actor, record
from core.errors import Invalid, Stale
from core.runtime import Runtime
from people.residents.register_queries import open_entry
from people.residents.register_rules import LONGEST_REASON, Decision, check_decision
from people.residents.resident_repository import lock_known
from people.residents.tables import RegisterEntry


def put_on_register(
    runtime: Runtime, authority_id: int, resident_id: int, decision: Decision, *, today: date, seen: int, actor: Actor
) -> int:
    """The id of the new entry, in place of the one that was `seen` on the page (0 for none); `today` is the council's.

    Raises: Stale when somebody else has decided meanwhile, Invalid, NotFound.
    """
    checked = check_decision(decision, today)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, authority_id, resident_id)
        known = open_entry(db, authority_id, resident_id)
        if (known.id if known else 0) != seen:
            raise Stale.because("register_changed")
        if known is not None:
            known.ended_at, known.ended_by = now, actor.id if actor.kind == "staff" else None
            db.flush()
        entry = RegisterEntry(
            authority_id=authority_id,
            resident_id=resident_id,
            criteria=list(checked.criteria),
            reason=checked.reason,
            review_on=checked.review_on,
            staff_id=actor.id if actor.kind == "staff" else None,
            decided_at=now,
        )
        db.add(entry)
        db.flush()
        facts: dict[str, Any] = {"criteria": list(checked.criteria), "review_on": checked.review_on.isoformat()}
        facts |= {"authority_id": authority_id, "now": now, "reason": checked.reason}
        subject = ("resident", resident_id)
        record(db, actor, "register_reviewed" if known else "register_added", subject, **facts)
        return entry.id


def take_off_register(
    runtime: Runtime, authority_id: int, resident_id: int, why: str, *, seen: int, actor: Actor
) -> None:
    """End the entry that was seen. Raises: Stale when it is another one, or none, by now; Invalid without a reason."""
    text = why.strip()
    if not text or len(text) > LONGEST_REASON:
        raise Invalid.in_field("why", "register_end_reason", longest=LONGEST_REASON)
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        lock_known(db, authority_id, resident_id)
        known = open_entry(db, authority_id, resident_id)
        if known is None or known.id != seen:
            raise Stale.because("register_changed")
        known.ended_at, known.ended_why = now, text
        known.ended_by = actor.id if actor.kind == "staff" else None
        subject = ("resident", resident_id)
        record(db, actor, "register_ended", subject, authority_id=authority_id, now=now, reason=text)
