"""Which kinds of messages there are, whether one is still true, and who gets it, how and in which language. Pure.

Of who gets a message, or why nobody does, this is the only rule. The outbox applies it when it plans (one row for each
channel), the worker just before sending, so that a changed address counts at once, and the pages when they say where a
message goes.

1. What the appointment itself says about contact counts before the resident's record.
2. The council says for each kind of message by which channels it goes, and in which order (`ChannelRules`). What somebody
   prefers comes before the others of these. A channel that has failed for this message is passed over.
3. Somebody who prefers letters gets nothing by email or text, and who wants no contact nothing at all, and neither does
   their representative: the preference is about the matter, not about one address. Two things are sent to them all the
   same, in writing: the link that they asked for just now, and of a video appointment what tells how to join it.
4. A representative who can be written to, and may be told (`Contacts.told_until`), gets it in place of the resident.
5. Else the resident, when they can be written to. "Do not text" stops texts.
6. Whoever can only be rung, or asks for it, is rung by staff (the channel `call`), about what concerns the visit itself.
7. Whoever needs a form that we cannot write in (easy read, braille, audio) has it made and sent by staff (`by_hand`), never
   a letter as it is; if that is not possible they are rung, and then written to by email or text.
8. Whoever waits for an earlier time says how they are told of one: that counts in place of the preference.
9. Of a changed contact, the address to which messages went before gets the notice, whatever is preferred now.

"Leave no message" is about calls. tests/reminders/test_recipients.py has the table of cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from booking.proposals.wish_rules import BY_PHONE
from booking.states import WITHOUT_EMAIL
from core.language import DEFAULT_LANGUAGE
from locations.message_channels import CHANNEL_PLACES, EVERY_MESSAGE
from people.residents.details import EMAIL_ONLY, HAND_MADE
from people.residents.mandate_rules import NEVER, last_day_told
from reminders.after_kinds import AFTER_VISIT, is_true_after
from reminders.contacts import Contacts, OwnContact, Person
from reminders.reasons import NEEDS_FORMAT, NO_ADDRESS, NO_CONTACT_WANTED, PREFERS_LETTERS, RUNG_INSTEAD

CONFIRMATION, RESCHEDULED, CANCELLED = "confirmation", "rescheduled", "cancelled"
MANAGE_LINK = "manage_link"  # and a number: it may be requested more than once
SEVERAL_BOOKINGS = "several_bookings"  # made online for one address: was it you?
ARRANGEMENT = "arrangement"  # and a number: which decision about an interpreter it tells
OFFER = "offer"  # and a number: which proposal of another time it is about
GOING_AHEAD = "going_ahead"  # and the number of the last offer, which it takes back
EARLIER_TIME = "earlier_time"  # and a number: which proposal of an earlier time, that they wait for, it is about
EARLIER_GONE = "earlier_gone"  # and the number of an offer to several: another of them was quicker
WISH_PAUSED = "wish_paused"  # and the number of the last offer: they are told of no more earlier times
CONTACT_CHANGED = "contact_changed"  # and a number: which change it is about
TEXT_ANSWER = "text_answer"  # and the number of the text that it answers
HANDED_OVER = "handed_over"  # and the version of the hand-over: to whom it was not meant for
TO_CONFIRM = "to_confirm"  # and a number: the first time that they are asked, the second
MISSED = "missed"  # and a number: they did not come, as it was recorded for the first time, the second, ...
SITE_MESSAGE = "site_message"  # and a number: which text of staff to everybody of a day at a site
REMINDER = "reminder"  # and whatever the plan adds: reminder_7d, reminder_1d, reminder_2h
_OF_EARLIER = (EARLIER_TIME, EARLIER_GONE, WISH_PAUSED)
_ABOUT_TIMES = (OFFER, GOING_AHEAD, EARLIER_TIME, EARLIER_GONE, WISH_PAUSED)
_OF_VISITS = (REMINDER, CONFIRMATION, TO_CONFIRM, ARRANGEMENT, HANDED_OVER, SITE_MESSAGE, MISSED, *AFTER_VISIT)
FAMILIES = (*_OF_VISITS, MANAGE_LINK, CONTACT_CHANGED, TEXT_ANSWER, *_ABOUT_TIMES)
OFFERS = (OFFER, EARLIER_TIME)  # of a time that is held
# What is void stays so, though the appointment should become again what it was.
NOT_AGAIN = (ARRANGEMENT, HANDED_OVER, *_ABOUT_TIMES, MISSED, TO_CONFIRM, *AFTER_VISIT)
_ABOUT_LINKS = (MANAGE_LINK, CONTACT_CHANGED, SEVERAL_BOOKINGS)
WITHOUT_CALENDAR = (*_ABOUT_LINKS, ARRANGEMENT, *OFFERS, *_OF_EARLIER, SITE_MESSAGE, MISSED, TO_CONFIRM, *AFTER_VISIT)
ASKED_AGAIN = f"{TO_CONFIRM}_2"  # by the other channel: the first one may have reached nobody
BOOKED, DID_NOT_ATTEND = "booked", "did_not_attend"
CANCELLED_STATES = frozenset({"cancelled_by_resident", "cancelled_by_authority"})
# The families of messages that say when the appointment is, and are of no use after that.
SAY_THE_TIME = (CONFIRMATION, RESCHEDULED, REMINDER, ARRANGEMENT, GOING_AHEAD)

EMAIL, TEXT, LETTER, CALL, BY_HAND = "email", "text", "letter", "call", "by_hand"
BY_STAFF = (CALL, BY_HAND)  # they ring them; they make it in the form that they need, and send it
# Where a council has said nothing else: as far as there are such channels, and as they serve the message.
USUAL_CHANNELS = (EMAIL, TEXT, LETTER, CALL)
# The fact of an installation: how it reaches people.
CHANNELS, WITHOUT_PROVIDERS = "channels", frozenset({EMAIL, *BY_STAFF})
# What concerns the visit itself: staff ring about nothing else, and write no letter about it.
ABOUT_THE_VISIT = (CONFIRMATION, RESCHEDULED, CANCELLED, ARRANGEMENT, REMINDER, SITE_MESSAGE)
BY_POST = (*ABOUT_THE_VISIT, HANDED_OVER, GOING_AHEAD, *AFTER_VISIT)
MADE = (*ABOUT_THE_VISIT, GOING_AHEAD, *AFTER_VISIT)  # in a form that only staff make; these they get as they are
AS_IT_IS = (MANAGE_LINK, SEVERAL_BOOKINGS, TEXT_ANSWER, HANDED_OVER)
# The channels that somebody with this preference does not want.
_UNWANTED: Mapping[str, frozenset[str]] = {LETTER: frozenset({EMAIL, TEXT}), "none": frozenset(USUAL_CHANNELS)}
VIDEO, TELL_HOW_TO_JOIN = "video", frozenset({CONFIRMATION, RESCHEDULED})
_REASONS: Mapping[str, str] = {LETTER: PREFERS_LETTERS, "none": NO_CONTACT_WANTED}


def number_of(kind: str) -> int:
    """The number at the end of a kind that is counted: 2 of `contact_changed_2`."""
    return int(kind.rpartition("_")[2])


@lru_cache(maxsize=256)
def family_of(kind: str) -> str:
    """The kind without what a plan or a count has added: `reminder` of `reminder_7d`."""
    return next((family for family in FAMILIES if kind.startswith(family)), kind)


def is_current(kind: str, *, version: int, now_version: int, now_state: str, owner_since: int = 1) -> bool:
    """Whether a message of this kind, owed for `version`, is still true of the appointment, whose `owner_since` it is."""
    if family_of(kind) == HANDED_OVER:
        return True
    if version < owner_since:
        return False
    if family_of(kind) in (MANAGE_LINK, CONTACT_CHANGED, SEVERAL_BOOKINGS, TEXT_ANSWER):
        return True  # true whatever the version
    if version != now_version and family_of(kind) != SITE_MESSAGE:
        return False
    if family_of(kind) == MISSED:
        return now_state == DID_NOT_ATTEND
    if family_of(kind) in AFTER_VISIT:
        return is_true_after(kind, now_state)
    return now_state in (CANCELLED_STATES if kind == CANCELLED else (BOOKED,))


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The names of the channels that there are, and by which of them a council sends which message, in turn.

    `orders` is as in the council's file: each a message, or every other one, with its first channel, second, ...
    """

    channels: Set[str] = frozenset({EMAIL})
    orders: Sequence[Mapping[str, str]] = ()

    def channels_for(self, kind: str) -> tuple[str, ...]:
        """The channels by which a message of this kind goes, those of the council's choice in its order."""
        chosen = {
            order["message"]: tuple(order[place] for place in CHANNEL_PLACES if place in order) for order in self.orders
        }
        usual = chosen.get(EVERY_MESSAGE, USUAL_CHANNELS)
        order = (TEXT,) if family_of(kind) == TEXT_ANSWER else chosen.get(family_of(kind), usual)
        return tuple(channel for channel in order if channel in self.channels and _serves(channel, kind))


def rules_in(facts: Mapping[Any, Any], orders: Sequence[Mapping[str, str]] = ()) -> ChannelRules:
    """The rules of a council with these `message_channels`; `facts` are those of the database or of a session of it."""
    return ChannelRules(facts.get(CHANNELS, WITHOUT_PROVIDERS), tuple(orders))


def _serves(channel: str, kind: str) -> bool:
    """Whether messages of this kind go by this channel at all."""
    family = family_of(kind)
    if family == SEVERAL_BOOKINGS:  # a question about an email address
        return channel == EMAIL
    return family in {CALL: ABOUT_THE_VISIT, LETTER: BY_POST}.get(channel, (family,))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person. `acts_for` names the resident when that is their representative. A letter's has lines."""

    channel: str
    address: str
    name: str
    acts_for: str = ""
    language: str = DEFAULT_LANGUAGE
    letter_format: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Nobody gets the message: why, as a code of `reminders.reasons`, and the channel whose row says so."""

    code: str
    channel: str = EMAIL


def wanted_by(contacts: Contacts) -> str:
    """The contact preference that counts."""
    return contacts.preference if contacts.own.preference is None else contacts.own.preference


def contacts_of(row: Any) -> Contacts:
    """The contacts in a row with `CONTACT_COLUMNS`."""
    reached = (row.acting_email, row.acting_phone, row.acting_postal, "", row.acting_do_not_text)
    told_until = last_day_told(row.noted, row.acting_name) if row.noted else None
    acting = None if row.acting_name is None else Person(row.acting_name, *(() if told_until == NEVER else reached))
    own = (row.resident_name, row.resident_email, row.resident_phone, row.resident_postal, row.letter_format)
    return Contacts(
        resident=Person(*own),
        representative=acting,
        told_until=told_until,
        preference=row.contact_preference,
        do_not_text=row.do_not_text,
        leave_no_message=row.leave_no_message,
        own=OwnContact(row.own_email, row.own_phone, row.own_preference, row.own_leave_no_message, row.own_postal),
        earlier_emails=tuple(row.earlier_emails or ()),
        language=row.message_language,
        mode=row.mode,
        safe_hours=row.safe_hours,
        earlier_by=row.earlier_by or "",
    )


def deliveries_for(
    contacts: Contacts, kind: str, rules: ChannelRules, failed: Set[str] = frozenset()
) -> tuple[Delivery, ...] | Withheld:
    """Who gets the message of this kind, one delivery for each channel, or why nobody does.

    The channels that `failed` for this message are passed over.
    """
    if family_of(kind) == CONTACT_CHANGED:
        return _to_earlier_address(contacts, number_of(kind), failed)
    if contacts.earlier_by and family_of(kind) in _OF_EARLIER:
        if contacts.earlier_by != BY_PHONE:
            contacts = replace(contacts, preference=contacts.earlier_by, own=replace(contacts.own, preference=None))
        elif any(_ADDRESSES[CALL](one, contacts) for one in (_resident(contacts), contacts.representative) if one):
            return Withheld(RUNG_INSTEAD)
    resident = _resident(contacts)
    for person, channel in _in_turn(contacts, resident, kind, rules):
        address = "" if channel in failed else _ADDRESSES[channel](person, contacts)
        if address:
            acts_for = "" if person is resident else resident.name
            return (Delivery(channel, address, person.name, acts_for, contacts.language, person.letter_format),)
    return Withheld(_reason(contacts, kind))


def _reason(contacts: Contacts, kind: str) -> str:
    """Why nobody gets a message of this kind."""
    if _is_needed(contacts, kind):
        return NO_ADDRESS
    is_unmade = contacts.resident.letter_format in HAND_MADE and family_of(kind) not in (*MADE, *AS_IT_IS)
    return _REASONS.get(wanted_by(contacts), NEEDS_FORMAT if is_unmade else NO_ADDRESS)


def email_address(contacts: Contacts, rules: ChannelRules) -> str:
    """The address to which email about the appointment goes, or nothing."""
    found = deliveries_for(contacts, CONFIRMATION, rules)
    return "" if isinstance(found, Withheld) or found[0].channel != EMAIL else found[0].address


def _wanted_channels(contacts: Contacts, kind: str, rules: ChannelRules) -> list[str]:
    """The channels for a message of this kind, what is preferred first, without those that are not wanted."""
    channels, preference = rules.channels_for(kind), wanted_by(contacts)
    if _is_needed(contacts, kind):
        return [channel for channel in channels if channel in (EMAIL, TEXT)]
    unwanted = _UNWANTED.get(preference, frozenset())
    in_turn = sorted((one for one in channels if one not in unwanted), key=lambda one: one != preference)
    return in_turn[::-1] if kind == ASKED_AGAIN else in_turn


def _in_turn(contacts: Contacts, resident: Person, kind: str, rules: ChannelRules) -> Iterator[tuple[Person, str]]:
    """Whom to try by which channel: who acts by every one in writing, then the resident; then both by telephone.

    Who asks to be rung is rung first. Whoever needs a form that only staff make is written to as usual last, but by post.
    """
    channels = _wanted_channels(contacts, kind, rules)
    people = [person for person in (contacts.representative, resident) if person]
    written = [(person, channel) for person in people for channel in _in_writing(person, contacts, kind, rules)]
    rung = [(person, CALL) for person in people if CALL in channels]
    yield from [*rung, *written] if wanted_by(contacts) == CALL else [*written, *rung]
    if resident.letter_format in HAND_MADE:
        yield from ((resident, channel) for channel in channels if channel in (EMAIL, TEXT) and family_of(kind) in MADE)


def _in_writing(person: Person, contacts: Contacts, kind: str, rules: ChannelRules) -> list[str]:
    """The channels by which this person is written to, in turn, in the form that they need."""
    written = [channel for channel in _wanted_channels(contacts, kind, rules) if channel != CALL]
    if person.letter_format == EMAIL_ONLY:
        return list(dict.fromkeys(EMAIL if channel == LETTER else channel for channel in written))
    if person.letter_format not in HAND_MADE or _is_needed(contacts, kind):
        return written
    if family_of(kind) in AS_IT_IS:
        return [channel for channel in written if channel != LETTER]
    is_made = family_of(kind) in MADE and BY_HAND in rules.channels and wanted_by(contacts) != "none"
    return [BY_HAND] if is_made else []


def _is_needed(contacts: Contacts, kind: str) -> bool:
    """Whether a message goes to somebody who wants none such: they asked for it, or cannot come without it."""
    how_to_join = contacts.mode == VIDEO and family_of(kind) in TELL_HOW_TO_JOIN
    wants_none = wanted_by(contacts) in WITHOUT_EMAIL or contacts.resident.letter_format in HAND_MADE
    return wants_none and (family_of(kind) == MANAGE_LINK or how_to_join)


def _resident(contacts: Contacts) -> Person:
    record, own = contacts.resident, contacts.own
    given = {name: value for name in ("email", "phone", "postal") if (value := getattr(own, name)) is not None}
    return replace(record, **given) if given else record


_ADDRESSES: Mapping[str, Callable[[Person, Contacts], str]] = {
    EMAIL: lambda person, _contacts: person.email,
    TEXT: lambda person, contacts: contacts.texted_number(person),
    LETTER: lambda person, _contacts: person.postal,
    CALL: lambda person, _contacts: person.phone,
    BY_HAND: lambda person, _contacts: person.postal or person.email,
}


def _to_earlier_address(contacts: Contacts, number: int, failed: Set[str]) -> tuple[Delivery, ...] | Withheld:
    """Whoever read the address before the change of this number, counted from 1."""
    email = contacts.earlier_emails[number - 1] if number <= len(contacts.earlier_emails) else ""
    acting, resident = contacts.representative, contacts.resident
    if not email or EMAIL in failed:
        return Withheld(NO_ADDRESS)
    who = (acting.name, resident.name) if acting and acting.email == email else (resident.name, "")
    return (Delivery(EMAIL, email, *who, contacts.language),)
