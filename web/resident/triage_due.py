"""Whether a triage comes before the times of a search: by what was answered for the visit, and by nothing in the address."""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue

from booking.slot_tokens import SlotKey
from booking.triage.given_answers import may_search
from core.wall_clock import local_date_of
from locations.triage.in_front import triage_before
from locations.triage.tree import COME_TODAY
from web.page_context import PageContext
from web.resident.search_state import SearchState
from web.resident.triage_state import given_here


def triage_due(
    context: PageContext, search: SearchState, slot_key: SlotKey | None = None
) -> ResponseReturnValue | None:
    """The way to the triage of a service of the search, unless it was answered, or passed by, for this visit; else None.

    Whoever has answered that it cannot wait is led to what to do now, and may have a time of today where that is it.
    """
    if search.moving or search.invitation is not None:  # whose pages look first whether the invitation is open here
        return None
    tree = triage_before(context.catalogue, (one for one in context.catalogue.services if one.slug in search.services))
    if tree is None:
        return None
    given = given_here(context, tree, search.visit)
    path = given.path_in(tree)
    is_today = slot_key is not None and local_date_of(slot_key.start_unit, context.zone) == context.today
    if may_search(path, given) or (is_today and path.outcome is not None and path.outcome.kind == COME_TODAY):
        return None
    return redirect(f"{context.base}/triage/{tree.slug}?{search.query()}", code=303)


def come_today_page(context: PageContext, search: SearchState) -> str:
    """The page that says what to do today, where the answers for this visit lead there; empty where they do not."""
    for tree in context.authority.triages:
        outcome = given_here(context, tree, search.visit).path_in(tree).outcome
        if outcome is not None and outcome.kind == COME_TODAY:
            return f"{context.base}/triage/{tree.slug}/{search.visit}/outcome?{search.query(visit='')}"
    return ""
