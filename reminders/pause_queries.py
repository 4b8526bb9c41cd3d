"""Which rows of the outbox a council's pauses hold back."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, false, or_

from reminders.pauses import SENT_BY_US, MessagePause, PauseScope
from reminders.tables import Notification


def rows_held(pauses: Iterable[MessagePause]) -> ColumnElement[bool]:
    """The condition on rows of the outbox that one of `pauses` holds back: that of `MessagePause.holds`."""
    return or_(false(), *(_rows_of(pause) for pause in pauses))


def _rows_of(pause: MessagePause) -> ColumnElement[bool]:
    of_council = and_(Notification.authority_id == pause.authority_id, Notification.channel.in_(SENT_BY_US))
    if pause.scope == PauseScope.KIND:
        return and_(of_council, Notification.kind.startswith(pause.subject, autoescape=True))
    return and_(of_council, Notification.channel == pause.subject) if pause.scope == PauseScope.CHANNEL else of_council
