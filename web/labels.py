"""The words for codes of the domain: one table for each vocabulary, looked up in the language of the request.

A label stands by itself, on a button or in a list. Words inside a sentence have a table of their own.

Every page, print and file that shows staff the telephone number of a resident, or of who acts for them, takes it from
`phone_of` or `phone_of_representative`, with the words for what its owner asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from booking.availability.bookings_that_fit import MisfitReason
from booking.queries.appointments import AppointmentView
from booking.queries.starts_of_week import NoneFree
from booking.rebooking import RebookState
from booking.states import State
from people.staff.policy import Role, Scope
from web.request_language import current_language

Labels = Mapping[str, LazyString]


def _n(singular: str, plural: str) -> Callable[[int], str]:
    """A label that counts, as a function of the number."""
    return lambda number: current_language().ngettext(singular, plural, number)


STATES: Labels = {
    State.BOOKED: _l("Booked"),
    State.ARRIVED: _l("Arrived"),
    State.IN_PROGRESS: _l("In progress"),
    State.ATTENDED: _l("Attended"),
    State.CANCELLED_BY_RESIDENT: _l("Cancelled by resident"),
    State.CANCELLED_BY_AUTHORITY: _l("Cancelled by the council"),
    State.DID_NOT_ATTEND: _l("Did not attend"),
    State.LEFT_BEFORE_SEEN: _l("Left before being seen"),
    State.NOT_COMPLETED: _l("Not completed"),
}
# Beside the state of an appointment that was moved.
GIVEN_BACK = _l("Nobody confirmed it in time")
NOT_NEEDED = _l("All papers are accepted: nobody needs to come")
MOVED_BY: Labels = {"resident": _l("Moved by resident"), "authority": _l("Moved by the council")}
STATES_IN_SENTENCE: Labels = {
    State.BOOKED: _l("booked"),
    State.ARRIVED: _l("arrived"),
    State.IN_PROGRESS: _l("in progress"),
    State.ATTENDED: _l("attended"),
    State.CANCELLED_BY_RESIDENT: _l("cancelled by resident"),
    State.CANCELLED_BY_AUTHORITY: _l("cancelled by the council"),
    State.DID_NOT_ATTEND: _l("did not attend"),
    State.LEFT_BEFORE_SEEN: _l("left before being seen"),
    State.NOT_COMPLETED: _l("not completed"),
}
STATES_COUNTED: Mapping[State, Callable[[int], str]] = {
    State.BOOKED: _n("%(num)s booked", "%(num)s booked"),
    State.ARRIVED: _n("%(num)s arrived", "%(num)s arrived"),
    State.IN_PROGRESS: _n("%(num)s in progress", "%(num)s in progress"),
    State.ATTENDED: _n("%(num)s attended", "%(num)s attended"),
    State.CANCELLED_BY_RESIDENT: _n("%(num)s cancelled by resident", "%(num)s cancelled by resident"),
    State.CANCELLED_BY_AUTHORITY: _n("%(num)s cancelled by the council", "%(num)s cancelled by the council"),
    State.DID_NOT_ATTEND: _n("%(num)s did not attend", "%(num)s did not attend"),
    State.LEFT_BEFORE_SEEN: _n("%(num)s left before being seen", "%(num)s left before being seen"),
    State.NOT_COMPLETED: _n("%(num)s not completed", "%(num)s not completed"),
}
# The buttons of the day list, by the state that each leads to: verbs, so that no button reads as the state of its row.
ROW_ACTIONS: Labels = {
    State.ARRIVED: _l("Check in"),
    State.IN_PROGRESS: _l("Start"),
    State.ATTENDED: _l("Finish"),
    State.NOT_COMPLETED: _l("Could not finish"),
    State.LEFT_BEFORE_SEEN: _l("They left"),
    State.DID_NOT_ATTEND: _l("They did not come"),
}
NEEDS: Labels = {
    "step-free": _l("Step-free access"),
    "hearing-loop": _l("Hearing loop"),
    "bsl": _l("British Sign Language"),
    "language": _l("Another language"),
    "welsh": _l("Meeting in Welsh"),
    "extra-time": _l("Extra time"),
}
# Few times have these, so whoever needs them gets another time before others.
SCARCE_NEEDS_IN_SENTENCE: Labels = {
    "step-free": _l("step-free access"),
    "bsl": _l("interpreter for British Sign Language"),
    "language": _l("interpreter"),
}
NEED_HINTS: Labels = {
    "step-free": _l("No stairs, or a lift or ramp"),
    "hearing-loop": _l("For people who wear hearing aids"),
    "bsl": _l("We look for an interpreter. If you give an email address, we tell you whether we have found one"),
    "language": _l("We look for an interpreter. If you give an email address, we tell you whether we have found one"),
    "welsh": _l("With an adviser who speaks Welsh, or with an interpreter"),
    "extra-time": _l("A longer appointment"),
}
NEEDS_NOT_MET: Labels = {"step-free": _l("No step-free access"), "hearing-loop": _l("No hearing loop")}
NONE_FREE: Labels = {
    NoneFree.FULL: _l("Full"),
    NoneFree.CLOSED: _l("Closed"),
    NoneFree.NOT_OFFERED: _l("Not offered"),
    NoneFree.NEED_NOT_MET: _l("Not everything that is needed"),
    NoneFree.OVER: _l("Over"),
    NoneFree.ADVISER_AWAY: _l("Adviser not there"),
}
MODES: Labels = {"in_person": _l("In person"), "video": _l("By video"), "phone": _l("By phone")}
MODES_IN_SENTENCE: Labels = {"in_person": _l("in person"), "video": _l("by video"), "phone": _l("by phone")}
NEXT_IN_MODE: Labels = {"in_person": _l("Next in person"), "video": _l("Next by video"), "phone": _l("Next by phone")}
BASES: Labels = {
    "parent": _l("Parent or guardian"),
    "family": _l("Partner, family member or friend"),
    "carer": _l("Carer"),
    "attorney": _l("Power of attorney or court deputy"),
    "support_worker": _l("Support worker or adviser"),
    "other": _l("Something else"),
}
BASES_IN_SENTENCE: Labels = {
    "parent": _l("parent or guardian"),
    "family": _l("partner, family member or friend"),
    "carer": _l("carer"),
    "attorney": _l("power of attorney or court deputy"),
    "support_worker": _l("support worker or adviser"),
    "other": _l("something else"),
}
CONTACT_PREFERENCES: Labels = {
    "email": _l("Email"),
    "text": _l("Text message"),
    "letter": _l("Letter"),
    "call": _l("Phone call"),
    "none": _l("Do not contact"),
}
ROLES: Labels = {
    Role.TRIAGE_AGENT: _l("Triage agent"),
    Role.ADVISER: _l("Adviser"),
    Role.SITE_STAFF: _l("Site staff"),
    Role.SITE_MANAGER: _l("Site manager"),
    Role.AUTHORITY_ADMIN: _l("Authority admin"),
}
SCOPES: Labels = {
    Scope.READ: _l("Read: see appointments, with the names of residents"),
    Scope.BOOK: _l("Book: book, move and cancel appointments"),
    Scope.MANAGE: _l("Manage: shut something, offer people other times, and say which programs are told"),
    Scope.CALLERS: _l("Callers: see who has a telephone number, for a telephone system"),
    Scope.VISITS: _l("Visits: check people in, take walk-ins, and call who is next"),
    Scope.RECEIPTS: _l("Receipts: fetch batches of receipts, with certified copies of people’s documents"),
}
KEY_OVERLAPS: Labels = {
    "now": _l("At once"),
    "day": _l("In 24 hours"),
    "week": _l("In 7 days"),
    "month": _l("In 30 days"),
}
# What a resident asked whoever wants to reach them.
CONTACT_WISHES: Labels = {
    "do_not_contact": _l("Do not contact"),
    "do_not_text": _l("Do not text"),
    "leave_no_message": _l("Leave no message"),
    "uses_neutral_name": _l("Name no service"),
}
CONTACT_WISHES_IN_SENTENCE: Labels = {
    "do_not_contact": _l("do not contact"),
    "do_not_text": _l("do not text"),
    "leave_no_message": _l("leave no message"),
    "uses_neutral_name": _l("name no service"),
}
# Why somebody must be rebooked.
REBOOK_REASONS: Labels = {
    "closure": _l("closure"),
    MisfitReason.CLOSED: _l("closed then"),
    MisfitReason.HOURS: _l("no longer open then"),
    MisfitReason.MODE: _l("no longer held like this"),
    MisfitReason.SKILLS: _l("nobody there can do it then"),
    MisfitReason.RESOURCE: _l("the desk, room or adviser cannot do it then"),
    MisfitReason.TRAVEL: _l("the adviser cannot get there in time"),
}
# What has become of somebody whom a closure touches.
REBOOK_STATES: Labels = {
    RebookState.TO_RING: _l("To ring"),
    RebookState.OFFERED: _l("Offered another time"),
    RebookState.ACCEPTED: _l("Took the other time"),
    RebookState.MOVED: _l("Moved, or taken by a colleague"),
    RebookState.DECLINED: _l("Said no to the other time"),
    RebookState.CANCELLED: _l("Cancelled"),
    RebookState.KEPT: _l("Keeps their time"),
}
# What an agent has just done with an appointment.
CALL_RESULTS: Labels = {
    "booked": _l("Booked"),
    "moved": _l("Moved"),
    "cancelled": _l("Cancelled"),
    "handed_over": _l("Handed over"),
}


def label_of(labels: Labels, code: str) -> str:
    """The label of `code`; an unknown code, of an older record perhaps, as it is."""
    return str(labels[code]) if code in labels else code


def labels_of(labels: Labels, codes: Iterable[str]) -> str:
    """The labels of `codes` in a line, with commas."""
    return ", ".join(label_of(labels, code) for code in codes)


DATA_CLASSES: Labels = {
    "identity": _l("Your name"),
    "contact": _l("Your email address, phone number and postcode"),
    "needs": _l("The help that you need, and your language"),
    "story": _l("What you told us about your visit, and our notes"),
    "document": _l("Pictures and files of your documents"),
    "message": _l("Copies of messages, and where they were sent"),
}


class Reachable(Protocol):
    """A resident, as views and records have one."""

    @property
    def contact_preference(self) -> str: ...
    @property
    def do_not_text(self) -> bool: ...
    @property
    def leave_no_message(self) -> bool: ...
    @property
    def uses_neutral_name(self) -> bool: ...


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
        "uses_neutral_name": resident.uses_neutral_name,
    }
    return tuple(str(labels[code]) for code, applies in applying.items() if applies)


def phone_of(view: AppointmentView) -> ContactLine:
    """Whom to ring about it: by telephone who was promised it, else the resident, or who acts for them; with the wishes."""
    return _line(view, view.number_to_ring if view.is_by_telephone else view.resident.phone or view.number_to_ring)


def phone_of_representative(view: AppointmentView) -> ContactLine:
    """The number of who acts for the resident."""
    return _line(view, view.representative.phone if view.representative else "")


def _line(view: AppointmentView, number: str) -> ContactLine:
    return ContactLine(number, wishes_of(view.resident, CONTACT_WISHES_IN_SENTENCE) if number else ())
