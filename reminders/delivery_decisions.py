"""The delivery of a message: what is known of a claimed row, and what is done before it is sent and after a try. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from booking.arrangements import ArrangementState
from booking.states import State
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from reminders.after_kinds import AFTER_VISIT, NO_NEWS, NOTHING_SAID, AfterVisit, ProgressNews, tells_nothing
from reminders.confirming.confirm_facts import NOT_ASKED, ConfirmFacts, why_not_asked
from reminders.contacts import Contacts
from reminders.costs.kinds_off import is_off, kinds_off_of
from reminders.former_owners import NOBODY, FormerOwner
from reminders.offered_time import OfferedTime
from reminders.reasons import AWAITS_REBOOKING, OTHER_CHANNEL, QUIET_HOURS, SUPERSEDED, SWITCHED_OFF, TOLD_ALREADY
from reminders.recipients import (
    GOING_AHEAD,
    HANDED_OVER,
    MISSED,
    OFFERS,
    REMINDER,
    SITE_MESSAGE,
    TEXT_ANSWER,
    TO_CONFIRM,
    ChannelRules,
    Delivery,
    Withheld,
    deliveries_for,
    family_of,
    is_current,
    number_of,
)
from reminders.sending_times import AUDIBLE, goes_at, rules_of_council, says_it_again
from reminders.site_text import NO_SITE_TEXT, SiteText
from reminders.text_answers import NO_ANSWER, TextAnswer

# Of a notification.
PENDING, SENT, FAILED, VOID, LATE, WITHHELD = "pending", "sent", "failed", "void", "late", "withheld"
IN_DOUBT = "in_doubt"  # two tries may have arrived
STATES = (PENDING, SENT, FAILED, IN_DOUBT, VOID, LATE, WITHHELD)
# Of a try: sent, failed for now, refused for good, or unclear (it may have arrived). A try without one is running.
SENT_OUTCOME, FAILED_OUTCOME, REFUSED_OUTCOME, UNCLEAR_OUTCOME = "sent", "failed", "refused", "unclear"
RETURNED_OUTCOME = "returned"  # the provider took it, and says later that it could not be delivered
# No try was made, and nothing is recorded: of no message by this channel, or not of this message for now.
UNAVAILABLE_OUTCOME, DEFERRED_OUTCOME = "unavailable", "deferred"
# Until a held message is looked at again, and between two questions what became of one that a provider took.
HELD_FOR = ASK_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a message says of an appointment, and whom it concerns. Instants are aware, in UTC; `authority` has the zone.

    While it `awaits_rebooking` it cannot take place as booked. It is in their calendar unless `is_in_calendar` says not.
    `said` is when messages of this version went out, by kind; `told_starts_at` is the start in the last: if anybody asked.
    """

    appointment_id: int
    reference: str
    version: int
    state: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    manage_nonce: str
    manage_digest: str
    contacts: Contacts
    authority: AuthorityFacts
    site: SiteFacts
    services: tuple[ServiceFacts, ...]
    paper_answers: Mapping[str, Any] = field(default_factory=dict)
    awaits_rebooking: bool = False
    join_url: str = ""
    is_rung_instead: bool = False
    support_needs: tuple[str, ...] = ()
    unmet_needs: tuple[str, ...] = ()
    spoken_language: str = ""
    arrangements: Mapping[str, ArrangementState] = field(default_factory=dict)
    told_starts_at: datetime | None = None
    said: Mapping[str, datetime] = field(default_factory=dict)
    offer: OfferedTime | None = None
    owner_since: int = 1
    is_in_calendar: bool = True
    former: Mapping[int, FormerOwner] = field(default_factory=dict)  # by the version of the hand-over
    moved_by: str = ""
    confirming: ConfirmFacts = NOT_ASKED
    not_needed: str = ""  # why nobody needs to come: `papers` were accepted, or `hidden` where no message says of what
    answers: Mapping[int, TextAnswer] = field(default_factory=dict)  # by the number of the text
    site_texts: Mapping[int, SiteText] = field(default_factory=dict)  # by the number of the message
    resident_id: int = 0
    same_day: tuple[MessageFacts, ...] = ()  # other appointments of theirs on that day, which the same message tells
    mail_address: str = ""  # to which email about the appointment goes; nothing where messages go by other channels
    can_be_cancelled: bool = True  # by who gets the message, when they get it
    asked_at: datetime | None = None  # when they first asked for help, where the appointment follows from that
    missing_before: tuple[str, ...] = ()  # of their papers, when they came before
    hidden_names: tuple[str, ...] = ()  # of services, in every language, that stand in no message
    after: AfterVisit = NOTHING_SAID
    progress: ProgressNews = NO_NEWS

    def at(self, now: datetime) -> MessageFacts:
        """The facts of a message that is written now."""
        cutoff = max((service.cancel_cutoff_minutes for service in self.services), default=0)
        is_early, others = now < self.starts_at - timedelta(minutes=cutoff), tuple(one.at(now) for one in self.same_day)
        is_changed = is_early != self.can_be_cancelled or others
        return replace(self, can_be_cancelled=is_early, same_day=others) if is_changed else self

    def for_kind(self, kind: str) -> MessageFacts:
        """The facts of a message of `kind`; for whom it was not meant, those that they knew, and no key to it."""
        if family_of(kind) == TEXT_ANSWER:
            return replace(self, contacts=self.answers.get(number_of(kind), NO_ANSWER).contacts_in(self.contacts))
        if family_of(kind) != HANDED_OVER:
            return self
        owner = self.former.get(number_of(kind), NOBODY)
        return replace(
            self,
            version=owner.last_version,
            state=State.CANCELLED_BY_AUTHORITY,
            starts_at=owner.starts_at,
            ends_at=owner.ends_at,
            changed_at=owner.at,
            manage_nonce="",
            manage_digest="",
            contacts=owner.contacts,
            owner_since=owner.since,
            support_needs=(),
            paper_answers={},
            unmet_needs=(),
            arrangements={},
            is_in_calendar=owner.is_in_calendar,
        )

    def site_text_of(self, kind: str) -> SiteText:
        """What staff wrote, of a message of such a kind, without names that are hidden; nothing of another."""
        text = self.site_texts.get(number_of(kind), NO_SITE_TEXT) if family_of(kind) == SITE_MESSAGE else NO_SITE_TEXT
        return text.without(self.hidden_names) if self.hidden_names and text != NO_SITE_TEXT else text

    @property
    def as_told(self) -> MessageFacts:
        """The appointment at the time that people were told last; unchanged where they were told none."""
        start = self.told_starts_at or self.starts_at
        length = self.ends_at - self.starts_at
        return self if start == self.starts_at else replace(self, starts_at=start, ends_at=start + length)

    @property
    def number_to_ring(self) -> str:
        """The number of whoever acts for the resident, or else the resident's own; empty for none."""
        acting, resident = self.contacts.representative, self.contacts.resident
        return (acting.phone if acting else "") or resident.phone


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row that a worker has for the length of its lease. `fencing_token` 1 says that nobody had it before.

    Those `joined` are told in the same message, and each has a try and an end of its own.
    """

    id: int
    authority_id: int
    appointment_id: int
    version: int
    kind: str
    channel: str
    useful_until: datetime
    fencing_token: int
    due_at: datetime
    instead_of: str = ""
    joined: tuple[ClaimedRow, ...] = ()

    @property
    def each(self) -> tuple[ClaimedRow, ...]:
        """This row, and those that are told in the same message."""
        return (replace(self, joined=()), *self.joined) if self.joined else (self,)

    @property
    def failed_channels(self) -> frozenset[str]:
        """The channels that failed for this message before."""
        return frozenset(self.instead_of.split(",")) if self.instead_of else frozenset()

    @property
    def reference(self) -> str:
        """Our own reference, the same for every try: a provider is queried by it, and the Message-ID is made of it."""
        return reference_of(self.id, self.version)


def reference_of(notification_id: int, version: int) -> str:
    """Our own reference of the message of this row."""
    return f"notification-{notification_id}-{version}"


@dataclass(frozen=True, slots=True)
class EarlierTries:
    """What is known of earlier tries: how many, whether one arrived, and how many may have arrived.

    The `references` are those of the messages of which that is not known, the last one last. It `goes_alone` when the last
    one could not be written, by a mistake of ours: what else was to be in that message is not to blame.
    """

    tries: int = 0
    arrived: bool = False
    doubts: int = 0
    references: tuple[str, ...] = ()
    goes_alone: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether one may have arrived."""
        return self.doubts > 0


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A claimed row with all that its message needs."""

    claimed: ClaimedRow
    facts: MessageFacts
    delivery: Delivery
    earlier: EarlierTries


@dataclass(frozen=True, slots=True)
class Closed:
    """A row that is not sent, or not tried again: its last status, and why."""

    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is not sent for the time being, and looked at again at `until`."""

    until: datetime
    reason: str


def decide_delivery(
    row: ClaimedRow, facts: MessageFacts | None, earlier: EarlierTries, rules: ChannelRules, now: datetime
) -> ReadyMessage | Held | Closed:
    """Whether a message is sent for `row`, with all that it needs, or how the row is held or closed instead."""
    if earlier.arrived:
        return Closed(SENT)
    if facts is None or not is_current(
        row.kind, version=row.version, now_version=facts.version, now_state=facts.state, owner_since=facts.owner_since
    ):
        return Closed(VOID, SUPERSEDED)
    if closed := _closed_by_kind(row, facts):
        return closed
    off = facts.authority.kinds_off
    if off and is_off(kinds_off_of(off), row.kind, facts.mode, row.due_at, version=row.version):
        return Closed(VOID, SWITCHED_OFF)
    who = one.at(now, facts.authority.zone) if (one := facts.for_kind(row.kind).contacts).told_until else one
    found = deliveries_for(who, row.kind, replace(rules, orders=facts.authority.message_channels), row.failed_channels)
    if isinstance(found, Withheld):
        return Closed(WITHHELD, found.code)
    if (delivery := next((one for one in found if one.channel == row.channel), None)) is None:
        return Closed(WITHHELD, OTHER_CHANNEL)
    if facts.awaits_rebooking and family_of(row.kind) == REMINDER:
        return _held(row, now)
    return at_its_hour(row, facts, now) or ReadyMessage(row, facts, delivery, earlier)


def _closed_by_kind(row: ClaimedRow, facts: MessageFacts) -> Closed | None:
    """How a message of this kind is closed that is not true of the appointment any more, or not to be said now."""
    family, is_over = family_of(row.kind), facts.offer is None and family_of(row.kind) in OFFERS
    is_over |= family in AFTER_VISIT and tells_nothing(row.kind, facts.after, facts.progress)
    if is_over or (family == GOING_AHEAD and facts.awaits_rebooking):
        return Closed(VOID, SUPERSEDED)  # gone since, or in doubt by another closure
    if family == MISSED and facts.awaits_rebooking:
        return Closed(WITHHELD, AWAITS_REBOOKING)  # it could not take place: nobody is to blame
    if family == TO_CONFIRM and (code := why_not_asked(facts.confirming, facts.contacts, facts.awaits_rebooking)):
        return Closed(VOID, code)
    text = facts.site_text_of(row.kind)
    if text is not NO_SITE_TEXT and not text.concerns(facts.site.id, facts.starts_at, facts.authority.zone):
        return Closed(VOID, SUPERSEDED)
    return None


def at_its_hour(row: ClaimedRow, facts: MessageFacts, now: datetime) -> Held | Closed | None:
    """None where it may go now; else how it waits for its hour, or is left out."""
    apart = timedelta(hours=facts.authority.reminders_apart_hours)
    if facts.said and says_it_again(row.kind, facts.said, apart, now):
        return Closed(WITHHELD, TOLD_ALREADY)
    if row.channel not in AUDIBLE:
        return None
    wanted, council = facts.for_kind(row.kind).contacts.safe_hours, rules_of_council(facts.authority)
    if (at := goes_at(row.kind, row.channel, wanted, council, facts.as_told.starts_at, now)) <= now:
        return None
    return Held(at, QUIET_HOURS) if at < row.useful_until else Closed(WITHHELD, QUIET_HOURS)


def _held(row: ClaimedRow, now: datetime) -> Held | Closed:
    """Held for as long as the message is of use: the visit may yet take place as booked."""
    until = now + HELD_FOR
    return Held(until, AWAITS_REBOOKING) if until < row.useful_until else Closed(WITHHELD, AWAITS_REBOOKING)
