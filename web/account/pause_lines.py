"""What of a council's messages is paused at this moment, in words: for the staff home and the pages about messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from reminders.ledger import stopped_since
from reminders.pauses import MessagePause, PauseScope
from reminders.queue import pauses_on
from web.message_labels import MESSAGE_CHANNELS, MESSAGE_KINDS
from web.page_context import PageContext
from web.request_language import format_moment_short


@dataclass(frozen=True)
class PauseLine:
    """A pause: what is held back, by whom and since when, until when, and why. The id is 0 of one that staff cannot end."""

    id: int
    what: str
    who: str
    until: str
    reason: str = ""


def pause_lines(context: PageContext) -> list[PauseLine]:
    """Everything that is paused now, of this council."""
    return list(_lines(context))


def _lines(context: PageContext) -> Iterator[PauseLine]:
    stopped = stopped_since(context.db)
    if stopped is not None:
        who = _("Stopped by whoever runs the service, since %(time)s.", time=_moment(context, stopped))
        yield PauseLine(0, _("No messages are sent"), who, _("They start it again."))
    for pause in pauses_on(context.db, context.now, context.authority.id):
        who = _("Paused by %(name)s, since %(time)s.", name=pause.paused_by, time=_moment(context, pause.since))
        until = (
            _("It ends by itself: %(time)s.", time=_moment(context, pause.until))
            if pause.until
            else _("It lasts until somebody resumes it.")
        )
        yield PauseLine(pause.id, what_is_paused(pause), who, until, pause.reason)


def what_is_paused(pause: MessagePause) -> str:
    """What the pause holds back, as a sentence without its full stop."""
    if pause.scope == PauseScope.KIND:
        return str(_("Not sent: %(kind)s", kind=MESSAGE_KINDS.get(pause.subject, pause.subject)))
    if pause.scope == PauseScope.CHANNEL:
        return str(
            _("Nothing is sent this way: %(channel)s", channel=MESSAGE_CHANNELS.get(pause.subject, pause.subject))
        )
    return str(_("No messages are sent"))


def _moment(context: PageContext, at: datetime) -> str:
    return format_moment_short(at.astimezone(ZoneInfo(context.zone)))
