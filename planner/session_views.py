"""A site's sessions: a new one, and one that changes, ends or differs on a date; each first shown with its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from core.errors import NotFound
from locations.importing.set_up_tables import fingerprint
from locations.session_tables import (
    PlainSession,
    changed_from,
    ended_before,
    held_dates,
    with_exception,
    without_exception,
)
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import (
    first_day_of,
    new_session_page,
    preview_sessions,
    refuse_all,
    typed_session,
)
from planner.planner_blueprint import SESSION_PATH, blueprint
from planner.session_context import (
    StoredSession,
    edits_of,
    overlap_warnings,
    sessions_of,
    stored_session,
    week_address,
)
from planner.session_form_values import new_session_form, values_of
from planner.session_page import (
    CHANGE,
    END,
    ON_DATE,
    DateForm,
    EndForm,
    SessionForms,
    forms_of,
    merged_with,
    session_page,
)
from web.components.form_fields import Form
from web.manage.set_up_proposals import Proposal, kept_proposal, lead_to_form, proposal_of
from web.page_context import SiteContext, site_context

Sessions = Mapping[str, StoredSession]
SMALL_FORMS = ("/end", "/date")  # what their addresses end with


@blueprint.get(SESSION_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def session(site: str, session: str) -> ResponseReturnValue:
    """The session in words, and its forms; with what was typed when it comes back from a preview."""
    with site_context(site) as context:
        sessions, proposal = sessions_of(context), kept_proposal(context, request.args.get("kept", ""))
        is_small = proposal is not None and urlsplit(proposal.form).path.endswith(SMALL_FORMS)
        if proposal is not None and not is_small:
            return _back_to_change(context, sessions, session, proposal)
        stored = stored_session(sessions, session)
        if proposal is not None:
            return _back_to_small_form(context, stored, proposal)
        return session_page(context, stored, forms_of(context, stored))


@blueprint.post(SESSION_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_session(site: str, session: str) -> ResponseReturnValue:
    """What the change would do, or the form with what stands in its way."""
    with site_context(site) as context:
        sessions = sessions_of(context)
        if "proposal" in request.form:
            return _lead_back(context, session)
        if session not in sessions and "seen" in request.form:
            return new_session_page(context, new_session_form(context, request.form, {}), is_gone=True), 409
        stored = stored_session(sessions, session)
        forms = forms_of(context, stored, sent=(CHANGE, request.form))
        if not forms.change.validate():
            return session_page(context, stored, forms), 400
        day = forms.change.change_from.day
        changed = forms.change.session(stored.session.slug, stored.session.exceptions)
        after = changed_from(stored.session, changed, day, sessions)
        if after is None:
            forms.change.refuse("change_from", _("It is never held from that day on"))
            return session_page(context, stored, forms), 400
        proposal = _proposal(context, stored, CHANGE, after, forms.seen)
        try:
            return preview_sessions(context, proposal, overlap_warnings(context, sessions, after[-1:], exclude=session))
        except InvalidEdits as error:
            refuse_all(forms.change, error, [edit.key for edit in proposal.edits])
            return session_page(context, stored, forms), 400
        except ChangedMeanwhile:
            return _back_to_change(context, sessions, session, proposal)


@blueprint.post(f"{SESSION_PATH}/end")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_session_end(site: str, session: str) -> ResponseReturnValue:
    """What it would do to end the session, or to remove it."""
    with site_context(site) as context:
        stored = stored_session(sessions_of(context), session)
        if "proposal" in request.form:
            return _lead_back(context, session)
        forms = forms_of(context, stored, sent=(END, request.form))
        after: PlainSession | None = None
        if "remove" not in request.form:
            if not forms.end.validate():
                return session_page(context, stored, forms), 400
            after = ended_before(stored.session, forms.end.from_day.day or context.today)
        return _small_preview(context, stored, forms, forms.end, END, after)


@blueprint.post(f"{SESSION_PATH}/date")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_session_date(site: str, session: str) -> ResponseReturnValue:
    """What it would do to let one date differ."""
    with site_context(site) as context:
        stored = stored_session(sessions_of(context), session)
        if "proposal" in request.form:
            return _lead_back(context, session)
        forms = forms_of(context, stored, sent=(ON_DATE, request.form))
        if forms.on_date is None:
            raise NotFound
        if not forms.on_date.validate():
            return session_page(context, stored, forms), 400
        day, changed = forms.on_date.on_day.day or context.today, forms.on_date.exception()
        if not held_dates(stored.session, day, day, 1):
            forms.on_date.refuse("on_day", _("The session is not held on this day"))
            return session_page(context, stored, forms), 400
        plain = stored.session
        after = without_exception(plain, day) if changed is None else with_exception(plain, day, changed)
        return _small_preview(context, stored, forms, forms.on_date, ON_DATE, after)


def _lead_back(context: SiteContext, slug: str) -> ResponseReturnValue:
    """From a preview to the session's page, with what was typed."""
    proposal = proposal_of(context, request.form["proposal"])
    day = request.args.get("date")
    return lead_to_form(context, proposal, url_for("planner.session", site=context.site.slug, session=slug, date=day))


def _proposal(
    context: SiteContext, stored: StoredSession, form: str, after: Sequence[PlainSession], seen: str
) -> Proposal:
    slug, site = stored.session.slug, context.site.slug
    endpoints = {CHANGE: "planner.send_session", END: "planner.send_session_end", ON_DATE: "planner.send_session_date"}
    return Proposal(
        edits_of(context, stored, *after),
        {stored.key: seen},
        url_for(endpoints[form], site=site, session=slug, date=request.form.get("date-on_day") or None),
        week_address(context, first_day_of(context, after[-1] if after else stored.session)),
    )


def _small_preview(
    context: SiteContext,
    stored: StoredSession,
    forms: SessionForms,
    form: Form,
    name: str,
    after: PlainSession | None,
) -> ResponseReturnValue:
    proposal = _proposal(context, stored, name, () if after is None else (after,), forms.seen)
    sessions = sessions_of(context)
    warnings = overlap_warnings(context, sessions, [after] if after and name == ON_DATE else [], stored.session.slug)
    try:
        return preview_sessions(context, proposal, warnings)
    except InvalidEdits as error:
        refuse_all(form, error, [edit.key for edit in proposal.edits])
        return session_page(context, stored, forms), 400
    except ChangedMeanwhile:
        return _back_to_small_form(context, stored, proposal)


def _back_to_change(context: SiteContext, sessions: Sessions, slug: str, proposal: Proposal) -> ResponseReturnValue:
    """The form with what the proposal says, and with what somebody else has changed since, if they did."""
    typed = typed_session(proposal)
    stored = sessions.get(slug)
    if typed is None or stored is None:
        form = new_session_form(context, None, values_of(typed) if typed else {})
        return new_session_page(context, form, is_gone=stored is None), 409
    splits = len([edit for edit in proposal.edits if edit.table is not None]) > 1
    day = typed.pattern.first_date if splits else None
    seen = proposal.seen.get(stored.key, "")
    if fingerprint(stored.table) == seen:
        return session_page(context, stored, forms_of(context, stored, shown=typed, change_from=day))
    typed, conflict = merged_with(context, stored, replace(typed, slug=slug), seen)
    forms = forms_of(context, stored, shown=typed, change_from=day)
    forms.conflict, forms.seen = conflict, fingerprint(stored.table)
    return session_page(context, stored, forms), 409


def _back_to_small_form(context: SiteContext, stored: StoredSession, proposal: Proposal) -> ResponseReturnValue:
    """The page with the date or the end that was typed, and with what somebody else has changed since, if they did."""
    forms, typed = forms_of(context, stored), typed_session(proposal)
    forms.seen = fingerprint(stored.table)
    if typed is not None and typed.pattern.last_date is not None and "/end" in proposal.form:
        forms.end = EndForm(
            formdata=None,
            meta={"csrf": False},
            prefix="end-",
            data={"from_day": date.fromordinal(typed.pattern.last_date.toordinal() + 1).isoformat()},
        )
    if typed is not None and forms.on_date is not None and "/date" in proposal.form:
        shown = forms_of(context, replace(stored, session=typed)).on_date
        forms.on_date = shown if isinstance(shown, DateForm) else forms.on_date
    seen = proposal.seen.get(stored.key, "")
    if fingerprint(stored.table) == seen:
        return session_page(context, stored, forms)
    forms.conflict = merged_with(context, stored, typed or stored.session, seen)[1]
    return session_page(context, stored, forms), 409
