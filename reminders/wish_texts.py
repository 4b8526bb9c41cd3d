"""Texts to those who wait without an appointment: nothing private, one short link, two segments at the most. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.calendar.event import address_lines
from core.contact_lines import contact_lines
from core.language import Language
from core.text import one_line
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from reminders.gsm7 import without_marks
from reminders.text_message import FIRST, TextMessage
from reminders.text_versions import shorter_and_shorter
from reminders.texts import TextBody, fitting, joined_text
from reminders.wish_kinds import OFFERED


@dataclass(frozen=True, slots=True)
class HeldTime:
    """The time that is held for them until `answer_by`, or for them and others, and its place in the words of a language."""

    site: SiteFacts
    mode: str
    starts_at: datetime
    answer_by: datetime
    is_shared: bool


def waiting_text(kind: str, said: Sequence[TextMessage], languages: Sequence[Language]) -> TextBody:
    """The text of this kind to somebody who waits, in one language or in two, as it fits."""
    usual = (usual_name(language) for language in languages)
    of_each = [
        shorter_and_shorter(one, name, is_reminder=kind == OFFERED) for one, name in zip(said, usual, strict=True)
    ]
    template = f"sms/waiting_{kind}.txt"
    return TextBody(fitting(joined_text(template, languages, version) for version in zip(*of_each, strict=True)))


def said_in(
    council: AuthorityFacts,
    services: Sequence[ServiceFacts],
    offer: HeldTime | None,
    language: Language,
    *,
    name: str,
    url: str,
    place_in_message: str,
) -> TextMessage:
    """Everything that a text may say; council, services and the place of the offer in the words of this language."""
    begins = place_in_message in ("", FIRST)
    said = TextMessage(
        council=without_marks(one_line(council.name)),
        name=name,
        what=_neutral_name(services, language),
        url=url,
        contact=next((line.value for line in contact_lines(council, language)), ""),
        answers=bool(council.text_number and council.text_sender_id),
        begins=begins,
        welcomes_welsh=council.first_language == "cy" and begins,
        stop="link" if url else "contact",
    )
    said = replace(said, stop="reply" if said.answers else said.stop)
    return said if offer is None else _with_offer(said, offer, council.zone, language)


def _with_offer(said: TextMessage, offer: HeldTime, zone: str, language: Language) -> TextMessage:
    def moment(at: datetime) -> str:
        return language.moment_short(at.astimezone(ZoneInfo(zone)))

    return replace(
        said,
        offer_when=moment(offer.starts_at),
        offer_until=moment(offer.answer_by),
        offer_is_shared=offer.is_shared,
        mode=offer.mode,
        site=without_marks(one_line(offer.site.name)),
        address=without_marks(", ".join(address_lines(offer.site))),
    )


def _neutral_name(services: Sequence[ServiceFacts], language: Language) -> str:
    if services and all(service.message_name for service in services):
        return language.all_of(dict.fromkeys(service.message_name for service in services))
    return usual_name(language)


def usual_name(language: Language) -> str:
    """What is waited for, where it has no neutral name."""
    return language.gettext("an appointment")
