"""The errors of the day list's rows, and their texts."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.queries.day_list import LastChange
from booking.states import CANCELLED
from web.changed_meanwhile import who_acted
from web.components.form_fields import FieldError
from web.labels import STATES, STATES_IN_SENTENCE
from web.request_language import format_day, format_time


@dataclass(frozen=True)
class RowError:
    """Why an outcome was not recorded: the appointment, the text, the field of its form and what was typed there."""

    reference: str = ""
    text: str = ""
    field: str = ""
    typed: str = ""

    def errors(self, references: Container[str]) -> list[FieldError]:
        """The error summary's entry. It links to the field, or else to the row, if that is among those on the page."""
        target = f"{self.field or 'a'}-{self.reference}" if self.reference in references else ""
        return [FieldError(self.text, target)] if self.text else []


def conflict_text(view: AppointmentView, last_change: LastChange | None) -> str:
    """The state of an appointment now, and who recorded it and when."""
    zone = ZoneInfo(view.zone)
    labels = STATES if view.state in CANCELLED else STATES_IN_SENTENCE
    facts = {"name": view.resident.name, "state": str(labels[view.state])}
    if last_change is None:
        return str(_("%(name)s is already: %(state)s. Nothing was changed.", **facts))
    facts |= {"who": who_acted(last_change), "time": format_time(last_change.at.astimezone(zone))}
    return str(_("%(name)s is now: %(state)s, recorded by %(who)s at %(time)s. Nothing was changed.", **facts))


def moved_text(view: AppointmentView) -> str:
    """That an appointment has another time by now."""
    at = view.starts_at.astimezone(ZoneInfo(view.zone))
    facts = {"name": view.resident.name, "day": format_day(at), "time": format_time(at)}
    return str(_("%(name)s has been moved to %(day)s at %(time)s. Nothing was changed.", **facts))
