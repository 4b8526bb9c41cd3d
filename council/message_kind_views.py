"""Kinds of messages: what each has cost by service and month, and the switch of those that can be switched off."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from wtforms.validators import StopValidation

from booking.tables import Appointment
from core.errors import NotFound, Stale
from core.problems import text_of_error
from core.wall_clock import wall_instant
from council.council_blueprint import SET_UP_PATH, blueprint
from council.message_kind_page import kind_label, kind_page
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.costs.kind_switching import of_kind, switch_off, switch_on, void_and_of_use
from reminders.costs.kinds_off import SWITCHABLE
from reminders.delivery_decisions import PENDING
from reminders.recipients import REMINDER
from reminders.tables import Notification
from web.components.form_fields import Form, optional
from web.components.moment_fields import DayField
from web.manage.closure_forms import DAY_LOOK
from web.page_context import StaffContext, staff_context
from web.request_language import current_language
from web.told import ToldLine

KINDS_PATH = f"{SET_UP_PATH}/message-kinds"
FURTHEST = timedelta(days=366)


class SwitchForm(Form):
    """From which day on a kind is off."""

    since = DayField(
        _l("From which day? (optional)"),
        description=_l("Leave it empty to switch it off at once"),
        validators=[optional()],
        render_kw=DAY_LOOK,
    )

    today = date.min

    def validate_since(self, field: Any) -> None:
        """Raises: StopValidation for a day that is past, or too far ahead."""
        if field.day is None:
            return
        if field.day < self.today:
            raise StopValidation(_("Choose today or a later day"))
        if field.day > self.today + FURTHEST:
            raise StopValidation(_("Choose a day within a year"))


@blueprint.get(KINDS_PATH)
@requires(Action.MANAGE_SET_UP)
def message_kinds() -> ResponseReturnValue:
    """Every kind with what it cost last month, and whether it is on."""
    with staff_context() as context:
        return render_template("council/message_kinds.html", page=kind_page(context), kind_label=kind_label)


@blueprint.get(f"{KINDS_PATH}/<kind>")
@requires(Action.MANAGE_SET_UP)
def message_kind(kind: str) -> ResponseReturnValue:
    """What a kind has cost by service and month, and its switch."""
    with staff_context() as context:
        return _page(context, kind, _form(context, None))


@blueprint.post(f"{KINDS_PATH}/<kind>/off")
@requires(Action.MANAGE_SET_UP)
def switch_kind_off(kind: str) -> ResponseReturnValue:
    """Switch the kind off from the day on that the form says, or at once."""
    with staff_context() as context:
        form = _form(context, request.form)
        if not form.validate():
            return _page(context, kind, form), 400
        day = form.since.day
        since = wall_instant(day, time.min, context.zone) if day else None
        refused = ""
        try:
            switch_off(context.runtime, context.authority.id, kind, since, actor=context.actor)
        except Stale as error:  # a colleague was quicker, or another window
            refused = text_of_error(error, current_language())
    if refused:
        with staff_context() as context:
            return _page(context, kind, form, refused), 409
    return redirect(url_for("council.message_kind", kind=kind, done="off"), code=303)


@blueprint.post(f"{KINDS_PATH}/<kind>/on")
@requires(Action.MANAGE_SET_UP)
def switch_kind_on(kind: str) -> ResponseReturnValue:
    """Switch the kind on again: what is still of use is owed again."""
    with staff_context() as context:
        switch_on(context.runtime, context.authority.id, kind, actor=context.actor)
    return redirect(url_for("council.message_kind", kind=kind, done="on"), code=303)


def _form(context: StaffContext, sent: Any) -> SwitchForm:
    form = SwitchForm(formdata=sent)
    form.today = context.today
    return form


def _page(context: StaffContext, kind: str, form: SwitchForm, refused: str = "") -> str:
    """The page of a kind. Raises: NotFound for one that there is not."""
    page = kind_page(context)
    if kind not in page.kinds:
        raise NotFound
    return render_template(
        "council/message_kind.html",
        page=page,
        kind=kind,
        label=kind_label(kind),
        form=form,
        has_errors=bool(form.errors or refused),
        refused=refused,
        trials=page.running_trials() if kind == REMINDER else (),
        can_switch=kind in SWITCHABLE,
        off=page.off_since(kind),
        told=_told_again(context, kind),
        not_told=_not_told(context, kind),
        done=request.args.get("done", "") if request.method == "GET" else "",
    )


def _not_told(context: StaffContext, kind: str) -> tuple[ToldLine, ...]:
    """Who is not told when the kind is switched off at once: those who are booked, and whoever books then."""
    waiting = select(func.count(Appointment.resident_id.distinct())).select_from(Notification)
    joined = waiting.join(Appointment, Appointment.id == Notification.appointment_id)
    waits = (Notification.status == PENDING, Notification.lease_until.is_(None), Notification.due_at >= context.now)
    number = context.db.scalar(joined.where(of_kind(context.authority.id, kind), *waits)) or 0
    later = ToldLine(str(_("Nobody who books from that day on gets them.")), is_told=False)
    if not number:
        return (later,)
    text = ngettext(
        "%(num)d person who is booked now does not get it, if you switch it off at once.",
        "%(num)d people who are booked now do not get it, if you switch it off at once.",
        number,
    )
    return (ToldLine(text, is_told=False), later)


def _told_again(context: StaffContext, kind: str) -> tuple[ToldLine, ...]:
    """Who is told something when the kind is switched on again."""
    void = select(func.count()).select_from(Notification)
    joined = void.join(Appointment, Appointment.id == Notification.appointment_id)
    number = context.db.scalar(joined.where(of_kind(context.authority.id, kind), *void_and_of_use(context.now))) or 0
    if not number:
        return (ToldLine(str(_("Nobody now. Whoever books from now on gets them."))),)
    text = ngettext(
        "%(num)d message that was not sent goes out when it is due, or at once if it was due before.",
        "%(num)d messages that were not sent go out when they are due, or at once if they were due before.",
        number,
    )
    return (ToldLine(text),)
