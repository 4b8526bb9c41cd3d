"""What the fields of a session are called where its changes are shown, and the type of such texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class FieldText:
    """The label of a field, and its help, if it needs any."""

    label: LazyString
    hint: LazyString | None = None


Texts = Mapping[str, FieldText]


def field_text(label: LazyString, hint: LazyString | None = None) -> FieldText:
    """The text of a field."""
    return FieldText(label, hint)


RELEASE: Texts = {
    "percent": field_text(_l("Percent")),
    "days_before": field_text(_l("Days before")),
    "at": field_text(_l("From")),
}
SESSION: Texts = {
    "when": field_text(_l("When")),
    "days": field_text(_l("Days")),
    "rrule": field_text(_l("Rule")),
    "date": field_text(_l("Date")),
    "first_date": field_text(_l("First date")),
    "last_date": field_text(_l("Last date")),
    "starts": field_text(_l("From")),
    "ends": field_text(_l("Until")),
    "resources": field_text(_l("Opens")),
    "services": field_text(_l("For")),
    "reserved_percent": field_text(_l("Kept for staff, in percent")),
    "release_hours": field_text(_l("Given to everybody so many hours before")),
    "releases": field_text(_l("Released to residents in shares")),
    "exceptions": field_text(_l("Exceptions")),
    "school": field_text(_l("In school holidays")),
    "drop_in": field_text(_l("Drop in, no appointment")),
    "break_starts": field_text(_l("A break from")),
    "break_ends": field_text(_l("A break until")),
    "reason": field_text(_l("Reason")),
}
