"""Messages to those who are invited: the invitation and one reminder, by email, text or letter, as a colleague chose.

They are written into a table in the transaction of the change, and checked again when they are sent: whoever has booked,
or whose invitation is withdrawn, gets nothing more. What fails for ever is noted with the invitation, as a task.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from booking.events import InvitationChange
from booking.invitations.invitation_queries import InvitationView
from booking.invitations.invitation_rules import (
    BY_EMAIL,
    BY_LETTER,
    BY_TEXT,
    FAMILIES_OF_NONE,
    LINK_RENEWED,
    REMINDER,
    InvitationState,
    InvitedPerson,
    ways_to_invite,
)
from booking.invitations.tables import Invitation
from booking.use_cases.invite import person_of
from core.contact_lines import ContactLine, contact_lines
from core.errors import DeliveryFailed
from core.language import Language, language_for
from core.message_templates import subject_and_text
from core.runtime import Runtime
from core.text import person_name
from core.tokens import digest, short_invitation_token, working_invitation_token
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.own_words import Told, council_in, council_name_for, languages_for, link_in, words_in
from people.residents.details import LARGE_PRINT
from people.residents.tables import Resident
from reminders.both_languages import PLACES
from reminders.channels.base import Channel
from reminders.delivery_decisions import ASK_AFTER
from reminders.invitation_tables import InvitationMail
from reminders.letters import LetterBody
from reminders.messages import Body, RenderedMessage, email_body, joined_email
from reminders.plain_mails import PENDING, Later, MailQueue
from reminders.queue import pauses_on
from reminders.reasons import NEEDS_FORMAT, NO_ADDRESS, NO_CONTACT_WANTED, PREFERS_LETTERS, QUIET_HOURS
from reminders.recipients import EARLIER_TIME, EMAIL, LETTER, MANAGE_LINK, TEXT, Delivery
from reminders.sending_times import goes_at, rules_of_council
from reminders.text_versions import shorter_and_shorter
from reminders.texts import TextBody, fitting, joined_text
from reminders.wish_texts import said_in, usual_name

KEPT = timedelta(days=90)
FAMILY = MANAGE_LINK  # a pause of these messages holds back these, too
CHANNEL_OF = {BY_EMAIL: EMAIL, BY_TEXT: TEXT, BY_LETTER: LETTER}


@dataclass(frozen=True)
class InvitationMessage:
    """What the templates of an email or a letter to somebody who is invited show, formatted already."""

    kind: str
    language: str
    to_name: str
    what: str
    words: str
    first_day: str
    last_day: str
    authority_name: str
    brand_colour: str
    url: str
    contact: list[ContactLine]
    can_answer: bool
    says_more: bool = False
    acts_for: str = ""
    welcomes_welsh: bool = False
    place_in_message: str = ""
    direction: str = "ltr"


def plan_invitation_mail(db: Session, change: InvitationChange) -> None:
    """Owe a message about the change. The subscriber of `booking.events.invitation_changed`."""
    row = db.get_one(Invitation, change.invitation_id)
    mail = {"authority_id": row.authority_id, "invitation_id": row.id, "kind": change.what}
    channel = CHANNEL_OF.get(row.told_by)
    if channel is not None:
        db.add(InvitationMail(**mail, channel=channel, created_at=change.now, due_at=change.now, state=PENDING))


def send_invitation_mails(
    runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None
) -> int:
    """How many messages were sent in one pass over those that are due."""
    queues = [
        MailQueue(InvitationMail, _message, partial(_held, channel=channel), channel, _note_failed, _note_sent)
        for channel in (TEXT, EMAIL, LETTER)
    ]
    return sum(queue.send(runtime, channels, stopping) for queue in queues)


def delete_old_invitation_mails(db: Session, now: datetime) -> None:
    """Delete the rows of messages that were closed long ago."""
    db.execute(delete(InvitationMail).where(InvitationMail.closed_at < now - KEPT))


def _held(db: Session, now: datetime, *, channel: str) -> ColumnElement[bool]:
    """The condition on messages that their council holds back, or that go by another channel."""
    paused = [
        and_(InvitationMail.authority_id == pause.authority_id, InvitationMail.channel == channel)
        for pause in pauses_on(db, now)
        if pause.holds(pause.authority_id, FAMILY, channel)
    ]
    return or_(InvitationMail.channel != channel, *paused)


def _note_sent(mail: InvitationMail, message: RenderedMessage) -> None:
    """Note when the provider is asked what became of it."""
    mail.ask_at, mail.sent_as = (mail.closed_at or message.at) + ASK_AFTER, message.reference


def _note_failed(db: Session, mail: InvitationMail, _now: datetime) -> None:
    """Have a colleague tell them."""
    row = db.scalars(select(Invitation).where(Invitation.id == mail.invitation_id).with_for_update()).one()
    if row.state == InvitationState.OPEN:
        row.untold = mail.reason


def _message(runtime: Runtime, db: Session, mail: InvitationMail, now: datetime) -> RenderedMessage | Later | None:
    """The message; None when the invitation is not open any more. Raises: DeliveryFailed where nothing reaches them."""
    row, catalogue = db.get_one(Invitation, mail.invitation_id), catalogue_by_id(db, mail.authority_id)
    if row.state != InvitationState.OPEN:
        return None
    resident = db.get_one(Resident, row.resident_id)
    known = person_of(resident)
    addresses = {EMAIL: known.email, TEXT: known.phone, LETTER: known.postal}
    if row.told_by not in ways_to_invite(known):
        if known.preference == FAMILIES_OF_NONE and mail.kind == REMINDER:
            row.reminded_at = None
            return None
        raise DeliveryFailed(permanent=True, detail=_why_not(known, mail.channel))
    rules = rules_of_council(catalogue.authority)
    at = goes_at(EARLIER_TIME, mail.channel, resident.safe_hours, rules, now, now)
    if at > now:
        return Later(at, QUIET_HOURS)
    authority, codes = catalogue.authority, languages_for(catalogue.authority, resident.message_language)
    name = person_name(resident.name)
    format_ = resident.letter_format
    recipient = Delivery(mail.channel, addresses[mail.channel], name, language=codes[0], letter_format=format_)
    write = {TEXT: _text, EMAIL: _email, LETTER: _letter}[mail.channel]
    body = write(runtime, catalogue, _Invited(mail, row, resident), codes)
    if row.untold == LINK_RENEWED:  # this message has the new one
        row.untold = ""
    sender = council_name_for(authority, resident.message_language)
    reference = f"invitation-{mail.id}-{row.link_digest[:8]}"
    facts = (sender, authority.email, body, now, authority.text_sender_id)
    return RenderedMessage(None, authority.id, reference, recipient, *facts)


def _why_not(known: InvitedPerson, channel: str) -> str:
    """Why somebody who was to be told by this channel cannot be told so any more, as a code of `reminders.reasons`."""
    if known.preference == FAMILIES_OF_NONE:
        return NO_CONTACT_WANTED
    if channel == LETTER:
        return NEEDS_FORMAT if known.postal else NO_ADDRESS
    return PREFERS_LETTERS if known.preference == BY_LETTER else NO_ADDRESS


@dataclass(frozen=True)
class _Invited:
    """A message to somebody who is invited."""

    mail: InvitationMail
    row: Invitation
    resident: Resident


def link_of_invitation(runtime: Runtime, catalogue: Catalogue, row: Invitation) -> str:
    """The address of the link. When the key that made it is gone, another link is made, and the old one ends."""
    token = working_invitation_token(runtime.settings.secret_keys, row.link_nonce, row.link_digest)
    if digest(token) != row.link_digest:
        row.link_digest = digest(token)
    return f"{runtime.settings.public_url}/{catalogue.authority.slug}/invitation/{token}"


def short_link_of_invitation(runtime: Runtime, row: Invitation | InvitationView) -> str:
    """The address that can be typed from paper, or read out."""
    return (
        f"{runtime.settings.public_url}/s/{short_invitation_token(runtime.settings.secret_key, row.id, row.link_nonce)}"
    )


def _email(runtime: Runtime, catalogue: Catalogue, one: _Invited, codes: Sequence[str]) -> Body:
    url = link_of_invitation(runtime, catalogue, one.row)
    messages = _in_each_language(catalogue, one, codes, url)
    return joined_email([email_body("invitation", message, language) for message, language in messages])


def _letter(runtime: Runtime, catalogue: Catalogue, one: _Invited, codes: Sequence[str]) -> Body:
    """A letter is answered by its short link, by telephone or at the counter."""
    messages = _in_each_language(catalogue, one, codes, short_link_of_invitation(runtime, one.row))
    parts = [
        subject_and_text("invitation", replace(message, can_answer=True), language) for message, language in messages
    ]
    first, *others = parts
    text = "\n\n".join([first[1].rstrip(), *(f"{heading}\n\n{body}" for heading, body in others)])
    lines = (person_name(one.resident.name), *person_of(one.resident).postal.splitlines())
    heading = " / ".join(heading for heading, _body in parts)
    is_large = one.resident.letter_format == LARGE_PRINT
    return LetterBody(tuple(filter(None, lines)), heading, text, large_print=is_large)


def _in_each_language(
    catalogue: Catalogue, one: _Invited, codes: Sequence[str], url: str
) -> list[tuple[InvitationMessage, Language]]:
    found = []
    for code, place in zip(codes, PLACES if len(codes) > 1 else ("",), strict=True):
        language, own = language_for(code), council_in(catalogue, code)
        message = _context(one, own, language, link_in(catalogue.authority, code, url))
        welcomes = catalogue.authority.first_language == "cy"
        found.append((replace(message, welcomes_welsh=welcomes, place_in_message=place), language))
    return found


def _context(one: _Invited, catalogue: Catalogue, language: Language, url: str) -> InvitationMessage:
    authority, row, resident = catalogue.authority, one.row, one.resident
    told = Told([catalogue.service_by_id(row.service_id)], is_neutral=resident.uses_neutral_name)
    return InvitationMessage(
        kind=one.mail.kind,
        language=language.code,
        to_name=person_name(resident.name) or language.gettext("resident"),
        what=language.all_of([words_in(service, language.code).name for service in told.services]),
        words="" if told.is_hidden else row.words,
        says_more=told.is_hidden and bool(row.words),
        first_day=language.day(row.first_date),
        last_day=language.day(row.last_date),
        authority_name=authority.name,
        brand_colour=authority.brand_colour,
        url=url,
        contact=contact_lines(authority, language),
        can_answer=bool(authority.email),
        direction=language.direction,
    )


def _text(runtime: Runtime, catalogue: Catalogue, one: _Invited, codes: Sequence[str]) -> Body:
    languages, of_each = [language_for(code) for code in codes], []
    url = short_link_of_invitation(runtime, one.row)
    for language, place in zip(languages, PLACES if len(codes) > 1 else ("",), strict=True):
        own = council_in(catalogue, language.code)
        told = Told([own.service_by_id(one.row.service_id)], is_neutral=one.resident.uses_neutral_name)
        services = [words_in(service, language.code) for service in told.services]
        name = person_name(one.resident.name) or language.gettext("resident")
        said = said_in(own.authority, services, None, language, name=name, url=url, place_in_message=place)
        said = replace(said, offer_until=language.day(one.row.last_date), answers=False)
        of_each.append(shorter_and_shorter(said, usual_name(language), is_reminder=True))
    template = f"sms/invitation_{one.mail.kind}.txt"
    return TextBody(fitting(joined_text(template, languages, version) for version in zip(*of_each, strict=True)))
