"""Messages as texts: who writes, what it is about, when and where, and a short link. Pure.

A text says nothing private: the appointment has its neutral name, and no papers, but how many are missing, needs or
reference. When it is longer than two segments, what can be read behind the link is left out, the name of the person
first, and the place never.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from core.language import Language
from core.message_templates import first_large, rendered
from reminders.gsm7 import MOST_OF_A_REMINDER, plain, text_size
from reminders.messages import MessagePart, OtherBody, template_of
from reminders.recipients import REMINDER, TO_CONFIRM, Delivery, family_of
from reminders.text_message import TextMessage, text_message, usual_name
from reminders.text_versions import shorter_and_shorter


@dataclass(frozen=True, slots=True)
class TextBody(OtherBody):
    """A message as a telephone shows it: plain text, in as many segments as `reminders.gsm7` counts."""

    text: str

    @classmethod
    def of(cls, kind: str, parts: Sequence[MessagePart], _delivery: Delivery) -> Self:
        """The longest version of two segments at most, or else the longest of as many as the shortest needs."""
        return cls(fitting(_versions(kind, parts)))


class WholeText(TextBody):
    """A text with all that it could say, however long: to be looked at, and never sent."""

    @classmethod
    def of(cls, kind: str, parts: Sequence[MessagePart], _delivery: Delivery) -> Self:
        """The first of the versions."""
        return cls(next(_versions(kind, parts)))


def fitting(texts: Iterable[str]) -> str:
    """Of versions that become shorter the first of two segments at most, or else of as many as the shortest needs."""
    versions = []
    for text in texts:
        if text_size(text).segments <= MOST_OF_A_REMINDER:
            return text
        versions.append(text)
    fewest = min(text_size(text).segments for text in versions)
    return next(text for text in versions if text_size(text).segments == fewest)


def _versions(kind: str, parts: Sequence[MessagePart]) -> Iterator[str]:
    """The whole text, in one language or in two, shorter and shorter."""
    is_reminder = family_of(kind) in (REMINDER, TO_CONFIRM)
    of_each = [
        shorter_and_shorter(
            text_message(kind, facts, message, language),
            usual_name(language, for_helper=bool(message.acts_for)),
            is_reminder=is_reminder,
        )
        for facts, message, language in parts
    ]
    template = f"sms/{template_of(kind, parts[0][0])}.txt"
    languages = [language for _facts, _message, language in parts]
    for said in zip(*of_each, strict=True):
        yield joined_text(template, languages, said)


def joined_text(template: str, languages: Sequence[Language], said: Sequence[TextMessage]) -> str:
    """The text in one language, or in two on lines of their own and the link that they share on the last."""
    if len(said) == 1:
        return plain(_on_one_line(rendered(template, said[0], languages[0])))
    lines = [
        first_large(_on_one_line(rendered(template, one.without_link(), language)))
        for one, language in zip(said, languages, strict=True)
    ]
    if link := said[0].link:
        words = "/".join(dict.fromkeys(language.gettext("Details") for language in languages))
        lines.append(link if said[0].is_brief else f"{words}: {link}")
    return plain("\n".join(lines))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
