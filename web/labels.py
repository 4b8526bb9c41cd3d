"""The words for codes of the domain: one table for each vocabulary, looked up in the language of the request."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

MESSAGE_KINDS = {
    "confirmation": _l("Confirmation"),
    "contact_changed": _l("Word of other contact details"),
    "rescheduled": _l("New time"),
    "cancelled": _l("Cancellation"),
    "reminder": _l("Reminder"),
    "manage_link": _l("Link to manage the appointment"),
}
MESSAGE_STATES = {
    "pending": _l("Waiting"),
    "sent": _l("Sent"),
    "failed": _l("Could not be sent"),
    "void": _l("Not needed any more"),
    "late": _l("Too late to be of use"),
    "withheld": _l("Not sent"),
}
