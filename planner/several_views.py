"""Several sessions of a site's week changed at once, first shown with their effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits
from core.errors import InvalidValue
from core.wall_clock import parse_day
from locations.history.change_repository import changes_of
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, fingerprint
from locations.session_tables import PlainSession, session_hours
from locations.sessions_together import Changed, changed_together
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import preview_sessions, refuse_all
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.session_context import StoredSession, edits_of, key_of_session, overlap_warnings, sessions_of, week_address
from planner.several_forms import TYPED, SeveralForm, several_form, text_of_session
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_proposals import Proposal
from web.page_context import SiteContext, site_context

Stored = Mapping[str, StoredSession]


@blueprint.get(f"{WEEK_PATH}/several")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def several_sessions(site: str) -> ResponseReturnValue:
    """The form with the sessions of a week; with what was typed when it comes back from the preview."""
    with site_context(site) as context:
        monday, found = _monday(context), kept(context, request.args.get("kept", ""))
        typed = MultiDict(found["typed"]) if found and "typed" in found else None
        stored = sessions_of(context)
        shown = {"change_from": max(monday, context.today).isoformat()}
        form = several_form(context, _of_week(stored, monday), typed, shown)
        form.show_marks(_marks(stored, form))
        return _page(context, form, monday)


@blueprint.post(f"{WEEK_PATH}/several")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_several(site: str) -> ResponseReturnValue:
    """What the change of all of them would do, or the form with what stands in its way."""
    with site_context(site) as context:
        monday = _monday(context)
        if "proposal" in request.form:
            return redirect(_address(context, monday, request.args.get("kept")), code=303)
        stored = sessions_of(context)
        form = several_form(context, _of_week(stored, monday), request.form, {})
        marks = _marks(stored, form)
        stale = form.changed_meanwhile(marks)
        form.show_marks(marks)
        if form.validate() and stale:
            _say_changed(context, form, [stored[slug] for slug in stale])
            return _page(context, form, monday), 409
        if not form.errors:
            chosen = [stored[slug].session for slug in form.sessions.data if slug in stored]
            changed = changed_together(chosen, form.change(), form.change_from.day, stored)
            form.refuse_sessions(changed.refused)
            _check_lengths(context, form, changed)
            form.refuse_if_any()
            if not form.errors and not changed.sessions:
                form.refuse("starts", _("Nothing would change: all of it is so already"))
            if not form.errors:
                return _preview(context, form, stored, changed, monday)
        return _page(context, form, monday), 400


def _preview(
    context: SiteContext, form: SeveralForm, stored: Stored, changed: Changed, monday: date
) -> ResponseReturnValue:
    """To the page with the effect of all of them, or the form with what the rules of the file refuse."""
    edits: list[Edit] = []
    seen: dict[Key, str] = {}
    after: list[PlainSession] = []
    for one in changed.sessions:
        before = stored[one.before.slug]
        edits += edits_of(context, before, *one.after)
        seen[before.key] = fingerprint(before.table)
        after.append(one.after[-1])
    typed = {name: request.form.getlist(name) for name in TYPED}
    address = url_for("planner.send_several", site=context.site.slug, date=monday, kept=keep(context, {"typed": typed}))
    proposal = Proposal(tuple(edits), seen, address, week_address(context, form.change_from.day or monday))
    left = {slug: one for slug, one in stored.items() if slug not in {one.before.slug for one in changed.sessions}}
    try:
        return preview_sessions(context, proposal, _overlaps(context, left, after))
    except InvalidEdits as error:
        refuse_all(form, error, [edit.key for edit in edits])
    except ChangedMeanwhile:
        form.refuse("sessions", _("Somebody else has changed one of these sessions at this moment. Send it again"))
    return _page(context, form, monday), 400


def _marks(stored: Stored, form: SeveralForm) -> dict[str, str]:
    """The fingerprints of the sessions that the form offers."""
    return {slug: fingerprint(stored[slug].table) for slug, _text in form.sessions.choices}


def _say_changed(context: SiteContext, form: SeveralForm, changed: Sequence[StoredSession]) -> None:
    """Say of each session what a colleague has made of it since the form was opened; what was typed stays."""
    for one in changed:
        last = next(iter(changes_of(context.db, context.authority.id, one.key)), None)
        facts = {
            "who": last.actor_name if last else _("Somebody else"),
            "session": text_of_session(context, one.session),
        }
        text = _("%(who)s has changed this session since you opened the form. It is now: %(session)s", **facts)
        form.sessions.refuse(one.session.slug, str(text))
    form.refuse_if_any()


def _overlaps(context: SiteContext, left: Stored, after: Sequence[PlainSession]) -> list[str]:
    """What would be open twice, beside the other sessions and beside each other."""
    warnings: list[str] = []
    beside = dict(left)
    for session in after:
        warnings += overlap_warnings(context, beside, [session])
        beside[session.slug] = StoredSession(key_of_session(context, session), {}, session)
    return list(dict.fromkeys(warnings))


def _check_lengths(context: SiteContext, form: SeveralForm, changed: Changed) -> None:
    """Refuse hours in which a service has no room."""
    services = {one.slug: one for one in context.catalogue.services}
    for one in changed.sessions:
        session, hours = one.after[-1], one.after[-1].hours
        minutes = (hours.ends.hour - hours.starts.hour) * 60 + hours.ends.minute - hours.starts.minute
        for service in (services[slug] for slug in session.services if slug in services):
            if service.duration_minutes > minutes:
                facts = {
                    "service": service.name,
                    "needed": service.duration_minutes,
                    "minutes": minutes,
                }
                text = _("%(service)s takes %(needed)s minutes, and the session has %(minutes)s", **facts)
                form.sessions.refuse(one.before.slug, text)


def _of_week(stored: Stored, monday: date) -> list[PlainSession]:
    """The sessions that are held in the week, by day and time."""
    held = []
    for one in (found.session for found in stored.values()):
        days = [(day, hours.starts) for day, hours in session_hours(one, monday, monday + timedelta(days=6))]
        if days:
            held.append((min(days), one.slug, one))
    return [one for *_order, one in sorted(held, key=lambda found: found[:2])]


def _monday(context: SiteContext) -> date:
    """The Monday of the week of the day in the query; of this week when that is none."""
    try:
        day = parse_day(request.args.get("date", ""))
    except InvalidValue:
        day = context.today
    return day - timedelta(days=day.weekday())


def _address(context: SiteContext, monday: date, key: str | None = None) -> str:
    return url_for("planner.several_sessions", site=context.site.slug, date=monday, kept=key)


def _page(context: SiteContext, form: SeveralForm, monday: date) -> str:
    facts: dict[str, Any] = {"monday": monday, "sunday": monday + timedelta(days=6)}
    return render_template(
        "planner/several.html",
        site=context.site,
        form=form,
        has_errors=bool(form.errors),
        action=url_for("planner.send_several", site=context.site.slug, date=monday),
        back=week_address(context, monday),
        **facts,
    )
