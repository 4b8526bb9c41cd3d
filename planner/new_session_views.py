"""What the forms of sessions have in common: a new session, the preview of a change, and saving what it has shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import InvalidEdits
from core.errors import InvalidValue, NotFound
from core.wall_clock import parse_day
from locations.importing.difference import Key
from locations.importing.value_checks import WEEKDAYS
from locations.session_patterns import Repeats
from locations.session_tables import PlainSession, held_dates, new_slug, session_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.break_warnings import break_warnings
from planner.namesake_warnings import namesake_warnings
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.session_context import (
    edits_of,
    elsewhere_warnings,
    is_managed,
    overlap_warnings,
    past_warnings,
    sessions_of,
    skipped_warnings,
    week_address,
)
from planner.session_form_values import new_session_form, values_of
from planner.session_forms import SessionForm
from web.components.form_fields import Form
from web.manage.screen_words import screen_text
from web.manage.set_up_proposals import (
    Proposal,
    kept_preview,
    kept_proposal,
    lead_to_form,
    lead_to_preview,
    proposal_of,
    save,
)
from web.page_context import SiteContext, site_context


@blueprint.get(f"{WEEK_PATH}/new")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def new_session(site: str) -> ResponseReturnValue:
    """The form of a new session."""
    with site_context(site) as context:
        proposal = kept_proposal(context, request.args.get("kept", ""))
        typed = typed_session(proposal) if proposal else None
        shown = values_of(typed) if typed else _asked_for()
        return new_session_page(context, new_session_form(context, None, shown))


def _asked_for() -> dict[str, Any]:
    """What the address says of a new session: a place in the week, so that it is held on that day once, unless changed."""
    shown: dict[str, Any] = {"resources": request.args.getlist("resource")}
    try:
        day = parse_day(request.args.get("date", ""))
    except InvalidValue:
        return shown
    if not shown["resources"]:
        return shown | {"first_date": day.isoformat()}
    return shown | {
        "repeats": Repeats.ONCE.value,
        "first_date": day.isoformat(),
        "weekdays": [list(WEEKDAYS)[day.weekday()]],
    }


@blueprint.post(f"{WEEK_PATH}/new")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_new_session(site: str) -> ResponseReturnValue:
    """What the new session would do, or the form with what stands in its way."""
    with site_context(site) as context:
        if "proposal" in request.form:
            proposal = proposal_of(context, request.form["proposal"])
            return lead_to_form(context, proposal, url_for("planner.new_session", site=site))
        form = new_session_form(context, request.form, {})
        if not form.validate():
            return new_session_page(context, form), 400
        sessions = sessions_of(context)
        session = form.session(new_slug(form.pattern, form.session("").hours.starts, sessions))
        proposal = Proposal(
            edits_of(context, None, session),
            {},
            url_for("planner.send_new_session", site=site),
            week_address(context, first_day_of(context, session)),
        )
        try:
            return preview_sessions(context, proposal, overlap_warnings(context, sessions, [session]))
        except InvalidEdits as error:
            refuse_all(form, error, [edit.key for edit in proposal.edits])
            return new_session_page(context, form), 400


@blueprint.get(f"{WEEK_PATH}/preview/<key>")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def session_preview(site: str, key: str) -> ResponseReturnValue:
    """What the sessions that were sent would do. Raises: NotFound for what is of sites that they do not manage."""
    with site_context(site) as context:
        proposal = kept_proposal(context, key)
        if proposal is None or not is_managed(context, proposal.edits, proposal.form):
            raise NotFound
        return kept_preview(context, key, url_for("planner.save_sessions", site=site))


@blueprint.post(WEEK_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def save_sessions(site: str) -> ResponseReturnValue:
    """Save what a preview has shown. Raises: NotFound for what is of sites that they do not manage."""
    with site_context(site) as context:
        proposal = proposal_of(context, request.form.get("proposal", ""))
        if not is_managed(context, proposal.edits, proposal.form):
            raise NotFound
        return save(context, proposal)


def preview_sessions(
    context: SiteContext, proposal: Proposal, warnings: Sequence[str], back_url: str | None = None
) -> ResponseReturnValue:
    """To the page that says what the sessions of a proposal would do. Raises: InvalidEdits, ChangedMeanwhile."""
    address = partial(_preview_address, context.site.slug)
    edits = proposal.edits
    all_warnings = [
        *past_warnings(context, edits),
        *skipped_warnings(context, edits),
        *elsewhere_warnings(context, edits),
        *namesake_warnings(context, edits),
        *warnings,
        *break_warnings(context, edits),
    ]
    return lead_to_preview(context, proposal, address, back_url, all_warnings)


def _preview_address(site: str, key: str) -> str:
    return url_for("planner.session_preview", site=site, key=key)


def refuse_all(form: Form, error: InvalidEdits, keys: Sequence[Key]) -> None:
    """Put what the rules of the file refuse at the fields."""
    first = next(iter(form)).short_name
    for key in keys:
        for path, texts in error.of(key).items():
            for text in (screen_text(one, "session") for one in texts):
                if isinstance(form, SessionForm):
                    form.refuse_path(path, text)
                else:
                    form.refuse(first, text)
    for text in error.besides(keys):
        form.refuse(first, screen_text(text, "session"))


def typed_session(proposal: Proposal) -> PlainSession | None:
    """The session that a proposal makes, the last one where it makes two."""
    tables: list[Any] = [edit.table for edit in proposal.edits if edit.table is not None]
    return session_of(tables[-1]) if tables else None


def first_day_of(context: SiteContext, session: PlainSession) -> date | None:
    """The first day from today on, within a year, on which the session is held."""
    text = request.form.get("date-on_day", "")
    try:
        return parse_day(text)
    except InvalidValue:
        last = context.today.replace(year=context.today.year + 1, day=1)
        dates = held_dates(session, context.today, last, 1)
        return dates[0] if dates else None


def new_session_page(context: SiteContext, form: SessionForm, *, is_gone: bool = False) -> str:
    """The form of a new session; `is_gone` when somebody has removed what was to be changed."""
    return render_template(
        "planner/session_new.html",
        site=context.site,
        form=form,
        has_errors=bool(form.errors),
        is_gone=is_gone,
        back=week_address(context, None),
    )
