"""What of a council's messages is paused at this moment, in words: for the staff home and the pages about messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from reminders.held_back_queries import HeldBack, held_back
from reminders.ledger import stopped_since
from reminders.pauses import MessagePause, PauseScope
from reminders.queue import pauses_on
from web.labels import labels_of
from web.message_labels import MESSAGE_CHANNELS, MESSAGE_KINDS
from web.page_context import PageContext
from web.request_language import format_moment_short
from web.told import ToldLine


@dataclass(frozen=True)
class PauseLine:
    """A pause: what is held back, by whom and since when, until when, and why. The id is 0 of one that staff cannot end."""

    id: int
    what: str
    who: str
    until: str
    reason: str = ""
    told: Sequence[ToldLine] = ()  # when it is resumed


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


def lines_to_resume(context: PageContext) -> list[PauseLine]:
    """The same, each with whom its end has told something."""
    pauses = {pause.id: pause for pause in pauses_on(context.db, context.now, context.authority.id)}

    def told(line: PauseLine) -> list[ToldLine]:
        others = [pause for id_, pause in pauses.items() if id_ != line.id]
        return list(_told_at_the_end(held_back(context.db, pauses[line.id], others, context.now)))

    return [replace(line, told=told(line)) if line.id in pauses else line for line in _lines(context)]


def _told_at_the_end(held: HeldBack) -> Iterator[ToldLine]:
    if held.people:
        kinds = labels_of(MESSAGE_KINDS, held.kinds)
        text = ngettext(
            "%(num)d person, at once or after your quiet hours: %(kinds)s",
            "%(num)d people, at once or after your quiet hours: %(kinds)s",
            held.people,
            kinds=kinds,
        )
        yield ToldLine(text)
    else:
        yield ToldLine(str(_("Nobody now: nothing that is of use has waited.")), is_told=False)
    if held.too_late:
        text = ngettext(
            "%(num)d message came to be of no use while it waited, and is not sent",
            "%(num)d messages came to be of no use while they waited, and are not sent",
            held.too_late,
        )
        yield ToldLine(text, is_told=False)


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
