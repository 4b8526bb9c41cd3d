"""The people of an appointment, and all that decides how they are reached. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.contact_values import takes_texts
from core.language import DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be reached: the resident, or who acts for them."""

    name: str
    email: str = ""
    phone: str = ""
    postal: str = ""  # lines, the postcode last; empty where no letter would arrive
    letter_format: str = ""
    do_not_text: bool = False  # of who acts: texts to their number are not wanted


@dataclass(frozen=True, slots=True)
class OwnContact:
    """What one appointment says about contact in place of the resident's record. None is as the record says."""

    email: str | None = None
    phone: str | None = None
    preference: str | None = None
    leave_no_message: bool | None = None
    postal: str | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Everything about the people of one appointment that decides who gets a message. `language` is a code.

    `safe_hours` ("10:00-12:00") are those in which they may be rung and texted; empty for any.
    `earlier_by` is how they asked to be told of an earlier time of the appointment, where they did (`BY_EMAIL`, ...).
    `earlier_emails` is where messages went before each change of the contact, the first change first. `mode` is that of
    the appointment. `told_until` is the last day on which who acts is told, where one is noted.
    """

    resident: Person
    representative: Person | None = None
    preference: str = "email"
    do_not_text: bool = False
    leave_no_message: bool = False
    own: OwnContact = OwnContact()
    earlier_emails: tuple[str, ...] = ()
    language: str = DEFAULT_LANGUAGE
    mode: str = ""
    safe_hours: str = ""
    earlier_by: str = ""
    told_until: date | None = None

    def at(self, now: datetime, zone: str) -> Contacts:
        """How they are reached at that moment: who acts not any more after their last day."""
        acting, until = self.representative, self.told_until
        if acting is None or until is None or now.astimezone(ZoneInfo(zone)).date() <= until:
            return self
        return replace(self, representative=Person(acting.name))

    def texted_number(self, person: Person) -> str:
        """The number at which this one of them gets texts, or nothing: they want none, or none arrive there."""
        is_wanted = not (self.do_not_text or person.do_not_text)
        return person.phone if is_wanted and takes_texts(person.phone) else ""
