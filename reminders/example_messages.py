"""Messages as examples, which nobody gets."""

from __future__ import annotations

from reminders.delivery_decisions import MessageFacts
from reminders.messages import MessageWriter

NO_KEY = "no key: the links of an example open nothing"


class ExampleWriter(MessageWriter):
    """Writes messages to be looked at. Their links open nothing, so that no key is needed to make them."""

    def __init__(self, public_url: str, mail_from: str) -> None:
        super().__init__(public_url, NO_KEY, mail_from)

    def _links(self, _facts: MessageFacts) -> tuple[str, str]:
        return f"{self.public_url}/manage/example", f"{self.public_url}/s/example"
