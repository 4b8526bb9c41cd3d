"""What was changed in the sessions of a site, by whom and when; and putting a change back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import InvalidEdits, current_tables, seen_of
from core.errors import NotFound
from locations.history.change_repository import (
    PastChange,
    change_by_id,
    changes_of,
    changes_of_sessions,
    changes_of_set,
)
from locations.importing.difference import session_key
from locations.importing.set_up_tables import Edit
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import preview_sessions
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.session_context import managed_sites, sessions_of, week_address, words_of
from web.manage.past_changes import change_page, history_page
from web.manage.set_up_proposals import Proposal
from web.page_context import SiteContext, site_context

MOST_TOGETHER = 20  # a file that was brought in changes hundreds
HISTORY_PATH = f"{WEEK_PATH}/history"


@blueprint.get(HISTORY_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def session_history(site: str) -> ResponseReturnValue:
    """The last changes of all sessions of the site, or of the one in the query."""
    with site_context(site) as context:
        slug = request.args.get("session", "")
        known = sessions_of(context).get(slug)
        back = url_for("planner.session", site=site, session=slug) if known else week_address(context, None)
        title = f"{words_of(context, known.session)}, {context.site.name}" if known else context.site.name
        return history_page(context, _past(context, slug), title, lambda one: _address(context, one), back)


@blueprint.get(f"{HISTORY_PATH}/<int:change>")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def session_change(site: str, change: int) -> ResponseReturnValue:
    """One change, and the button that puts it back."""
    with site_context(site) as context:
        return _page(context, _change_here(context, change))


@blueprint.post(f"{HISTORY_PATH}/<int:change>")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def put_session_back(site: str, change: int) -> ResponseReturnValue:
    """The preview of bringing the session back to what it was before the change."""
    with site_context(site) as context:
        past = _change_here(context, change)
        if "proposal" in request.form:  # back from the preview
            return _page(context, past)
        tables = cast("Mapping[str, Any]", current_tables(context.db, context.authority.id))
        put_back = [past, *_beside(context, past)] if "together" in request.form else [past]
        proposal = Proposal(
            tuple(Edit(one.key, one.before) for one in put_back),
            seen_of(tables, [one.key for one in put_back]),
            _address(context, past),
            week_address(context, None),
        )
        try:
            return preview_sessions(context, proposal, ())
        except InvalidEdits as error:
            return _page(context, past, *(one.what for one in error.errors)), 400


def _past(context: SiteContext, slug: str) -> list[PastChange]:
    """The changes of one session, whether it recurs or has one date, or of all of the site."""
    if not slug:
        return changes_of_sessions(context.db, context.authority.id, context.site.slug)
    keys = [session_key(context.site.slug, slug, is_dated=is_dated) for is_dated in (False, True)]
    found = [one for key in keys for one in changes_of(context.db, context.authority.id, key)]
    return sorted(found, key=lambda one: -one.id)


def _change_here(context: SiteContext, change: int) -> PastChange:
    """The change of a session of this site. Raises: NotFound for any other."""
    past = change_by_id(context.db, context.authority.id, change)
    if past.key.kind != "session" or past.key.slugs[0] != context.site.slug:
        raise NotFound
    return past


def _beside(context: SiteContext, past: PastChange) -> list[PastChange]:
    """The sessions that were changed with this one, at sites that they manage: of two that swap there is one of each."""
    together = changes_of_set(context.db, context.authority.id, past.change_set)
    sessions = [one for one in together if one.key.kind == "session" and one.id != past.id]
    managed = managed_sites(context)
    found = [one for one in sessions if managed is None or one.key.slugs[0] in managed]
    return found if len(found) <= MOST_TOGETHER else []


def _address(context: SiteContext, past: PastChange) -> str:
    return url_for("planner.session_change", site=context.site.slug, change=past.id)


def _page(context: SiteContext, past: PastChange, *errors: str) -> str:
    back = url_for("planner.session_history", site=context.site.slug)
    put_back = url_for("planner.put_session_back", site=context.site.slug, change=past.id)
    return change_page(context, [past], put_back, back, errors, _beside(context, past))
