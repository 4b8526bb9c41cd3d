"""What staff read of the text to who waits outside: that they get one, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from booking.visits.visit_queries import VisitOfDay
from booking.visits.visit_states import VisitState
from reminders.call_texts import TextOfCall
from reminders.plain_mails import FAILED, PENDING, SENT
from web.message_labels import message_reason


@dataclass(frozen=True)
class WrongNumber:
    """What was typed as the number for a text, and why it cannot be used."""

    typed: str
    why: str


def text_line(visit: VisitOfDay, text: TextOfCall | None) -> str:
    """Empty for who has not asked for a text."""
    if visit.state is VisitState.CALLED and text is not None:
        if text.state == SENT:
            return str(_("told by text"))
        if text.state == FAILED:
            return str(_("The text did not go: %(why)s. Look for them.", why=message_reason(text.reason)))
        if text.state == PENDING:
            return str(_("the text is on its way"))
    return str(_("waits outside: gets a text when called")) if visit.text_to else ""
