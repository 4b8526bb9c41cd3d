"""Keeps how somebody asked for help with homelessness: it needs no form, and no appointment."""

from __future__ import annotations

from core.audit import Actor
from core.runtime import Runtime
from people.residents.approach import Approach
from people.residents.first_contact_repository import keep_first_contact
from people.residents.resident_repository import resident_of


def record_approach(runtime: Runtime, authority_id: int, resident_id: int, approach: Approach, *, actor: Actor) -> None:
    """Keep how the resident asked, unless it is known how they asked before. Raises: NotFound."""
    with runtime.database.writing() as db:
        resident_of(db, authority_id, resident_id)
        keep_first_contact(db, resident_id, approach, actor, runtime.clock.now())
