"""Messages as texts: who writes, what it is about, when and where, and a short link. Pure.

A text says nothing private: the appointment has its neutral name, and no papers, needs or reference. When it is longer
than two segments, what can be read behind the link is left out, the name of the person first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from zoneinfo import ZoneInfo

from core.language import Language
from core.message_templates import rendered
from core.text import one_line
from reminders.day_words import by_time
from reminders.delivery_decisions import MessageFacts
from reminders.gsm7 import MOST_OF_A_REMINDER, plain, text_size
from reminders.messages import MessageContext, OtherBody, template_of
from reminders.recipients import CANCELLED, TEXT_ANSWER, Delivery, family_of, number_of
from reminders.text_answers import NO_ANSWER

SHORTENED, SHORTEST = 24, 12  # characters of a long name


@dataclass(frozen=True, slots=True)
class TextVisit:
    """What a text says of one of several appointments on a day. `what` is a neutral name, where it has one of its own."""

    time: str
    what: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class TextMessage:
    """What the templates of a text show, formatted already.

    `answers` says whether people can reply; `answer` is what became of the text that this one answers. One that
    `is_brief` has no word about its link.
    """

    council: str
    name: str
    what: str
    when: str
    day: str
    earlier_when: str
    is_same_time: bool
    newer_when: str
    mode: str
    site: str
    address: str
    directions: str
    url: str
    book_url: str
    owner_url: str
    contact: str
    answers: bool
    can_cancel: bool
    by_authority: bool
    offer_when: str
    offer_until: str
    offer_is_shared: bool
    offer_same: str
    answer: str
    choices: tuple[str, ...]
    own_text: str
    is_english: bool
    missed_cost: str = ""
    is_for_helper: bool = False
    visits: tuple[TextVisit, ...] = ()
    is_brief: bool = False


@dataclass(frozen=True, slots=True)
class TextBody(OtherBody):
    """A message as a telephone shows it: plain text, in as many segments as `reminders.gsm7` counts."""

    text: str

    @classmethod
    def written(
        cls, kind: str, facts: MessageFacts, message: MessageContext, _delivery: Delivery, language: Language
    ) -> Self:
        """The longest version of two segments at most, or else the shortest that there is."""
        text = ""
        for version in _shorter_and_shorter(text_message(kind, facts, message, language)):
            template = f"sms/{template_of(kind, facts)}.txt"
            text = plain(" ".join(rendered(template, version, language).split()))
            if _is_short(text, message.place_in_message):
                break
        return cls(text)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The text in one language, or in two, the first of them first."""
        return cls("\n".join(part.text for part in parts))


def _is_short(text: str, place: str) -> bool:
    """Whether it leaves room for the other language in two segments, if there is one."""
    size = text_size(text)
    return size.segments <= (1 if place else MOST_OF_A_REMINDER)


def text_message(kind: str, facts: MessageFacts, message: MessageContext, language: Language) -> TextMessage:
    """Everything that a text may say of the appointment."""
    zone = ZoneInfo(facts.authority.zone)
    told = facts.as_told
    offer, is_answer = facts.offer, family_of(kind) == TEXT_ANSWER
    answer = facts.answers.get(number_of(kind), NO_ANSWER) if is_answer else NO_ANSWER
    at_that_time = told if kind == CANCELLED else facts
    return TextMessage(
        council=one_line(facts.authority.name),
        name=message.acts_for or message.to_name,
        what=neutral_name(facts, language, for_helper=bool(message.acts_for)),
        when=language.moment_short(at_that_time.starts_at.astimezone(zone)),
        day=language.day_short(facts.starts_at.astimezone(zone)),
        earlier_when=language.moment_short(told.starts_at.astimezone(zone)) if message.earlier_when else "",
        is_same_time=message.is_same_time,
        newer_when=language.moment_short(facts.starts_at.astimezone(zone)) if message.newer_when else "",
        mode=facts.mode,
        site=one_line(facts.site.name),
        address=", ".join(message.address),
        directions=one_line(facts.site.directions),
        url=message.short_url,
        book_url=message.book_url,
        owner_url=message.owner_urls["all"],
        contact=next((line.value for line in message.contact), ""),  # the link leads to all of them
        answers=bool(facts.authority.text_number),
        can_cancel=any(one.can_be_cancelled for one in by_time(facts)),
        answer=answer.outcome,
        choices=tuple(language.moment_short(start.astimezone(zone)) for start in answer.choices),
        own_text=message.site_text.text_in(language.code),
        is_english=message.site_text.is_english_in(language.code),
        by_authority=message.by_authority,
        missed_cost=message.missed_cost,
        is_for_helper=bool(message.acts_for),
        visits=tuple(_visit(*one, language) for one in zip(by_time(facts), message.visits, strict=False)),
        offer_when=language.moment_short(offer.starts_at.astimezone(zone)) if offer else "",
        offer_until=language.moment_short(offer.answer_by.astimezone(zone)) if offer else "",
        offer_is_shared=message.offer_is_shared,
        offer_same=message.offer_same,
    )


def _visit(facts: MessageFacts, message: MessageContext, language: Language) -> TextVisit:
    places = {"phone": language.gettext("by telephone"), "video": language.gettext("by video")}
    named = any(service.message_name for service in facts.services)
    what = neutral_name(facts, language, for_helper=bool(message.acts_for)) if named else ""
    return TextVisit(message.time, what, places.get(facts.mode, one_line(facts.site.name)), message.short_url)


def neutral_name(facts: MessageFacts, language: Language, *, for_helper: bool) -> str:
    """What the appointment is called where anybody may read it: by the neutral names of its services, if all have one."""
    if facts.services and all(service.message_name for service in facts.services):
        return language.all_of(dict.fromkeys(service.message_name for service in facts.services))
    return language.gettext("the appointment") if for_helper else language.gettext("your appointment")


def _shorter_and_shorter(message: TextMessage) -> Iterator[TextMessage]:
    """`message`, and again and again with less of it."""
    yield message
    steps: tuple[dict[str, Any], ...] = (
        {"name": ""},
        {"missed_cost": ""},
        {"directions": ""},
        {"address": ""},
        {"contact": ""},
        {"earlier_when": "", "newer_when": ""},
    )
    for less in steps:
        message = replace(message, **less)
        yield message
    message = _less_of_each(message, what="")
    yield message
    shorter = tuple(replace(one, place=_shortened(one.place)) for one in message.visits)
    message = replace(message, council=_shortened(message.council), site=_shortened(message.site), visits=shorter)
    yield message
    message = replace(message, visits=(*message.visits[:1], *(replace(one, url="") for one in message.visits[1:])))
    yield message
    message = replace(_less_of_each(message, place=""), site="", is_brief=True)
    yield message
    yield replace(message, council=_shortened(message.council, SHORTEST))


def _less_of_each(message: TextMessage, **less: str) -> TextMessage:
    return replace(message, visits=tuple(replace(one, **less) for one in message.visits))


def _shortened(name: str, longest: int = SHORTENED) -> str:
    """The beginning of a name that is longer."""
    return name if len(name) <= longest else f"{name[: longest - 2].rstrip()}.."
