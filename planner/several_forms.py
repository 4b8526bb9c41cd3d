"""The form by which a manager changes several sessions at once."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from core.wall_clock import TICK_MINUTES
from locations.session_tables import PlainSession
from locations.sessions_together import CommonChange, WhyNot
from planner.resource_choices import resource_choices, resources_here
from planner.session_context import names_of, words_of
from planner.session_forms import LOOK
from web.components.form_fields import ChoicesInLines, Dropdown, FieldError, Form, errors_of, optional
from web.components.moment_fields import ClockField, DayField
from web.names_apart import names_apart
from web.page_context import SiteContext

TYPED = (
    *("sessions", "change_from", "starts", "ends", "last_date"),
    *("resource_out", "resource_in", "service_out", "service_in"),
)
CHANGES = TYPED[2:]
WHY_NOT: Mapping[WhyNot, LazyString] = {
    WhyNot.HOURS: _l("it would end before it begins"),
    WhyNot.BREAK: _l("its break would lie outside its hours"),
    WhyNot.NO_RESOURCE: _l("nobody and nothing would be open"),
    WhyNot.NO_SERVICE: _l("it would have no service"),
    WhyNot.NEVER: _l("it is held on no day then"),
}


IN_PAST: Mapping[str, LazyString] = {
    "change_from": _l("The change cannot hold from a day before today"),
    "last_date": _l("The last day cannot be before today"),
}


class SeveralForm(Form):
    """Which sessions, and what becomes of each."""

    seen = HiddenField()  # the fingerprints of the sessions that the form was made of
    sessions = ChoicesInLines(_l("Which sessions?"), validate_choice=False)
    change_from = DayField(
        _l("From which day does the change hold?"),
        description=_l("Leave it empty when it was never right, and all their days change"),
        validators=[optional()],
        render_kw=LOOK,
    )
    starts = ClockField(_l("From what time?"), validators=[optional()], render_kw=LOOK)
    ends = ClockField(_l("Until what time?"), validators=[optional()], render_kw=LOOK)
    last_date = DayField(
        _l("Last day"),
        description=_l("A session that is held once keeps its day"),
        validators=[optional()],
        render_kw=LOOK,
    )
    resource_out = Dropdown(_l("Who or what is open no longer?"), default="")
    resource_in = Dropdown(
        _l("Who or what is open then?"), description=_l("With both, the one takes the place of the other"), default=""
    )
    service_out = Dropdown(_l("Which service is no longer given?"), default="")
    service_in = Dropdown(
        _l("Which service is given then?"),
        description=_l("With both, the one takes the place of the other"),
        default="",
    )

    today = date.min  # of the council

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used, and something is to change."""
        super().validate(extra_validators)
        if not self.sessions.data and not self.sessions.errors:
            self.refuse("sessions", _("Choose at least one session"))
        if not {slug for slug, _text in self.sessions.choices}.issuperset(self.sessions.data or ()):
            self.refuse(
                "sessions", _("One of these sessions is not held in this week any more. Look at those that are")
            )
        for field in (self.starts, self.ends):
            if field.wall_time is not None and field.wall_time.minute % TICK_MINUTES:
                self.refuse(field.short_name, _("Times go by steps of 5 minutes"))
        for name, text in IN_PAST.items():
            if self[name].day is not None and self[name].day < self.today:
                self.refuse(name, str(text))
        if not self.errors and not any(self[name].data for name in CHANGES):
            self.refuse("starts", _("Enter what changes: hours, last day, who is open, or a service"))
        self.focus_first_error()
        return not self.errors

    def change(self) -> CommonChange:
        """What becomes of each session, as a valid form says."""
        return CommonChange(
            self.starts.wall_time,
            self.ends.wall_time,
            self.last_date.day,
            self.resource_out.data,
            self.resource_in.data,
            self.service_out.data,
            self.service_in.data,
        )

    def changed_meanwhile(self, marks: Mapping[str, str]) -> list[str]:
        """The slugs of what was chosen and is not as it was when the form was made, by the fingerprints of now."""
        seen = dict(one.partition(":")[::2] for one in (self.seen.data or "").split())
        return [slug for slug in self.sessions.data if slug in marks and seen.get(slug, marks[slug]) != marks[slug]]

    def show_marks(self, marks: Mapping[str, str]) -> None:
        """Keep what the form is made of from now on."""
        self.seen.data = " ".join(f"{slug}:{mark}" for slug, mark in marks.items())

    def refuse_sessions(self, refused: Sequence[tuple[PlainSession, WhyNot]]) -> None:
        """Say of each session that cannot be changed so, why not."""
        for session, why in refused:
            self.sessions.refuse(session.slug, str(WHY_NOT[why]))

    def refuse_if_any(self) -> None:
        """Say at the head of the sessions how many of them cannot be changed so; why stands beside each."""
        number = len(self.sessions.refused)
        if number:
            text = ngettext("%(num)d session cannot be changed so", "%(num)d sessions cannot be changed so", number)
            self.refuse("sessions", text)

    @property
    def summary(self) -> list[FieldError]:
        """Everything that is wrong, that of a session with a link to it."""
        return [*errors_of(self), *self.sessions.lines]


def several_form(
    context: SiteContext, sessions: Sequence[PlainSession], sent: MultiDict[str, str] | None, shown: Mapping[str, Any]
) -> SeveralForm:
    """The form for these sessions, with what was sent, or else with the values `shown`."""
    form = SeveralForm(formdata=sent, meta={"csrf": False}, data=shown)
    form.today = context.today
    form.sessions.choices = [(one.slug, text_of_session(context, one)) for one in sessions]
    resources = [("", _("As it is")), *resource_choices(resources_here(context))]
    services = [("", _("As it is")), *names_apart(context.catalogue.services).items()]
    form.resource_out.choices = form.resource_in.choices = resources
    form.service_out.choices = form.service_in.choices = services
    return form


def text_of_session(context: SiteContext, session: PlainSession) -> str:
    """The session in plain words, with what it opens and for what."""
    resources, services = names_of(context, session)
    facts = {"when": words_of(context, session), "resources": resources, "services": services}
    return str(_("%(when)s: %(resources)s, for %(services)s", **facts))
