"""The record that a caller was asked who they are, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from booking.queries.word_holders import has_word
from booking.use_cases.calls import CHECKED, NOT_CHECKED, CallKey, begun, write_check
from core.audit import Actor
from core.errors import Invalid
from core.runtime import Runtime

FACTS_NEEDED = 2


def record_check(runtime: Runtime, key: CallKey, facts: Sequence[str], why_not: str, *, actor: Actor) -> None:
    """Record which facts the caller knew, or why they were not asked.

    Facts show nothing of whoever has a memorable word: a partner knows them, too. Raises: Invalid for too few facts, or
    for facts in place of the word, without a reason.
    """
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        needs_word = has_word(db, key.authority_id, key.resident_id)
        if needs_word and not why_not:
            raise Invalid.in_field("why_not", "word_first")
        if len(facts) < FACTS_NEEDED and not why_not:
            raise Invalid.in_field("why_not", "too_few_facts", needed=FACTS_NEEDED)
        row = begun(db, key, now)
        row.checked_at, row.changed_at = now, now
        is_checked = len(facts) >= FACTS_NEEDED and not needs_word
        row.check_result = CHECKED if is_checked else NOT_CHECKED
        write_check(db, key, actor, now, is_checked=is_checked, facts=facts, why_not=why_not)
