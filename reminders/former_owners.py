"""Somebody for whom an appointment was not meant. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reminders.contacts import Contacts, Person


@dataclass(frozen=True, slots=True)
class FormerOwner:
    """Somebody for whom an appointment was not meant, from the version `since` to `last_version`, and what they knew of it.

    `was_told` when anything was sent to them, or may have been; `is_in_calendar` when that was a file with this time.
    """

    since: int
    last_version: int
    contacts: Contacts
    starts_at: datetime
    ends_at: datetime
    at: datetime
    was_told: bool = False
    is_in_calendar: bool = False
    uses_neutral_name: bool = False


NOBODY = FormerOwner(1, 1, Contacts(Person("")), *(datetime(1970, 1, 1, tzinfo=UTC),) * 3)
