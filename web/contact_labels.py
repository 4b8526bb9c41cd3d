"""Telephone numbers of residents as staff see them, with the words for what their owners asked.

Every page, print and file that shows staff the telephone number of a resident, or of who acts for them, takes it from
`phone_of` or `phone_of_representative`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask_babel import lazy_gettext as _l

from booking.queries.appointments import AppointmentView
from web.labels import Labels

CONTACT_WISHES: Labels = {
    "do_not_contact": _l("Do not contact"),
    "do_not_text": _l("Do not text"),
    "leave_no_message": _l("Leave no message"),
}
CONTACT_WISHES_IN_SENTENCE: Labels = {
    "do_not_contact": _l("do not contact"),
    "do_not_text": _l("do not text"),
    "leave_no_message": _l("leave no message"),
}


class Reachable(Protocol):
    """A resident, as views and records have one."""

    @property
    def contact_preference(self) -> str: ...
    @property
    def do_not_text(self) -> bool: ...
    @property
    def leave_no_message(self) -> bool: ...


@dataclass(frozen=True)
class ContactLine:
    """A number, or nothing, and what its owner asked for, in words that follow it."""

    number: str
    wishes: tuple[str, ...] = ()

    @property
    def advice(self) -> str:
        """ "do not contact, leave no message", or nothing."""
        return ", ".join(self.wishes)

    def __bool__(self) -> bool:
        return bool(self.number)

    def __str__(self) -> str:
        return f"{self.number} ({self.advice})" if self.number and self.wishes else self.number


def wishes_of(resident: Reachable, labels: Labels = CONTACT_WISHES) -> tuple[str, ...]:
    """What the resident asked whoever wants to reach them, as labels."""
    applying = {
        "do_not_contact": resident.contact_preference == "none",
        "do_not_text": resident.do_not_text,
        "leave_no_message": resident.leave_no_message,
    }
    return tuple(str(labels[code]) for code, applies in applying.items() if applies)


def phone_of(view: AppointmentView) -> ContactLine:
    """Whom to ring about the appointment: the resident, or else who acts for them. The resident's wishes hold for both."""
    return _line(view, view.resident.phone) or phone_of_representative(view)


def phone_of_representative(view: AppointmentView) -> ContactLine:
    """The number of who acts for the resident."""
    return _line(view, view.representative.phone if view.representative else "")


def _line(view: AppointmentView, number: str) -> ContactLine:
    return ContactLine(number, wishes_of(view.resident, CONTACT_WISHES_IN_SENTENCE) if number else ())
