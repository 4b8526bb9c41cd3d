"""Where our messages go, as pages say it. There is email, and no other channel yet."""

from __future__ import annotations

from flask_babel import gettext as _


def reminder_text(preference: str, address: str) -> str:
    """How somebody is reminded, in a line: `address` is what `written_to` says."""
    if not address:
        texts = {"none": _("No messages"), "letter": _("Letter")}
        return str(texts.get(preference, _("No messages. We have no email address for you")))
    if preference == "text":
        return str(_("By email to %(address)s. We cannot send text messages yet", address=address))
    return str(_("By email to %(address)s", address=address))
