"""An urgent answer in a call goes to the work list as soon as it is given; what the caller said follows."""

from __future__ import annotations

from booking.triage.call_answers import given_in_call
from booking.urgent.urgent_rules import UrgentAsk, key_of, urgent_meanings, urgent_words
from booking.use_cases.calls import call_began_at, open_call
from booking.use_cases.urgent_requests import answered_otherwise, keep_urgent
from locations.triage.tree import Path, Tree
from web.page_context import StaffContext


def note_answers(context: StaffContext, tree: Tree, before: Path, resident_id: int) -> None:
    """Put what was answered on the list where it leads to an urgent outcome; off it, where an answer was corrected."""
    kept = open_call(context.runtime, context.call_with(resident_id)).typed
    path = given_in_call(tree, kept).path_in(tree)
    if path.outcome is not None and path.is_urgent:
        note_done(context, tree, path, resident_id, "")
    elif before.outcome is not None and before.is_urgent:
        key = _key(context, tree, resident_id)
        answered_otherwise(context.runtime, context.authority.id, key, urgent_words(path), is_corrected=True)


def note_done(context: StaffContext, tree: Tree, path: Path, resident_id: int, said: str) -> None:
    """The same with what they said."""
    if not path.is_urgent:
        return
    key = _key(context, tree, resident_id)
    words = urgent_words(path, said)
    ask = UrgentAsk(key, tree.slug, context.channel, urgent_meanings(path), words, resident_id)
    keep_urgent(context.runtime, context.authority.id, ask, actor=context.actor)


def _key(context: StaffContext, tree: Tree, resident_id: int) -> str:
    """One for each call: who rings again asks again."""
    call = context.call_with(resident_id)
    with context.runtime.database.reading() as db:
        began_at = call_began_at(db, call)
    return key_of(call.staff_id, call.resident_id, began_at, tree.slug)
