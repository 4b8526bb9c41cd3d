"""Messages as letters: the words of the email, with a link that can be typed. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from core.language import Language
from core.message_templates import subject_and_text
from core.text import person_name
from people.residents.details import LARGE_PRINT
from reminders.delivery_decisions import MessageFacts
from reminders.message_context import MessageContext
from reminders.messages import MessagePart, OtherBody, template_of
from reminders.recipients import Delivery

# Of a page of A4 with margins of 2 cm: characters of a line, lines of the first page below the address, of each further one.
PLAIN_PAGE, LARGE_PAGE = (85, 34, 50), (50, 18, 30)  # 12 and 18 points


@dataclass(frozen=True, slots=True)
class LetterBody(OtherBody):
    """A message as a letter. `address_lines` are the person's name, their address and, last, the postcode.

    `text` has paragraphs with an empty line between them; a line that begins with "- " is an entry of a list.
    """

    address_lines: tuple[str, ...]
    heading: str
    text: str
    large_print: bool = False

    @classmethod
    def of(cls, kind: str, parts: Sequence[MessagePart], delivery: Delivery) -> Self:
        """The letter in one language, or in two, the first of them first."""
        first, *others = (cls._written(kind, facts, message, delivery, language) for facts, message, language in parts)
        if not others:
            return first
        headings, texts = [first.heading, *(other.heading for other in others)], [first.text.rstrip()]
        texts += [f"{other.heading}\n\n{other.text}" for other in others]
        return replace(first, heading=" / ".join(headings), text="\n\n".join(texts))

    @classmethod
    def _written(
        cls, kind: str, facts: MessageFacts, message: MessageContext, delivery: Delivery, language: Language
    ) -> Self:
        """A letter is answered by its short link, by telephone or at the counter, never by email."""
        visits = tuple(replace(one, manage_url=one.short_url) for one in message.visits)
        on_paper = replace(message, manage_url=message.short_url, can_answer=True, visits=visits)
        heading, text = subject_and_text(template_of(kind, facts), on_paper, language)
        lines = (person_name(delivery.name), *delivery.address.splitlines())
        return cls(
            tuple(line for line in lines if line), heading, text, large_print=delivery.letter_format == LARGE_PRINT
        )

    @property
    def pages(self) -> int:
        """About how many pages it takes."""
        width, first, further = LARGE_PAGE if self.large_print else PLAIN_PAGE
        lines = [self.heading, "", *self.text.splitlines()]
        count = sum(max(1, len(textwrap.wrap(line, width))) for line in lines)
        return 1 + max(0, -(-(count - first) // further))
