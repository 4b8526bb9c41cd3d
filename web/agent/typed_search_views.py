"""Whom a search may mean, while it is still being typed: a part of a page, which a script asks for."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from people.residents.access_log import log_access
from people.residents.resident_repository import resident_of
from people.residents.search import MatchReason
from people.residents.search_queries import Match, find_residents
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_request import read_search_text
from web.agent.caller_views import match_lines, resident_of_reference
from web.page_context import StaffContext, staff_context

SHORTEST, MOST_LISTED = 3, 5


@blueprint.post("/typed")
@requires(Action.FIND_RESIDENT)
def typed() -> ResponseReturnValue:
    """The few residents who are meant most likely; nothing for fewer than three characters. Whom it shows is logged.

    By POST, as the search itself, so that no address, history or log has names and numbers.
    """
    search_text = read_search_text(request.form)
    with staff_context() as context:
        matches = _matches(context, search_text) if len(search_text) >= SHORTEST else []
        shown = matches[:MOST_LISTED]
        if shown:
            _log_names(context, shown)
        is_cut = len(matches) > MOST_LISTED
        html = render_template("agent/_typed_matches.html", matches=match_lines(context, shown), is_cut=is_cut)
    return Response(html, mimetype="text/html", headers={"Cache-Control": "no-store"})


def _log_names(context: StaffContext, shown: Sequence[Match]) -> None:
    """Write whose names and dates of birth were shown: less than a search shows, and of more people."""
    ids = [match.resident.id for match in shown]
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "search_typed", context.now, residents=ids)


def _matches(context: StaffContext, search_text: str) -> list[Match]:
    resident_id = resident_of_reference(context, search_text)
    if resident_id is None:
        return find_residents(context.db, context.authority.id, search_text, context.today, limit=MOST_LISTED + 1)
    resident = resident_of(context.db, context.authority.id, resident_id)
    return [Match(resident, 1.0, (MatchReason.SAME_REFERENCE,))]
