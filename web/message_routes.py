"""Where messages about an appointment go, as pages say it. `reminders.recipients` decides; the words are here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask import g
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView
from booking.states import RepresentativeView, ResidentView
from core.contact_values import postal_of
from core.flask_context import current_runtime
from core.personal_data import mask_email, mask_phone
from reminders.contacts import Contacts, Person
from reminders.costs.kinds_off import is_off, kinds_off_of
from reminders.history_queries import reason_for_silence
from reminders.posting import last_post
from reminders.queue import pauses_on
from reminders.reasons import NO_ADDRESS, NO_CONTACT_WANTED, PREFERS_LETTERS, SILENCE
from reminders.recipients import (
    BY_HAND,
    BY_STAFF,
    CALL,
    CONFIRMATION,
    EMAIL,
    LETTER,
    REMINDER,
    TEXT,
    ChannelRules,
    Delivery,
    Withheld,
    deliveries_for,
    rules_in,
    wanted_by,
)


@dataclass(frozen=True)
class MessageRoute:
    """Who gets what is sent at once, the confirmation, and who the reminders; `code` is why nobody gets one of them."""

    deliveries: tuple[Delivery, ...]
    code: str
    preference: str
    reminders: tuple[Delivery, ...] = ()
    paused_by: str = ""  # who holds back what is sent at once
    off: frozenset[str] = frozenset()  # the kinds that the council has switched off; the rest is sent all the same

    @property
    def is_confirmed(self) -> bool:
        """Whether a confirmation goes out."""
        return bool(self.deliveries) and CONFIRMATION not in self.off

    @property
    def is_reminded(self) -> bool:
        """Whether reminders go out."""
        return bool(self.reminders) and REMINDER not in self.off

    @property
    def address(self) -> str:
        """The address or number of the first delivery; empty when nothing is sent."""
        return self.deliveries[0].address if self.deliveries else ""

    @property
    def wants_none(self) -> bool:
        """Whether somebody chose to get no messages."""
        return self.code == NO_CONTACT_WANTED

    @property
    def lacks_address(self) -> bool:
        """Whether we know no address to write to."""
        return self.code == NO_ADDRESS

    @property
    def is_link_alone(self) -> bool:
        """Whether only what somebody cannot come without is sent: how to join the video."""
        return bool(self.deliveries) and not self.reminders

    @property
    def is_rung(self) -> bool:
        """Whether staff ring about the appointment: nobody is written to now, and yet somebody hears of it."""
        return not self.deliveries and any(one.channel == CALL for one in self.reminders)

    @property
    def is_letter(self) -> bool:
        """Whether the confirmation goes by letter."""
        return bool(self.deliveries) and self.deliveries[0].channel == LETTER

    @property
    def is_text(self) -> bool:
        """Whether the confirmation goes by text."""
        return bool(self.deliveries) and self.deliveries[0].channel == TEXT

    @property
    def is_email_for_text(self) -> bool:
        """Whether somebody who prefers texts gets email."""
        return self.preference == TEXT and any(delivery.channel == EMAIL for delivery in self.deliveries)


def rules_of_page() -> ChannelRules:
    """By which channels the council of this page sends its messages."""
    return rules_in(current_runtime().database.facts, g.authority.message_channels)


def sends_texts() -> bool:
    """Whether the council of this page reminds people by text."""
    return TEXT in rules_of_page().channels_for(REMINDER)


def ways_to_choose(starts_at: datetime) -> frozenset[str]:
    """The channels that somebody may choose for a visit at `starts_at`: letters where one would arrive before it."""
    found = frozenset(rules_of_page().channels_for(REMINDER)) - {BY_HAND}
    return found - {LETTER} if _is_too_late_for_post(starts_at) else found


def _is_too_late_for_post(starts_at: datetime) -> bool:
    _opens, goes = last_post(starts_at, g.authority.zone, g.authority.division)
    return goes <= current_runtime().clock.now()


def route_of(contacts: Contacts, starts_at: datetime) -> MessageRoute:
    """Where a confirmation and the reminders of an appointment with these contacts go: by letter only what arrives."""
    rules, late = rules_of_page(), {LETTER} if _is_too_late_for_post(starts_at) else set[str]()
    at_once, later = (deliveries_for(contacts, kind, rules, late) for kind in (CONFIRMATION, REMINDER))
    codes = [found.code for found in (later, at_once) if isinstance(found, Withheld)]
    written = () if isinstance(at_once, Withheld) else tuple(one for one in at_once if one.channel not in BY_STAFF)
    if not codes and not written:
        codes = [NO_ADDRESS]  # they are rung later: nothing is sent now
    return MessageRoute(
        deliveries=written,
        code=codes[0] if codes else "",
        preference=wanted_by(contacts),
        reminders=() if isinstance(later, Withheld) else later,
        off=_switched_off(contacts.mode),
    )


def _switched_off(mode: str) -> frozenset[str]:
    """The kinds that somebody does not get: of confirmations those of now, of reminders those of some later day."""
    off, now = kinds_off_of(g.authority.kinds_off), current_runtime().clock.now()
    due = {CONFIRMATION: now, REMINDER: datetime.max.replace(tzinfo=UTC)}
    return frozenset(kind for kind, at in due.items() if is_off(off, kind, mode, at))


def route_of_appointment(view: AppointmentView) -> MessageRoute:
    """Where the messages about this appointment go, by its own contact and who acts for the resident."""
    return route_of(contacts_of_appointment(view), view.starts_at)


def contacts_of_appointment(view: AppointmentView) -> Contacts:
    """What decides where the messages about this appointment go."""
    resident, helper = view.resident, view.representative
    return Contacts(
        resident=Person(resident.name, _mail_to(resident), resident.phone, resident.postal, resident.letter_format),
        representative=_helper(helper) if helper else None,
        preference=resident.contact_preference,
        do_not_text=resident.do_not_text,
        leave_no_message=resident.leave_no_message,
        mode=view.mode,
        told_until=helper.told_until if helper else None,
    ).at(current_runtime().clock.now(), view.zone)


def _helper(helper: RepresentativeView) -> Person:
    """How whoever acts is reached."""
    postal = "" if helper.is_post_returned else postal_of(helper.address, helper.postcode)
    return Person(helper.name, _mail_to(helper), helper.phone, postal, do_not_text=helper.do_not_text)


def _mail_to(person: ResidentView | RepresentativeView) -> str:
    """Their email address, unless mail to it has come back."""
    return "" if person.is_email_returned else person.email


def route_of_booked(db: Session, view: AppointmentView) -> MessageRoute:
    """The same, with who holds it back, or none where its address gets nothing as so much was booked for it."""
    route, silence = route_of_appointment(view), reason_for_silence(db, view.id)
    route = replace(route, paused_by=paused_by(db, route, CONFIRMATION))
    return replace(route, deliveries=(), reminders=(), code=silence) if silence else route


def paused_by(db: Session, route: MessageRoute, kind: str) -> str:
    """Who holds back a message of this kind that goes this way; empty when it goes out."""
    pauses = pauses_on(db, current_runtime().clock.now(), g.authority.id) if route.deliveries else []
    ways = [delivery.channel for delivery in route.deliveries]
    holding = (one.paused_by for one in pauses if any(one.holds(g.authority.id, kind, way) for way in ways))
    return next(holding, "")


def reminder_text(route: MessageRoute, *, is_masked: bool = False) -> str:
    """How somebody is reminded, in a line, for residents."""
    if not route.reminders:
        texts = {NO_CONTACT_WANTED: _("No messages"), PREFERS_LETTERS: _("Letter")}
        texts |= dict.fromkeys(SILENCE, _("No messages about this one"))
        return str(texts.get(route.code, _("No messages. We have no email address for you")))
    parts = [_for_residents(delivery, is_masked=is_masked) for delivery in route.reminders]
    if route.is_email_for_text:
        parts.append(str(_("We cannot send text messages yet")))
    if not route.is_reminded:
        parts.append(str(_("No reminders, only what changes")))
    return ". ".join(parts)


def confirmation_text(route: MessageRoute) -> str:
    """Where the confirmation goes, in a line, for staff; empty when none goes out."""
    return ", ".join(_for_staff(delivery) for delivery in route.deliveries)


def _for_residents(delivery: Delivery, *, is_masked: bool) -> str:
    address = delivery.address
    if delivery.channel == CALL:
        return str(_("We ring %(number)s", number=mask_phone(address) if is_masked else address))
    if delivery.channel == BY_HAND:
        return str(_("In the form that you asked for"))
    if delivery.channel == LETTER:
        return str(_("By letter to your address"))
    if delivery.channel == TEXT:
        return str(_("By text message to %(number)s", number=mask_phone(address) if is_masked else address))
    return str(_("By email to %(address)s", address=mask_email(address) if is_masked else address))


def _for_staff(delivery: Delivery) -> str:
    whom = f"{delivery.name}, {delivery.address}" if delivery.acts_for else delivery.address
    if delivery.channel == LETTER:
        return str(_("by letter to %(whom)s", whom=whom))
    return str(
        _("by text to %(whom)s", whom=whom) if delivery.channel == TEXT else _("by email to %(whom)s", whom=whom)
    )
