"""Somebody at another desk or site, or two that swap, for a day or from one on; first shown with its effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from locations.importing.set_up_tables import Edit, fingerprint
from locations.model import PERSON_KINDS
from locations.session_board import SessionBoard, SessionOnDay
from locations.session_tables import session_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import preview_sessions, refuse_all
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.rearrange_forms import DESK, FROM_ON, SWAP, TYPED, MoveForm, move_form
from planner.resource_choices import resources_here
from planner.session_context import (
    StoredSession,
    managed_sites,
    overlap_warnings,
    sessions_by_key,
    sessions_of,
    week_address,
)
from web.manage.set_up_proposals import Proposal
from web.page_context import SiteContext, site_context


@blueprint.get(f"{WEEK_PATH}/move")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def move(site: str) -> ResponseReturnValue:
    """The form."""
    with site_context(site) as context:
        shown = {name: request.args[name] for name in TYPED if name in request.args}
        return _page(context, move_form(context, None, shown))


@blueprint.post(f"{WEEK_PATH}/move")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_move(site: str) -> ResponseReturnValue:
    """What the move would do, or the form with what stands in its way."""
    with site_context(site) as context:
        if "proposal" in request.form:
            typed: dict[str, Any] = {name: request.args.get(name, "") for name in TYPED}
            return redirect(url_for("planner.move", site=site, **typed), code=303)
        form = move_form(context, request.form, {})
        if not form.validate():
            return _page(context, form), 400
        stored = sessions_by_key(context)
        edits = _edits(context, form, stored)
        if not edits:
            form.refuse(
                "day",
                _("Nothing would change: they have no session here then, or both have the same"),
            )
            return _page(context, form), 400
        seen = {edit.key: fingerprint(stored[edit.key].table if edit.key in stored else None) for edit in edits}
        address = url_for("planner.send_move", site=site, **{name: form[name].data for name in TYPED})
        proposal = Proposal(edits, seen, address, week_address(context, form.day.day))
        try:
            return preview_sessions(context, proposal, _warnings(context, edits))
        except InvalidEdits as error:
            refuse_all(form, error, [edit.key for edit in edits])
        except ChangedMeanwhile:
            form.refuse("what", _("Somebody else has changed one of these sessions at this moment. Send it again"))
        return _page(context, form), 400


def _edits(context: SiteContext, form: MoveForm, stored: Mapping[Any, StoredSession]) -> tuple[Edit, ...]:
    """The sessions that the move changes."""
    day = form.day.day or context.today
    board = SessionBoard(((key.slugs[0], one.session) for key, one in stored.items()), day, day)
    if form.what.data == SWAP:
        _swap(context, board, form, day)
        return board.edits()
    sites = [context.site.slug]
    goes_on = form.how_long.data == FROM_ON
    who = form.who.data
    for held in board.held_from(who, day, sites) if goes_on else board.held(who, day, sites):
        out, site, resources = _destination_of(context, form, held)
        if site == context.site.slug and set(resources) == set(held.session.resources):
            continue
        (board.move_from if goes_on else board.move_on)(held, day, out, site, resources)
    return board.edits()


def _destination_of(context: SiteContext, form: MoveForm, held: SessionOnDay) -> tuple[list[str], str, list[str]]:
    """What leaves the session, and where it goes to, with what.

    Somebody who is alone in a session leaves no desk open behind them when they go to another one.
    """
    who, kinds = form.who.data, {one.slug: one.kind for one in resources_here(context)}
    if form.what.data != DESK:
        return [who], form.to_site.data, [who]
    others = [slug for slug in held.session.resources if slug != who]
    is_alone = not any(kinds.get(slug) in PERSON_KINDS for slug in others)
    left = [slug for slug in others if is_alone and kinds.get(slug) == kinds[form.desk.data]]
    stays = [slug for slug in others if is_alone and slug not in left]
    return [who, *left, *stays], context.site.slug, [who, *stays, form.desk.data]


def _swap(context: SiteContext, board: SessionBoard, form: MoveForm, day: date) -> None:
    """Each of the two in the place of the other: of people of the council wherever they manage, or else at this site."""
    one, other = form.who.data, form.other.data
    sites = managed_sites(context) if {one, other} <= form.wide else [context.site.slug]
    goes_on = form.how_long.data == FROM_ON
    held = [
        session
        for who in (one, other)
        for session in (board.held_from(who, day, sites) if goes_on else board.held(who, day, sites))
        if not {one, other} <= set(session.session.resources)
    ]
    for session in held:
        (board.substitute_from if goes_on else board.substitute_on)(session, day, {one: other, other: one})


def _warnings(context: SiteContext, edits: tuple[Edit, ...]) -> list[str]:
    """What would be open twice at this site."""
    here = [edit for edit in edits if edit.key.slugs[0] == context.site.slug]
    gone = {edit.key.slugs[-1] for edit in here if edit.table is None}
    after = [session_of(edit.table) for edit in here if edit.table is not None]
    left = {slug: one for slug, one in sessions_of(context).items() if slug not in gone}
    return overlap_warnings(context, left, after)


def _page(context: SiteContext, form: MoveForm) -> str:
    return render_template(
        "planner/move.html",
        site=context.site,
        form=form,
        has_errors=bool(form.errors),
        back=week_address(context, form.day.day),
    )
