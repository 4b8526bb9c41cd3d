"""The texts of refusals about the day itself: arrivals, walk-ins and calls."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `core.error_texts` translates it."""
    return text


VISIT_TEXTS: Mapping[str, str] = {
    "appointment_elsewhere": _("This appointment is at %(site)s, on %(at)s."),
    "desk_unknown": _("There is no such desk or person here."),
    "service_not_here": _("Nobody here does this. Choose another service or another place."),
    "visit_changed": _("A colleague has changed this meanwhile. Nothing was changed."),
    "visit_unknown": _("There is no such visit."),
}
