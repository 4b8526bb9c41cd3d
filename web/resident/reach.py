"""Where our messages go, in words that promise nothing else. There is email, and no other way yet. Pure."""

from __future__ import annotations

from flask_babel import gettext as _


def reminder_words(preference: str, address: str) -> str:
    """How somebody is reminded, in a line: `address` is what `written_to` says."""
    if not address:
        words = {"none": _("No messages"), "letter": _("Letter")}
        return str(words.get(preference, _("No messages. We have no email address for you")))
    by_email = str(_("By email to %(address)s", address=address))
    return f"{by_email}. {_('We cannot send text messages yet')}" if preference == "text" else by_email
