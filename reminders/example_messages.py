"""Messages as examples, which nobody gets."""

from __future__ import annotations

from core.tokens import short_token
from reminders.delivery_decisions import MessageFacts
from reminders.messages import MessageWriter
from reminders.recipients import Delivery
from reminders.texts import TextBody

NO_KEY = "no key: the links of an example open nothing"


class ExampleWriter(MessageWriter):
    """Writes messages to be looked at. Their links open nothing, so that no key is needed to make them.

    They are as long as real ones, since a text is charged by its length.
    """

    def __init__(self, public_url: str, mail_from: str) -> None:
        super().__init__(public_url, NO_KEY, mail_from)

    def text(self, kind: str, facts: MessageFacts, delivery: Delivery, body_type: type[TextBody] = TextBody) -> str:
        """The message of `kind` as a telephone shows it."""
        body = self.body(kind, facts, delivery, body_type)
        return body.text if isinstance(body, TextBody) else ""

    def _links(self, facts: MessageFacts) -> tuple[str, str]:
        token = short_token(NO_KEY, facts.appointment_id, "example")
        return f"{self.public_url}/manage/example", f"{self.public_url}/s/{token}"
