"""Who is reached about an appointment and how, as a row with `CONTACT_COLUMNS` says it. Pure."""

from __future__ import annotations

from typing import Any

from reminders.recipients import Contacts, OwnContact, Person


def contacts_of(row: Any) -> Contacts:
    """The contacts in the row."""
    acting = None if row.acting_name is None else Person(row.acting_name, row.acting_email, row.acting_phone)
    return Contacts(
        resident=Person(
            row.resident_name, row.resident_email, row.resident_phone, row.resident_postal, row.large_print
        ),
        representative=acting,
        preference=row.contact_preference,
        do_not_text=row.do_not_text,
        leave_no_message=row.leave_no_message,
        own=OwnContact(row.own_email, row.own_phone, row.own_preference, row.own_leave_no_message),
        earlier_emails=tuple(row.earlier_emails or ()),
        language=row.message_language,
        mode=row.mode,
        safe_hours=row.safe_hours,
    )
