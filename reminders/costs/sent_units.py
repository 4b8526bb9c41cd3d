"""For how much a provider asks to be paid when it takes a message. Pure."""

from __future__ import annotations

from reminders.gsm7 import text_size
from reminders.letters import LetterBody
from reminders.messages import Body
from reminders.texts import TextBody


def units_of(body: Body) -> int:
    """The segments of a text, 1 for a letter, and 0 for what costs nothing."""
    if isinstance(body, TextBody):
        return text_size(body.text).segments
    return int(isinstance(body, LetterBody))
