"""Emails to those who wait without an appointment: the link to their wish, the offers, and that these have stopped.

They are written into a table in the transaction of the change, and checked again when they are sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.calendar.event import address_lines
from booking.events import WishChange
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, WishState
from booking.queries.open_proposals import OpenProposal, proposals_of_wishes
from core.contact_lines import ContactLine, contact_lines
from core.errors import DeliveryFailed
from core.language import Language, language_for
from core.runtime import Runtime
from core.text import person_name
from core.tokens import digest, wish_token
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.own_words import Told, council_in, council_name_for, languages_for, link_in, words_in
from people.residents.tables import Resident
from reminders.both_languages import PLACES
from reminders.channels.base import Channel
from reminders.messages import RenderedMessage, email_body, joined_email
from reminders.plain_mails import PENDING, VOID, MailQueue, is_with_the_reader
from reminders.reasons import MAIL_RETURNED, SUPERSEDED
from reminders.recipients import EMAIL, Delivery
from reminders.tables import WishMail
from reminders.wish_mail_queries import GONE, LINK, OFFERED, PAUSED, held_mails

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
    """Owe an email about the change, where they are told by email. The subscriber of `booking.events.wish_changed`."""
    wish = db.get_one(Wish, change.wish_id)
    if wish.told_by != BY_EMAIL:
        return
    number = change.number
    if change.what == LINK:
        same = (WishMail.wish_id == wish.id, WishMail.kind == LINK)
        sent = db.scalars(select(WishMail.created_at).where(*same)).all()
        if len(sent) >= MOST_LINKS or any(change.now - at < BETWEEN_LINKS for at in sent):
            return
        number = len(sent) + 1
    if change.what == GONE and not _was_offered(db, change):
        return
    mail = {"authority_id": wish.authority_id, "wish_id": wish.id, "kind": change.what, "number": number}
    db.add(WishMail(**mail, created_at=change.now, due_at=change.now, state=PENDING))


def _was_offered(db: Session, change: WishChange) -> bool:
    """Whether they have got the email about the offer, or are getting it now; one that is still to go out is voided."""
    same = (WishMail.wish_id == change.wish_id, WishMail.kind == OFFERED, WishMail.number == change.number)
    mail = db.scalar(select(WishMail).where(*same).with_for_update())
    if mail is None or is_with_the_reader(mail, change.now):
        return mail is not None
    if mail.state == PENDING:
        mail.state, mail.closed_at, mail.reason = VOID, change.now, SUPERSEDED
    return False


def send_wish_mails(runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
    """How many emails were sent in one pass over those that are due."""
    return MailQueue(WishMail, _message, held_mails).send(runtime, channels, stopping)


def delete_old_wish_mails(db: Session, now: datetime) -> None:
    """Delete the rows of emails that were closed long ago."""
    db.execute(delete(WishMail).where(WishMail.closed_at < now - KEPT))


def _message(runtime: Runtime, db: Session, mail: WishMail, now: datetime) -> RenderedMessage | None:
    """The email; None when the wish has ended, or what it says is not true any more.

    Raises: DeliveryFailed where mail to their address has come back.
    """
    wish, catalogue = db.get_one(Wish, mail.wish_id), catalogue_by_id(db, mail.authority_id)
    resident = db.get_one(Resident, wish.resident_id)
    offer = _offer(db, catalogue, mail, now) if mail.kind == OFFERED else None
    is_true = {OFFERED: offer is not None, PAUSED: wish.state == WishState.PAUSED.value}.get(mail.kind, True)
    if wish.closed_at is not None or wish.told_by != BY_EMAIL or not resident.email or not is_true:
        return None
    if resident.email_returned_at is not None:
        raise DeliveryFailed(permanent=True, detail=MAIL_RETURNED)
    url = f"{runtime.settings.public_url}/manage/{_working_token(runtime, wish)}"
    name, template = person_name(resident.name), "waiting_offer" if offer else "waiting"
    authority, reference = catalogue.authority, f"wish-{mail.id}-{(wish.link_digest or '')[:8]}"
    codes = languages_for(authority, resident.message_language)
    parts = []
    for code, place in zip(codes, PLACES if len(codes) > 1 else ("",), strict=True):
        language, own = language_for(code), council_in(catalogue, code)
        message = _context(mail, wish, resident, own, language, offer, link_in(authority, code, url))
        is_wales = authority.first_language == "cy"
        message = replace(message, welcomes_welsh=is_wales, place_in_message=place, direction=language.direction)
        parts.append(email_body(template, message, language))
    recipient = Delivery(EMAIL, address=resident.email, name=name, language=codes[0])
    body = joined_email(parts)
    sender = council_name_for(authority, resident.message_language)
    return RenderedMessage(None, authority.id, reference, recipient, sender, authority.email, body, now)


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


def _context(
    mail: WishMail,
    wish: Wish,
    resident: Resident,
    catalogue: Catalogue,
    language: Language,
    offer: OpenProposal | None,
    url: str,
) -> WaitingMessage:
    authority = catalogue.authority
    zone = ZoneInfo(authority.zone)
    services = [catalogue.service_by_id(service_id) for service_id in wish.service_ids]
    told = Told(services, is_neutral=resident.uses_neutral_name)
    place = told.site(offer.site) if offer else None
    return WaitingMessage(
        kind=mail.kind,
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
