"""A rota of who works where, brought in from a file; first shown with its effect."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.importing.clashes import ImportRefused
from booking.rota.rota_file import plan_of_rota
from booking.rota.rota_plan import RotaPlan, RotaScope
from booking.rota.shifts import MOST_BYTES
from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits, current_tables
from booking.use_cases.import_rota import errors_by_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import preview_sessions
from planner.planner_blueprint import PLANNED_SITE_PATH, blueprint
from planner.session_context import managed_sites, week_address
from web.components.form_fields import Checkbox, FieldError, Form
from web.manage.set_up_file_texts import line_text, mistake_text
from web.manage.set_up_kept import keep, kept
from web.manage.set_up_proposals import Proposal
from web.page_context import SiteContext, site_context
from web.uploads import uploaded, uploaded_name

ROTA_PATH = f"{PLANNED_SITE_PATH}/rota"
MOST_SHOWN = 50
LONGEST_FILE_NAME = 100


class RotaForm(Form):
    """What the days mean for which a rota has no line."""

    complete = Checkbox(
        _l(
            "Whoever is in the file does not work on the days, from its first to its last, on which it has no line for them"
        ),
        description=_l("Without this tick, such days stay as they are"),
    )


@blueprint.get(ROTA_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def rota(site: str) -> ResponseReturnValue:
    """The form for a file; what was sent before is kept."""
    with site_context(site) as context:
        key = request.args.get("kept", "")
        sent = _kept_file(context, key)
        form = RotaForm(formdata=None, meta={"csrf": False}, data={"complete": bool(sent and sent["complete"])})
        return _page(context, form, [], (key, sent["name"]) if sent else None)


@blueprint.post(ROTA_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_rota(site: str) -> ResponseReturnValue:
    """What the rota would do, or what is wrong with it, by line."""
    with site_context(site) as context:
        if "proposal" in request.form:  # back from a preview that somebody else was faster than
            return redirect(url_for("planner.rota", site=site, kept=request.args.get("kept")), code=303)
        form = RotaForm(meta={"csrf": False})
        key, name, content = _file_sent(context, form)
        file = (key, name) if key else None
        if not content:
            return _page(context, form, [_("Choose a file")], file), 400
        scope = RotaScope(managed_sites(context), site, bool(form.complete.data))
        tables = cast("Mapping[str, Any]", current_tables(context.db, context.authority.id))
        try:
            plan = plan_of_rota(tables, context.catalogue, content, scope, context.now)
        except ImportRefused as error:
            return _page(context, form, [mistake_text(clash) for clash in error.clashes], file), 400
        if not plan.edits:
            return _page(
                context, form, [], file, notes=[_("Nothing to change: everything is as the file says."), *_notes(plan)]
            )
        return _lead_to_preview(context, form, plan, key, name)


def _lead_to_preview(context: SiteContext, form: RotaForm, plan: RotaPlan, key: str, name: str) -> ResponseReturnValue:
    site = context.site.slug
    proposal = Proposal(
        plan.edits, plan.seen, url_for("planner.send_rota", site=site, kept=key), week_address(context, plan.first_day)
    )
    try:
        return preview_sessions(
            context, proposal, list(_notes(plan)), back_url=url_for("planner.rota", site=site, kept=key)
        )
    except InvalidEdits as error:
        texts = [line_text(line, what) if line else what for line, what in errors_by_line(plan, error)]
    except ChangedMeanwhile:
        texts = [_("Somebody else has changed one of these sessions at this moment. Send the file again.")]
    return _page(context, form, texts, (key, name)), 400


def _file_sent(context: SiteContext, form: RotaForm) -> tuple[str, str, bytes]:
    """The key under which the file is kept, its name, and its bytes: of the file sent now, or of the one sent before."""
    content = uploaded()
    if not content:
        key = request.form.get("kept", "")
        before = _kept_file(context, key)
        return (key, before["name"], b64decode(before["file"])) if before else ("", "", b"")
    name = uploaded_name()[-LONGEST_FILE_NAME:]
    if len(content) > MOST_BYTES:
        return "", name, content
    value = {"file": b64encode(content).decode(), "name": name, "complete": bool(form.complete.data)}
    return keep(context, value), name, content


def _kept_file(context: SiteContext, key: str) -> dict[str, Any] | None:
    found = kept(context, key)
    return found if found is not None and "file" in found else None


def _notes(plan: RotaPlan) -> Iterator[str]:
    if plan.past:
        yield ngettext(
            "%(num)d line is of a day that is over, and is left out",
            "%(num)d lines are of days that are over, and are left out",
            plan.past,
        )
    if plan.on_holidays:
        yield ngettext(
            "%(num)d line is of a bank holiday on which the site is shut, and is left out",
            "%(num)d lines are of bank holidays on which the site is shut, and are left out",
            plan.on_holidays,
        )


def _page(
    context: SiteContext,
    form: RotaForm,
    errors: list[str],
    file: tuple[str, str] | None,
    notes: list[str] | None = None,
) -> str:
    shown = [FieldError(text, "file") for text in errors[:MOST_SHOWN]]
    return render_template(
        "planner/rota.html",
        site=context.site,
        form=form,
        errors=shown,
        more=len(errors) - len(shown),
        has_errors=bool(errors),
        notes=notes or [],
        kept_key=file[0] if file else "",
        kept_name=file[1] if file else "",
        back=week_address(context, None),
    )
