"""The texts of reasons that are about messages; `core.error_texts` has them all."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Mark a text for translation; `error_texts.text_of` translates it."""
    return text


MESSAGE_TEXTS: Mapping[str, str] = {
    "message_unknown": _("There is no such message."),
    "message_without_calendar": _("This message has no calendar file."),
    "pause_ends_in_past": _("Enter a day and time that are still to come"),
    "too_late_to_undo": _("This cannot be undone any more: it is being told, or it has changed since."),
    "kind_is_off": _("It is off already, from another day on. Switch it on again first."),
    "plans_are_the_same": _("Choose two plans that differ"),
    "trial_is_running": _("A trial of this service runs already. End it first"),
    "pause_too_long": _("Enter an end within %(days)s days, or leave it empty to pause until somebody resumes"),
}
