"""What a text says, in one language, before it is written. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.language import Language
from core.text import one_line
from locations.model import SiteFacts
from reminders.day_words import by_time
from reminders.delivery_decisions import MessageFacts
from reminders.gsm7 import without_marks
from reminders.message_context import MessageContext
from reminders.offer_words import TIME
from reminders.offered_time import OfferedTime
from reminders.own_papers import count_missing
from reminders.recipients import (
    CANCELLED,
    CONTACT_CHANGED,
    MISSED,
    OFFERS,
    SEVERAL_BOOKINGS,
    TEXT_ANSWER,
    family_of,
    number_of,
)
from reminders.text_answers import NO_ANSWER, Outcome

FIRST = "first"  # of two languages


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

    `answers` says whether people can reply, `stop` how they get no more texts (by "reply", "link" or "contact"), `answer`
    what became of the text that this one answers. Of two languages in one text, only the first says whose it is
    (`begins`), and neither has the link, which stands once behind both. What is `is_brief` has fewer words.
    """

    council: str = ""
    name: str = ""
    what: str = ""
    when: str = ""
    day: str = ""
    earlier_when: str = ""
    is_same_time: bool = False
    newer_when: str = ""
    mode: str = ""
    site: str = ""
    address: str = ""
    directions: str = ""
    url: str = ""
    contact: str = ""
    answers: bool = False
    can_cancel: bool = False
    by_authority: bool = False
    offer_when: str = ""
    offer_until: str = ""
    offer_is_shared: bool = False
    offer_is_instead: bool = False
    offer_same: str = ""
    answer: str = ""
    choices: tuple[str, ...] = ()
    own_text: str = ""
    is_english: bool = False
    stop: str = ""
    welcomes_welsh: bool = False
    begins: bool = True
    missed_cost: str = ""
    answer_by: str = ""  # whether they come
    is_given_back: bool = False  # because nobody confirmed it
    not_needed: str = ""  # why nobody needs to come, as a code
    is_for_helper: bool = False
    visits: tuple[TextVisit, ...] = ()
    asked: str = ""  # the day on which they first asked for help
    is_brief: bool = False
    missing_papers: int = 0  # in a reminder
    is_correction: bool = False  # of what was told after the visit
    ticket: int = 0  # of who is called
    desk: str = ""  # that calls them
    tells: str = ""  # of that: what was `done`, what happens `next`, or `both`

    def without_link(self) -> TextMessage:
        """The same where the link stands elsewhere."""
        return replace(self, url="", visits=tuple(replace(one, url="") for one in self.visits))

    @property
    def link(self) -> str:
        """The one link of the text; of several appointments, that of the first."""
        return self.visits[0].url if self.visits else self.url


def text_message(kind: str, facts: MessageFacts, message: MessageContext, language: Language) -> TextMessage:
    """Everything that a text may say of the appointment."""
    is_answer = family_of(kind) == TEXT_ANSWER
    answer = facts.answers.get(number_of(kind), NO_ANSWER) if is_answer else NO_ANSWER
    begins, url = message.place_in_message in ("", FIRST), _link_of(kind, message)
    said = TextMessage(
        council=without_marks(one_line(facts.authority.name)),
        name=message.acts_for or message.to_name,
        what=neutral_name(facts, language, for_helper=bool(message.acts_for)),
        mode=facts.mode,
        site=_place_of(facts.site),
        address=without_marks(", ".join(message.address)),
        directions=without_marks(one_line(facts.site.directions)),
        url=url,
        contact=next((line.value for line in message.contact), ""),  # the link leads to all of them
        answers=bool(facts.authority.text_number and facts.authority.text_sender_id),
        can_cancel=any(one.can_be_cancelled for one in by_time(facts)),
        answer=answer.outcome,
        choices=tuple(language.moment_short(_here(facts, start)) for start in answer.choices),
        own_text=message.site_text.text_in(language.code),
        is_english=message.site_text.is_english_in(language.code),
        by_authority=message.by_authority,
        begins=begins,
        welcomes_welsh=message.welcomes_welsh and begins,
        missed_cost=message.missed_cost,
        is_given_back=message.is_given_back,
        not_needed=message.not_needed,
        asked=language.day_short(_here(facts, facts.asked_at)) if facts.asked_at and message.asked_on else "",
        is_for_helper=bool(message.acts_for),
        is_correction=message.is_correction,
        missing_papers=count_missing(facts) if any(one.paper_answers for one in (facts, *facts.same_day)) else 0,
        **_times(kind, facts, message, language) | {"tells": message.after.tells},
    )
    if kind != SEVERAL_BOOKINGS:  # a question, with the longest link of all
        said = replace(said, stop=_how_to_stop(said, message.short_url))
    if message.newer_when:  # of what they were told we know the time, and not the place
        said = replace(said, mode="", site="", address="", directions="")
    if facts.offer and family_of(kind) in OFFERS:
        said = _at_place_of(facts.offer, said)
    return _of_day(said, facts, message.visits, language) if facts.same_day else said


def _times(kind: str, facts: MessageFacts, message: MessageContext, language: Language) -> dict[str, Any]:
    """When it is, when it was, and what is offered in its place."""
    told, offer = facts.as_told, facts.offer

    def said(at: datetime) -> str:
        return language.moment_short(_here(facts, at))

    return {
        "when": said(told.starts_at if kind == CANCELLED else facts.starts_at),
        "day": language.day_short(_here(facts, facts.starts_at)),
        "earlier_when": said(told.starts_at) if message.earlier_when else "",
        "is_same_time": message.is_same_time,
        "answer_by": said(facts.confirming.answer_by) if facts.confirming.answer_by else "",
        "newer_when": said(facts.starts_at) if message.newer_when else "",
        "offer_when": said(offer.starts_at) if offer else "",
        "offer_until": said(offer.answer_by) if offer else "",
        "offer_is_shared": message.offer_is_shared,
        "offer_is_instead": message.offer_is_instead,
        "offer_same": message.offer_same,
    }


def _here(facts: MessageFacts, at: datetime) -> datetime:
    """The time on the clocks of the place."""
    return at.astimezone(ZoneInfo(facts.authority.zone))


def _link_of(kind: str, message: MessageContext) -> str:
    """The one link of a text of this kind."""
    if kind == CANCELLED:
        return message.book_url if not message.place_in_message else message.book_url.partition("?")[0]
    if family_of(kind) == CONTACT_CHANGED:  # whoever had the number before is told of a change, and opens nothing
        return ""
    if kind == SEVERAL_BOOKINGS:
        return message.owner_urls["all"]
    return f"{message.short_url}/again" if message.short_url and family_of(kind) == MISSED else message.short_url


def _how_to_stop(said: TextMessage, appointment_url: str) -> str:
    if said.answer == Outcome.STOPPED:
        return ""
    if said.answers:
        return "reply"
    return "link" if said.url and said.url == appointment_url else "contact" if said.contact else ""


def _at_place_of(offer: OfferedTime, said: TextMessage) -> TextMessage:
    """With the place of the time that is offered; without any if it is the same time in another way, as the page tells."""
    site = "" if said.offer_same == TIME else _place_of(offer.site)
    return replace(said, mode="", site=site, address="", directions="")


def _place_of(site: SiteFacts) -> str:
    """The name of the place, without the marks that a text has no letters for."""
    return without_marks(one_line(site.name))


def _of_day(
    said: TextMessage, facts: MessageFacts, visits: Sequence[MessageContext], language: Language
) -> TextMessage:
    """What is said of several appointments: the place once, where all of them have the same."""
    told = by_time(facts)
    is_one_place = len({(one.mode, one.site.id) for one in told}) == 1
    of_each = tuple(_visit(*one, language) for one in zip(told, visits, strict=False))
    if is_one_place:
        return replace(said, visits=tuple(replace(one, place="") for one in of_each))
    return replace(said, visits=of_each, mode="", site="", address="", directions="")


def _visit(facts: MessageFacts, message: MessageContext, language: Language) -> TextVisit:
    places = {"phone": language.gettext("by telephone"), "video": language.gettext("by video")}
    named = any(service.message_name for service in facts.services)
    what = neutral_name(facts, language, for_helper=bool(message.acts_for)) if named else ""
    return TextVisit(message.time, what, places.get(facts.mode, _place_of(facts.site)), message.short_url)


def neutral_name(facts: MessageFacts, language: Language, *, for_helper: bool) -> str:
    """What the appointment is called where anybody may read it: by the neutral names of its services, if all have one."""
    if facts.services and all(service.message_name for service in facts.services):
        return language.all_of(dict.fromkeys(service.message_name for service in facts.services))
    return usual_name(language, for_helper=for_helper)


def usual_name(language: Language, *, for_helper: bool) -> str:
    """What an appointment is called that has no name of its own."""
    return language.gettext("the appointment") if for_helper else language.gettext("your appointment")
