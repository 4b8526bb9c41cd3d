"""Trials of two plans of reminders: started, ended, and what they have shown so far."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import DataRequired

from core.errors import Invalid
from core.problems import joined_texts
from council.council_blueprint import SET_UP_PATH, blueprint
from council.reminder_presets import PRESETS
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.costs.kinds_off import kinds_off_of
from reminders.costs.running_trials import Plan, TrialFigures, end_trial, start_trial, trials_of
from reminders.costs.trial_results import FEWEST, ArmFigures
from reminders.recipients import REMINDER
from web.components.form_fields import Dropdown, Form
from web.names_apart import names_apart
from web.page_context import StaffContext, staff_context
from web.request_language import all_of, current_language, format_moment

TRIALS_PATH = f"{SET_UP_PATH}/reminder-trials"
AS_NOW = "now"


class TrialForm(Form):
    """The service, and the two plans."""

    service = Dropdown(_l("Which service?"), default="", validators=[DataRequired(_l("Choose a service"))])
    plan_a = Dropdown(_l("Plan A"), default=AS_NOW, validators=[DataRequired(_l("Choose a plan"))])
    plan_b = Dropdown(_l("Plan B"), default="", validators=[DataRequired(_l("Choose a plan"))])


@blueprint.get(TRIALS_PATH)
@requires(Action.MANAGE_SET_UP)
def reminder_trials() -> ResponseReturnValue:
    """Every trial with its figures, and the form for another one."""
    with staff_context() as context:
        return _page(context, _form(context, None))


@blueprint.post(TRIALS_PATH)
@requires(Action.MANAGE_SET_UP)
def start_reminder_trial() -> ResponseReturnValue:
    """Start the trial that the form describes."""
    with staff_context() as context:
        form = _form(context, request.form)
        if not form.validate():
            return _page(context, form), 400
        service = context.catalogue.service(form.service.data)
        now = service.reminder_plan
        plans = tuple(
            now if name == AS_NOW else PRESETS[name].reminders for name in (form.plan_a.data, form.plan_b.data)
        )
        try:
            start_trial(context.runtime, context.authority.id, service.id, (plans[0], plans[1]), actor=context.actor)
        except Invalid as error:
            for name, reasons in error.errors.items():
                form.refuse(name, joined_texts(Invalid({name: reasons}), current_language()))
            return _page(context, form), 400
    return redirect(url_for("council.reminder_trials"), code=303)


@blueprint.post(f"{TRIALS_PATH}/<int:trial>/end")
@requires(Action.MANAGE_SET_UP)
def end_reminder_trial(trial: int) -> ResponseReturnValue:
    """End a trial: what is booked keeps its plan, and its figures go on."""
    with staff_context() as context:
        end_trial(context.runtime, context.authority.id, trial, actor=context.actor)
    return redirect(url_for("council.reminder_trials"), code=303)


def _form(context: StaffContext, sent: Any) -> TrialForm:
    form = TrialForm(formdata=sent)
    plans = [(AS_NOW, _("As it is now")), *((code, str(preset.label)) for code, preset in PRESETS.items())]
    form.service.choices = [("", _("Choose")), *names_apart(context.catalogue.services).items()]
    form.plan_a.choices = plans
    form.plan_b.choices = [("", _("Choose")), *plans]
    return form


def _page(context: StaffContext, form: TrialForm) -> str:
    names = {service.id: service.name for service in context.catalogue.services}
    trials = trials_of(context.db, context.authority.id)
    names |= {one.service_id: str(_("A service that is gone")) for one in trials if one.service_id not in names}
    zone = ZoneInfo(context.zone)
    return render_template(
        "council/reminder_trials.html",
        form=form,
        has_errors=bool(form.errors),
        trials=trials,
        off_from=moment_off(context),
        names=names,
        plan_words=plan_words,
        figures=figures,
        verdict=verdict,
        moment=lambda at: format_moment(at.astimezone(zone)),
    )


def moment_off(context: StaffContext) -> str:
    """From when on reminders are switched off; empty while they are on."""
    off = next((one for one in kinds_off_of(context.authority.kinds_off) if one.kind == REMINDER), None)
    return format_moment(off.since.astimezone(ZoneInfo(context.zone))) if off else ""


def plan_words(plan: Plan) -> str:
    """ "14 days before at 09:00 and 4 days before at 09:00"."""
    return all_of(map(_reminder_words, plan)) if plan else str(_("No reminders"))


def _reminder_words(reminder: Mapping[str, Any]) -> str:
    if "minutes_before" in reminder:
        return str(_("%(minutes)s minutes before", minutes=reminder["minutes_before"]))
    days = ngettext("%(num)d day before", "%(num)d days before", reminder["days_before"])
    return str(_("%(days)s at %(time)s", days=days, time=reminder["at"]))


def figures(arm: ArmFigures) -> Sequence[str]:
    """The figures of a plan, in words."""
    missed = str(_("missed: %(missed)s of %(all)s", missed=arm.missed, all=arm.ended))
    share = f" ({100 * arm.share_missed:.1f}%)" if arm.ended else ""
    more = [str(_("cancelled: %(number)s", number=arm.cancelled)), str(_("to come: %(number)s", number=arm.to_come))]
    return [missed + share, *more]


def verdict(trial: TrialFigures) -> str:
    """What the figures say, with the interval, or that there are too few to say."""
    found = trial.difference
    if found is None:
        return str(_("Too few to say: each plan needs %(fewest)s visits that people came to or missed.", fewest=FEWEST))
    facts = {"value": f"{100 * found.value:+.1f}", "low": f"{100 * found.low:+.1f}", "high": f"{100 * found.high:+.1f}"}
    said = str(
        _(
            "With plan B the share of missed visits is different by %(value)s points. "
            "The true difference lies between %(low)s and %(high)s, with 95%% confidence.",
            **facts,
        )
    )
    if not found.is_clear:
        return f"{said} {_('So it may be none.')}"
    return f"{said} {_('Fewer are missed with plan B.') if found.value < 0 else _('Fewer are missed with plan A.')}"
