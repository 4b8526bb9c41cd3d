"""Messages to those who wait without an appointment: the link to their wish, the offers, and that these have stopped.

They are written into a table in the transaction of the change, and checked again when they are sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from booking.calendar.event import address_lines
from booking.events import WishChange
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import WishState
from booking.queries.open_proposals import OpenProposal, proposals_of_wishes
from core.contact_lines import ContactLine, contact_lines
from core.errors import DeliveryFailed
from core.language import Language, language_for
from core.runtime import Runtime
from core.text import person_name
from core.tokens import digest, short_wish_token, wish_token
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.own_words import Told, council_in, council_name_for, languages_for, link_in, words_in
from people.residents.tables import Resident
from reminders.both_languages import PLACES
from reminders.channels.base import Channel
from reminders.costs.sent_units import units_of
from reminders.delivery_decisions import ASK_AFTER
from reminders.messages import Body, RenderedMessage, email_body, joined_email
from reminders.plain_mails import PENDING, VOID, Later, MailQueue, is_with_the_reader
from reminders.reasons import MAIL_RETURNED, NO_ADDRESS, QUIET_HOURS, SUPERSEDED
from reminders.recipients import EMAIL, TEXT, Delivery
from reminders.sending_times import goes_at, rules_of_council
from reminders.wish_kinds import FAMILY_OF, GONE, LEFT, LINK, OFFERED, PAUSED
from reminders.wish_mail_queries import held_mails
from reminders.wish_tables import WishMail
from reminders.wish_texts import HeldTime, said_in, waiting_text
from reminders.wish_way_queries import WRITTEN_TO, failed_channels, tell_otherwise, way_of_wish

# Nobody has proved that the address is theirs: asked again within minutes, or too often, its link is not sent again.
BETWEEN_LINKS, MOST_LINKS = timedelta(minutes=5), 3
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class WaitingMessage:
    """What the templates of an email to somebody who waits show, formatted already."""

    kind: str
    language: str
    to_name: str
    what: str
    authority_name: str
    brand_colour: str
    url: str
    until: str
    offer_when: str
    offer_where: str
    offer_until: str
    offer_is_shared: bool
    contact: list[ContactLine]
    can_answer: bool
    acts_for: str = ""
    welcomes_welsh: bool = False
    place_in_message: str = ""
    direction: str = "ltr"


def plan_wish_mail(db: Session, change: WishChange) -> None:
    """Owe a message about the change, where one would reach them. The subscriber of `booking.events.wish_changed`."""
    wish = db.get_one(Wish, change.wish_id)
    way = way_of_wish(db, wish, FAMILY_OF[change.what])
    if way is None:
        return
    number = change.number
    if change.what == LINK:
        same = (WishMail.wish_id == wish.id, WishMail.kind == LINK)
        sent = db.scalars(select(func.min(WishMail.created_at)).where(*same).group_by(WishMail.number)).all()
        if len(sent) >= MOST_LINKS or any(change.now - at < BETWEEN_LINKS for at in sent):
            return
        number = len(sent) + 1
    if change.what == GONE and not _was_offered(db, change):
        return
    if change.what == OFFERED and db.scalar(select(WishMail.id).where(*_of_offer(change)).limit(1)):
        return
    mail = {"authority_id": wish.authority_id, "wish_id": wish.id, "kind": change.what, "number": number}
    db.add(WishMail(**mail, channel=way.channel, created_at=change.now, due_at=change.now, state=PENDING))


def _of_offer(change: WishChange) -> tuple[ColumnElement[bool], ...]:
    return WishMail.wish_id == change.wish_id, WishMail.kind == OFFERED, WishMail.number == change.number


def _was_offered(db: Session, change: WishChange) -> bool:
    """Whether they have got the message about the offer, or are getting it now; one that is still to go out is voided."""
    mails = db.scalars(select(WishMail).where(*_of_offer(change)).order_by(WishMail.id).with_for_update()).all()
    if any(is_with_the_reader(mail, change.now) for mail in mails):
        return True
    for mail in mails:
        if mail.state == PENDING:
            mail.state, mail.closed_at, mail.reason = VOID, change.now, SUPERSEDED
    return False


def send_wish_mails(runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
    """How many messages were sent in one pass over those that are due."""
    by_email = MailQueue(WishMail, _message, partial(held_mails, channel=EMAIL), count=_note_sent)
    by_text = MailQueue(WishMail, _message, partial(held_mails, channel=TEXT), TEXT, tell_otherwise, _note_sent)
    return sum(queue.send(runtime, channels, stopping) for queue in (by_text, by_email))


def delete_old_wish_mails(db: Session, now: datetime) -> None:
    """Delete the rows of messages that were closed long ago."""
    db.execute(delete(WishMail).where(WishMail.closed_at < now - KEPT))


def _note_sent(mail: WishMail, message: RenderedMessage) -> None:
    """Note what is paid for, and when the provider is asked what became of it."""
    if mail.channel == TEXT:
        mail.units_sent = units_of(message.body)
    mail.ask_at, mail.sent_as = (mail.closed_at or message.at) + ASK_AFTER, message.reference


def _message(runtime: Runtime, db: Session, mail: WishMail, now: datetime) -> RenderedMessage | Later | None:
    """The message; None when the wish has ended, or what it says is not true any more.

    One that has to go by another channel now, or may not ring or buzz at this hour, is left for later.

    Raises: DeliveryFailed where nothing reaches them.
    """
    wish, catalogue = db.get_one(Wish, mail.wish_id), catalogue_by_id(db, mail.authority_id)
    resident = db.get_one(Resident, wish.resident_id)
    offer = _offer(db, catalogue, mail, now) if mail.kind == OFFERED else None
    is_true = {OFFERED: offer is not None, PAUSED: wish.state == WishState.PAUSED.value}.get(mail.kind, True)
    if wish.closed_at is not None or wish.told_by not in WRITTEN_TO or not is_true:
        return None
    way = way_of_wish(db, wish, FAMILY_OF[mail.kind], failed_channels(db, mail))
    if way is None:
        raise DeliveryFailed(permanent=True, detail=MAIL_RETURNED if resident.email_returned_at else NO_ADDRESS)
    if way.channel != mail.channel:
        mail.channel = way.channel
        return Later(now)
    rules = rules_of_council(catalogue.authority)
    # Only an answer was asked for by whoever has the telephone: a link may have been asked for by anybody.
    kind = FAMILY_OF[LEFT if mail.kind == LEFT else OFFERED]
    at = goes_at(kind, way.channel, resident.safe_hours, rules, now, now)
    if at > now:
        return Later(at, QUIET_HOURS)
    return _written(runtime, catalogue, _Waits(mail, wish, resident, offer), way, now)


@dataclass(frozen=True)
class _Waits:
    """A message to somebody who waits, and the time that it is about."""

    mail: WishMail
    wish: Wish
    resident: Resident
    offer: OpenProposal | None


def _written(runtime: Runtime, catalogue: Catalogue, one: _Waits, way: Delivery, now: datetime) -> RenderedMessage:
    mail, resident, authority = one.mail, one.resident, catalogue.authority
    codes = languages_for(authority, resident.message_language)
    body = (_text if way.channel == TEXT else _email)(runtime, catalogue, one, codes)
    return RenderedMessage(
        None,
        authority.id,
        f"wish-{mail.id}-{(one.wish.link_digest or '')[:8]}",
        Delivery(way.channel, address=way.address, name=person_name(resident.name), language=codes[0]),
        council_name_for(authority, resident.message_language),
        authority.email,
        body,
        now,
        authority.text_sender_id,
    )


def _email(runtime: Runtime, catalogue: Catalogue, one: _Waits, codes: Sequence[str]) -> Body:
    authority, template = catalogue.authority, "waiting_offer" if one.offer else "waiting"
    url = f"{runtime.settings.public_url}/manage/{_working_token(runtime, one.wish)}"
    parts = []
    for code, place in zip(codes, PLACES if len(codes) > 1 else ("",), strict=True):
        language, own = language_for(code), council_in(catalogue, code)
        message = _context(one, own, language, link_in(authority, code, url))
        is_wales = authority.first_language == "cy"
        message = replace(message, welcomes_welsh=is_wales, place_in_message=place, direction=language.direction)
        parts.append(email_body(template, message, language))
    return joined_email(parts)


def _text(runtime: Runtime, catalogue: Catalogue, one: _Waits, codes: Sequence[str]) -> Body:
    wish, offer = one.wish, one.offer
    short = short_wish_token(runtime.settings.secret_key, wish.id, wish.link_nonce or "")
    languages, parts = [language_for(code) for code in codes], []
    for language, place in zip(languages, PLACES if len(codes) > 1 else ("",), strict=True):
        own = council_in(catalogue, language.code)
        services = [words_in(own.service_by_id(service_id), language.code) for service_id in wish.service_ids]
        told = Told(services, is_neutral=one.resident.uses_neutral_name)
        held = _as_told(offer, told, language.code) if offer else None
        about = (own.authority, told.services, held, language)
        url = f"{runtime.settings.public_url}/s/{short}" if wish.link_nonce else ""
        name = person_name(one.resident.name) or language.gettext("resident")
        parts.append(said_in(*about, name=name, url=url, place_in_message=place))
    return waiting_text(one.mail.kind, parts, languages)


def _as_told(offer: OpenProposal, told: Told, code: str) -> HeldTime:
    return HeldTime(
        words_in(told.site(offer.site), code), offer.mode, offer.starts_at, offer.answer_by, offer.is_shared
    )


def _offer(db: Session, catalogue: Catalogue, mail: WishMail, now: datetime) -> OpenProposal | None:
    """The time that is held for them, if it is the one that the email was to tell of."""
    number = db.scalar(select(Proposal.number).where(Proposal.wish_id == mail.wish_id, Proposal.state == "open"))
    return proposals_of_wishes(db, catalogue, [mail.wish_id], now).get(mail.wish_id) if number == mail.number else None


def _working_token(runtime: Runtime, wish: Wish) -> str:
    """The token of the wish's link. When the key that made it is gone, another link is made, and the old one ends."""
    tokens = [wish_token(key, wish.link_nonce or "") for key in runtime.settings.secret_keys]
    found = next((token for token in tokens if digest(token) == wish.link_digest), None)
    if found is None:
        wish.link_digest = digest(tokens[0])
    return found or tokens[0]


def _context(one: _Waits, catalogue: Catalogue, language: Language, url: str) -> WaitingMessage:
    authority, wish, resident, offer = catalogue.authority, one.wish, one.resident, one.offer
    zone = ZoneInfo(authority.zone)
    services = [catalogue.service_by_id(service_id) for service_id in wish.service_ids]
    told = Told(services, is_neutral=resident.uses_neutral_name)
    place = told.site(offer.site) if offer else None
    return WaitingMessage(
        kind=one.mail.kind,
        language=language.code,
        to_name=person_name(resident.name) or language.gettext("resident"),
        what=language.all_of(dict.fromkeys(words_in(service, language.code).name for service in told.services)),
        authority_name=authority.name,
        brand_colour=authority.brand_colour,
        url=url,
        until=language.day(wish.until) if wish.until else "",
        offer_when=language.moment(offer.starts_at.astimezone(zone)) if offer else "",
        offer_where=", ".join([place.name, *address_lines(place)]) if place else "",
        offer_until=language.moment(offer.answer_by.astimezone(zone)) if offer else "",
        offer_is_shared=bool(offer and offer.is_shared),
        contact=contact_lines(authority, language),
        can_answer=bool(authority.email),
    )
