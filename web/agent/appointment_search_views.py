"""An appointment that somebody asks about without a name or a reference: "something about council tax, last Tuesday"."""

from __future__ import annotations

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from booking.queries.appointments import AppointmentView
from booking.queries.service_days import of_service_day
from locations.model import SiteFacts
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.slot_grid import place_label
from web.components.form_fields import Dropdown, Form
from web.components.moment_fields import DayField
from web.labels import STATES
from web.names_apart import names_apart
from web.page_context import StaffContext, staff_context
from web.request_language import all_of, format_day, format_time

MOST_SHOWN = 100


class AppointmentSearchForm(Form):
    """What somebody knows of their appointment: what it was about, the day, and perhaps the place."""

    service = Dropdown(_("What is it about?"), validators=[DataRequired(_("Choose what it is about"))], default="")
    day = DayField(
        _("Day of the appointment"),
        validators=[DataRequired(_("Enter the day of the appointment"))],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "off"},
    )
    site = Dropdown(_("Place"), default="")


@dataclass(frozen=True)
class FoundAppointment:
    """An appointment of the list, and whose it is."""

    resident_id: int
    name: str
    time: str
    services: str
    place: str
    reference: str
    state: str


@blueprint.get("/appointments")
@requires(Action.FIND_RESIDENT)
def appointments() -> ResponseReturnValue:
    """The form; with a service and a day, the appointments for it on that day. That somebody looked is logged."""
    with staff_context() as context:
        sites = [site for site in context.catalogue.sites if context.serves(site.id)]
        form = _form(context, sites)
        if "day" not in request.args:
            return _page(form, None)
        if not form.validate():
            return _page(form, None), 400
        day, at = form.day.day or context.today, [site for site in sites if form.site.data in ("", site.slug)]
        service_id = context.catalogue.service(form.service.data or "").id
        views = of_service_day(context.db, context.catalogue, service_id, day, [site.id for site in at])
        _log(context, views[:MOST_SHOWN], day)
        return _page(form, views, day)


def _form(context: StaffContext, sites: Sequence[SiteFacts]) -> AppointmentSearchForm:
    sent = request.args if "day" in request.args else None
    form = AppointmentSearchForm(formdata=sent, meta={"csrf": False}, day=context.today.isoformat())
    held = frozenset[int]().union(*(site.service_ids for site in sites))
    services = [service for service in context.catalogue.services if service.id in held]
    form.service.choices = [("", gettext("Choose")), *names_apart(services).items()]
    form.site.choices = [("", gettext("Any place")), *names_apart(sites).items()]
    return form


def _log(context: StaffContext, views: Sequence[AppointmentView], day: date) -> None:
    """Write whose appointments were shown."""
    residents = list(dict.fromkeys(view.resident.id for view in views))
    facts = {"residents": residents, "date": day.isoformat()}
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "appointment_search", context.now, **facts)


def _page(form: AppointmentSearchForm, views: Sequence[AppointmentView] | None, day: date | None = None) -> str:
    return render_template(
        "agent/appointments.html",
        form=form,
        has_errors=bool(form.errors),
        found=None if views is None else [_found(view) for view in views[:MOST_SHOWN]],
        day=format_day(day) if day else "",
        left_out=max(0, len(views or ()) - MOST_SHOWN),
    )


def _found(view: AppointmentView) -> FoundAppointment:
    return FoundAppointment(
        resident_id=view.resident.id,
        name=view.resident.name,
        time=format_time(view.starts_at.astimezone(ZoneInfo(view.zone))),
        services=all_of(view.service_names),
        place=place_label(view.site, view.mode),
        reference=view.spoken_reference,
        state=str(STATES[view.state]),
    )
