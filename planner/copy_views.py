"""Copy the sessions of a day or a week to another one, first shown with its effect."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from booking.use_cases.change_set_up import InvalidEdits
from locations.opening_hours import holiday_on
from locations.session_tables import copies
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.new_session_views import preview_sessions, refuse_all
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.session_context import edits_of, sessions_of, week_address
from planner.session_forms import LOOK
from web.components.form_fields import Choice, Form
from web.components.moment_fields import DayField
from web.manage.set_up_proposals import Proposal
from web.page_context import SiteContext, site_context
from web.request_language import format_day

ONE_DAY_ONLY, WHOLE_WEEK = "day", "week"
TYPED = ("what", "from_day", "to_day")


class CopyForm(Form):
    """What is copied, from when and to when."""

    what = Choice(
        _l("What do you want to copy?"),
        choices=[(ONE_DAY_ONLY, _l("One day")), (WHOLE_WEEK, _l("A whole week"))],
        default=ONE_DAY_ONLY,
    )
    from_day = DayField(
        _l("From which day?"),
        description=_l("Of a week, any day in it"),
        validators=[DataRequired(_l("Enter from which day to copy"))],
        render_kw=LOOK,
    )
    to_day = DayField(
        _l("To which day?"),
        description=_l("Of a week, any day in it"),
        validators=[DataRequired(_l("Enter to which day to copy"))],
        render_kw=LOOK,
    )

    def pairs(self) -> list[tuple[date, date]]:
        """Each day to copy from with the day to copy to, as a valid form says."""
        first, last = self.from_day.day or date.min, self.to_day.day or date.min
        if self.what.data == ONE_DAY_ONLY:
            return [(first, last)]
        mondays = [day - timedelta(days=day.weekday()) for day in (first, last)]
        return [(mondays[0] + timedelta(days=number), mondays[1] + timedelta(days=number)) for number in range(7)]


@blueprint.get(f"{WEEK_PATH}/copy")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def copy_sessions(site: str) -> ResponseReturnValue:
    """The form."""
    with site_context(site) as context:
        shown = {name: request.args[name] for name in TYPED if name in request.args}
        return _page(context, CopyForm(formdata=None, meta={"csrf": False}, data=shown))


@blueprint.post(f"{WEEK_PATH}/copy")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def send_copy(site: str) -> ResponseReturnValue:
    """What the copies would do, or the form with what stands in their way."""
    with site_context(site) as context:
        if "proposal" in request.form:
            shown: dict[str, Any] = {name: request.args.get(name, "") for name in TYPED}
            return redirect(url_for("planner.copy_sessions", site=site, **shown), code=303)
        form = CopyForm(meta={"csrf": False})
        if not form.validate():
            return _page(context, form), 400
        made = copies([one.session for one in sessions_of(context).values()], form.pairs())
        if not made:
            form.refuse(*_why_nothing(context, form))
            return _page(context, form), 400
        typed = {"what": form.what.data, "from_day": form.from_day.data, "to_day": form.to_day.data}
        proposal = Proposal(
            edits_of(context, None, *made),
            {},
            url_for("planner.send_copy", site=site, **typed),
            week_address(context, form.to_day.day),
        )
        try:
            return preview_sessions(context, proposal, ())
        except InvalidEdits as error:
            refuse_all(form, error, [edit.key for edit in proposal.edits])
            return _page(context, form), 400


def _why_nothing(context: SiteContext, form: CopyForm) -> tuple[str, str]:
    """The field at which it stands why there is nothing to copy, and the text."""
    day = form.to_day.day
    holiday = holiday_on(context.site, day) if day and form.what.data == ONE_DAY_ONLY else ""
    if day and holiday:
        facts = {"day": format_day(day), "holiday": holiday}
        text = _(
            "%(day)s is a bank holiday (%(holiday)s), and weekly sessions are not held. Add one for that day", **facts
        )
        return "to_day", text
    return "from_day", _("There is nothing to copy: no session is held then, or all of it is there already")


def _page(context: SiteContext, form: CopyForm) -> str:
    return render_template(
        "planner/copy.html",
        site=context.site,
        form=form,
        has_errors=bool(form.errors),
        back=week_address(context, form.from_day.day),
    )
