"""Messages as channels send them, from the templates in templates/messages, in the language of the delivery.

Emails are written here, a first line as the subject; other channels: see `OtherBody`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Self
from zoneinfo import ZoneInfo

from booking.calendar.event import (
    Audience,
    Papers,
    address_lines,
    appointment_event,
    papers_of,
    remote_lines,
)
from booking.calendar.ical import CalendarEvent, Method, calendar_file
from booking.calendar.need_lines import is_not_possible, need_lines
from booking.states import BY_COUNCIL
from core.contact_lines import contact_lines
from core.language import DEFAULT_LANGUAGE, Language, language_for
from core.message_templates import rendered, subject_and_text
from core.text import person_name
from core.tokens import owner_proof, short_rating_token, short_token, spoken_reference, working_manage_token
from locations.own_words import council_name_for, languages_for, link_in
from reminders.after_kinds import AFTER_VISIT, CORRECTED, PROGRESS_CORRECTED, SUMMARY
from reminders.both_languages import BETWEEN, PLACES, facts_in, in_both_languages
from reminders.confirming.confirm_facts import asks
from reminders.day_words import by_time, words_of_day
from reminders.delivery_decisions import MessageFacts, ReadyMessage
from reminders.message_context import MessageContext
from reminders.offer_words import NO_OFFER, words_of_offer
from reminders.own_papers import as_answered
from reminders.progress_words import step_in_words
from reminders.recipients import (
    CANCELLED,
    CONFIRMATION,
    HANDED_OVER,
    RESCHEDULED,
    WITHOUT_CALENDAR,
    Delivery,
    family_of,
)
from reminders.site_text import NO_SITE_TEXT


@dataclass(frozen=True, slots=True)
class EmailBody:
    """A message as an email shows it. `calendar` is a file, or empty."""

    subject: str
    text: str
    html: str
    calendar: str
    calendar_method: str


class OtherBody:
    """A message as a channel sends it that sends no email."""

    @classmethod
    def of(cls, kind: str, parts: Sequence[MessagePart], delivery: Delivery) -> Self:
        """The message of `kind` in one language, or in two, the first of them first."""
        raise NotImplementedError


# What a message can be written as; a channel names the type that it sends.
Body = EmailBody | OtherBody


@dataclass(frozen=True)
class RenderedMessage:
    """A message ready to be sent, `reference` the same for every try; one about no appointment has no `notification_id`."""

    notification_id: int | None
    authority_id: int
    reference: str
    recipient: Delivery
    sender_name: str
    reply_to: str
    body: Body
    at: datetime
    text_sender_id: str = ""  # the provider's, of the number from which a text comes; empty for its usual sender

    @property
    def email(self) -> EmailBody:
        """The body of an email. Raises: TypeError when it is written as something else."""
        if not isinstance(self.body, EmailBody):
            raise TypeError(type(self.body).__name__)
        return self.body


SAY_WHEN_ASKED = frozenset({CONFIRMATION, RESCHEDULED})  # what a confirmation says is a proof of it
# What a message says in one language.
MessagePart = tuple[MessageFacts, MessageContext, Language]


class MessageWriter:
    """Writes messages with links to `public_url`."""

    def __init__(
        self, public_url: str, secret_key: str, mail_from: str, *, old_secret_keys: Sequence[str] = ()
    ) -> None:
        self.public_url = public_url
        self.secret_keys = (secret_key, *old_secret_keys)
        self.mail_from = mail_from

    def render(self, message: ReadyMessage, body_type: type[Body], now: datetime) -> RenderedMessage:
        """What a channel sends of `message`."""
        row, facts = message.claimed, message.facts.at(now)
        return RenderedMessage(
            notification_id=row.id,
            authority_id=row.authority_id,
            reference=row.reference,
            recipient=message.delivery,
            sender_name=council_name_for(facts.authority, message.delivery.language),
            reply_to=facts.authority.email,
            body=self.body(row.kind, facts, message.delivery, body_type),
            at=now,
            text_sender_id=facts.authority.text_sender_id,
        )

    def body(self, kind: str, facts: MessageFacts, delivery: Delivery, body_type: type[Body]) -> Body:
        """The message of `kind` (confirmation, reminder_..., rescheduled, cancelled, manage_link_...) as a `body_type`."""
        if not issubclass(body_type, OtherBody):
            return self.write(kind, facts, delivery)
        return body_type.of(kind, self._in_each_language(kind, facts, delivery), delivery)

    def write(self, kind: str, facts: MessageFacts, delivery: Delivery) -> EmailBody:
        """The message of `kind` as an email."""
        parts = self._in_each_language(kind, facts, delivery)
        name = template_of(kind, facts)
        body = joined_email([email_body(name, message, language) for _, message, language in parts])
        method = Method.CANCEL if family_of(kind) in (CANCELLED, HANDED_OVER) else Method.REQUEST
        if family_of(kind) in WITHOUT_CALENDAR or facts.same_day or not facts.for_kind(kind).is_in_calendar:
            return replace(body, calendar_method=method)
        # Of what is cancelled, the event that stands in their calendar.
        known = [(one.as_told if kind == CANCELLED else one, said, language) for one, said, language in parts]
        events = [self._event(one, delivery, said, language) for one, said, language in known]
        event = in_both_languages(events) if len(events) > 1 else events[0]
        return replace(body, calendar=calendar_file([event], method), calendar_method=method)

    def _in_each_language(self, kind: str, facts: MessageFacts, delivery: Delivery) -> list[MessagePart]:
        """What the message says, in each language in which it is written."""
        facts = facts.for_kind(kind)
        codes = languages_for(facts.authority, delivery.language)
        places, parts = PLACES if len(codes) > 1 else ("",), []
        for code, place in zip(codes, places, strict=True):
            language, in_one = language_for(code), facts if code == DEFAULT_LANGUAGE else facts_in(facts, code)
            if any(one.paper_answers for one in (in_one, *in_one.same_day)):
                in_one = as_answered(in_one, language)
            message = self._context(kind, in_one, delivery, language)
            own, said = facts.site_text_of(kind), facts.authority.missed_visit_pounds
            message = replace(message, missed_cost=facts.authority.missed_visit_cost) if said else message
            if place or language.direction != "ltr" or own is not NO_SITE_TEXT:  # as a message is unless told
                message = replace(message, place_in_message=place, direction=language.direction, site_text=own)
            if message.after.rating_nonce and kind.startswith(SUMMARY) and not message.is_correction:
                message = replace(message, rating_url=self._rating_link(facts, code))
            if in_one.same_day:
                visits = [self._context(kind, one, delivery, language) for one in by_time(in_one)]
                message = replace(message, **words_of_day(in_one, visits, language))
            parts.append((in_one, message, language))
        return parts

    def _event(
        self, facts: MessageFacts, delivery: Delivery, message: MessageContext, language: Language
    ) -> CalendarEvent:
        event = appointment_event(
            facts,
            facts.authority,
            Audience.RESIDENT,
            language,
            public_url=self.public_url,
            manage_url=message.manage_url if message.is_on else "",
            mail_from=self.mail_from,
            attendee=(person_name(delivery.name), delivery.address),
            needs=message.needs,
            owner_since=facts.owner_since,
            acts_for=message.acts_for,
        )
        if not facts.manage_nonce:  # for whom it was not meant: what they knew, and nothing that may have changed since
            event = replace(event, description=event.description.partition("\n")[0], location="")
        return event

    def _links(self, facts: MessageFacts) -> tuple[str, str]:
        """The link that opens the appointment, and the short one of texts and letters; none for whom it was not meant."""
        if not facts.manage_nonce:
            return "", ""
        token = working_manage_token(self.secret_keys, facts.manage_nonce, facts.manage_digest)
        short = short_token(self.secret_keys[0], facts.appointment_id, facts.manage_nonce)
        return f"{self.public_url}/manage/{token}", f"{self.public_url}/s/{short}"

    def _rating_link(self, facts: MessageFacts, code: str) -> str:
        token = short_rating_token(self.secret_keys[0], facts.after.visit_id, facts.after.rating_nonce)
        return link_in(facts.authority, code, f"{self.public_url}/r/{token}")

    def _context(self, kind: str, facts: MessageFacts, delivery: Delivery, language: Language) -> MessageContext:
        zone, length = ZoneInfo(facts.authority.zone), facts.ends_at - facts.starts_at
        manage_url, short_url = self._links(facts)
        in_language = partial(link_in, facts.authority, language.code)
        was_told_another = facts.as_told.starts_at != facts.starts_at
        return MessageContext(
            language=language.code,
            to_name=person_name(delivery.name) or language.gettext("resident"),
            acts_for=delivery.acts_for and (person_name(delivery.acts_for) or language.gettext("the resident")),
            what=language.all_of(dict.fromkeys(service.name for service in facts.services)),
            when=_moment(facts.as_told if kind == CANCELLED else facts, language),
            earlier_when=_moment(facts.as_told, language) if kind == RESCHEDULED and was_told_another else "",
            is_same_time=kind == RESCHEDULED and facts.told_starts_at == facts.starts_at,
            newer_when=_moment(facts, language) if kind == CANCELLED and was_told_another else "",
            how_long=language.minutes(int(length.total_seconds()) // 60),
            mode="phone" if facts.is_rung_instead else facts.mode,
            site_name=facts.site.name,
            address=address_lines(facts.site),
            opening_words=facts.site.opening_words,
            directions=facts.site.directions,
            join_url=facts.join_url,
            remote=remote_lines(facts, facts.authority, language, for_helper=bool(delivery.acts_for)),
            needs=need_lines(facts, language) if facts.support_needs else [],
            lacks_interpreter=bool(facts.arrangements) and is_not_possible(facts),
            papers=(*papers_of(facts.services), *_missing(facts, language)),
            reference=spoken_reference(facts.reference),
            contact=contact_lines(facts.authority, language),
            authority_name=facts.authority.name,
            brand_colour=facts.authority.brand_colour,
            manage_url=in_language(manage_url),
            short_url=short_url,
            owner_urls=_owner_urls(self.secret_keys[0], manage_url, facts, delivery, in_language),
            book_url=in_language(f"{self.public_url}/{facts.authority.slug}"),
            is_on=family_of(kind) not in (CANCELLED, HANDED_OVER, *AFTER_VISIT),
            by_authority=facts.state == "cancelled_by_authority",
            can_answer=bool(facts.authority.email),
            moved_by_council=kind == RESCHEDULED and facts.moved_by == BY_COUNCIL,
            welcomes_welsh=facts.authority.first_language == "cy",
            **_words_of_answers(kind, facts, zone, language),
        )


def _missing(facts: MessageFacts, language: Language) -> tuple[Papers, ...]:
    """What was missing when they came before, beside what to bring."""
    heading = language.gettext("What was missing last time")
    return (Papers(heading, facts.missing_before),) if facts.missing_before else ()


def _owner_urls(
    secret_key: str, manage_url: str, facts: MessageFacts, delivery: Delivery, in_language: Callable[[str], str]
) -> Mapping[str, str]:
    """The pages of all appointments that only who reads an address opens; the calendar is made by who reads the email."""
    proof = owner_proof(secret_key, facts.manage_nonce, delivery.address)
    pages = ("all", "calendar") if delivery.address == facts.mail_address else ("all",)
    return {page: in_language(f"{manage_url}/{page}/{proof}") for page in pages}


def _words_of_answers(kind: str, facts: MessageFacts, zone: ZoneInfo, language: Language) -> dict[str, Any]:
    """What a message says of another time that is held, of a question whether they come, and of when they first asked."""
    offer = words_of_offer(facts.offer, kind, facts.said, zone, language) if facts.offer else NO_OFFER
    answer_by = facts.confirming.answer_by
    until = language.moment(answer_by.astimezone(zone)) if answer_by else ""
    is_asked = kind == CONFIRMATION and asks(facts.services) and facts.contacts.representative is None
    asked_on = language.day(facts.asked_at.astimezone(zone)) if facts.asked_at and kind in SAY_WHEN_ASKED else ""
    return {
        **offer,
        "after": facts.after,
        "progress": facts.progress,
        "step": step_in_words(facts.progress.step, language) if facts.progress.step else "",
        "is_correction": kind.startswith((CORRECTED, PROGRESS_CORRECTED)),
        "asked_on": asked_on,
        "answer_by": until,
        "is_asked": is_asked,
        "is_given_back": facts.confirming.is_given_back,
        "not_needed": facts.not_needed,
    }


def template_of(kind: str, facts: MessageFacts) -> str:
    """By which templates a message of this kind is written: one that tells several appointments has its own."""
    return "reminders" if facts.same_day else family_of(kind)


def _moment(facts: MessageFacts, language: Language) -> str:
    """When the appointment is, in words, at its place."""
    return language.moment(facts.starts_at.astimezone(ZoneInfo(facts.authority.zone)))


def email_body(name: str, message: object, language: Language) -> EmailBody:
    """The email that the templates `name` make of `message`, without a calendar."""
    return EmailBody(*subject_and_text(name, message, language), rendered(f"{name}.html", message, language), "", "")


def joined_email(parts: Sequence[EmailBody]) -> EmailBody:
    """One email of those in one or two languages, whose templates knew which of them they write."""
    if len(parts) == 1:
        return parts[0]
    subject, text, html = (sign.join(getattr(part, name) for part in parts) for name, sign in BETWEEN.items())
    return replace(parts[0], subject=subject, text=text, html=html)
