"""The delivery of a message: what is known of a claimed row, and what is done before it is sent and after a try. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.calendar.event import PhoneCall, phone_call
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from reminders.due_times import REMINDER, family_of, is_current
from reminders.reasons import AWAITS_REBOOKING, GAVE_UP, OTHER_CHANNEL, SUPERSEDED, TOO_LATE, with_detail
from reminders.recipients import ChannelRules, Contacts, Delivery, Withheld, deliveries_for

# Of a notification.
PENDING, SENT, FAILED, VOID, LATE, WITHHELD = "pending", "sent", "failed", "void", "late", "withheld"
# Of a try: sent, failed for now, refused for good, or unclear (it may have arrived). A try without one is running.
SENT_OUTCOME, FAILED_OUTCOME, REFUSED_OUTCOME, UNCLEAR_OUTCOME = "sent", "failed", "refused", "unclear"
UNAVAILABLE_OUTCOME = "unavailable"  # of the channel: no try was made, and nothing is recorded

# The first try and 14 more, doubling from 1 s: 1 + 2 + ... + 8,192 = 16,383 s, about 4.5 h.
RETRIES = 14
FIRST_WAIT = timedelta(seconds=1)
HELD_FOR = timedelta(minutes=10)  # until a held message is looked at again
LONGEST_PAUSE = timedelta(minutes=5)  # of a channel: one that works again is noticed within it


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a message says of an appointment, and whom it concerns. Instants are aware, in UTC; `authority` has the zone.

    While it `awaits_rebooking` it cannot take place as it is booked, and somebody is to be told of another time.
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
    awaits_rebooking: bool = False
    join_url: str = ""

    @property
    def phone_call(self) -> PhoneCall | None:
        """The call of a telephone appointment; None for another mode."""
        acting, resident = self.contacts.representative, self.contacts.resident
        acting_phone = acting.phone if acting else ""
        return phone_call(self.mode, self.site, self.starts_at, phone=resident.phone, acting_phone=acting_phone)


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row that a worker has for the length of its lease. `fencing_token` 1 says that nobody had it before."""

    id: int
    authority_id: int
    appointment_id: int
    version: int
    kind: str
    channel: str
    useful_until: datetime
    fencing_token: int

    @property
    def reference(self) -> str:
        """Our own reference, the same for every try: a provider is queried by it, and the Message-ID is made of it."""
        return f"notification-{self.id}-{self.version}"


@dataclass(frozen=True, slots=True)
class EarlierTries:
    """What is known of earlier tries: how many, whether one arrived, whether one may have arrived."""

    tries: int = 0
    arrived: bool = False
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of a try. `tries` counts this one too; `error` is a reason as in `reminders.reasons`."""

    claimed: ClaimedRow
    outcome: str
    tries: int
    provider_reference: str = ""
    error: str = ""


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


@dataclass(frozen=True, slots=True)
class Retry:
    """A row that is tried again, at `at`."""

    at: datetime


def decide_delivery(
    row: ClaimedRow, facts: MessageFacts | None, earlier: EarlierTries, rules: ChannelRules, now: datetime
) -> ReadyMessage | Held | Closed:
    """Whether a message is sent for `row`, with all that it needs, or how the row is held or closed instead."""
    if earlier.arrived:
        return Closed(SENT)
    if facts is None or not is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state):
        return Closed(VOID, SUPERSEDED)
    if earlier.tries > RETRIES:
        return Closed(FAILED, GAVE_UP)
    found = deliveries_for(facts.contacts, row.kind, rules)
    if isinstance(found, Withheld):
        return Closed(WITHHELD, found.code)
    delivery = next((delivery for delivery in found if delivery.channel == row.channel), None)
    if delivery is None:
        return Closed(WITHHELD, OTHER_CHANNEL)
    if facts.awaits_rebooking and family_of(row.kind) == REMINDER:
        return _held(row, now)
    return ReadyMessage(row, facts, delivery, earlier)


def _held(row: ClaimedRow, now: datetime) -> Held | Closed:
    """Held for as long as the message is of use: the visit may yet take place as booked."""
    until = now + HELD_FOR
    return Held(until, AWAITS_REBOOKING) if until < row.useful_until else Closed(WITHHELD, AWAITS_REBOOKING)


def decide_after_failure(result: DeliveryResult, now: datetime) -> Retry | Closed:
    """What follows a try that did not succeed."""
    next_try_at = now + wait_after(result.tries)
    if result.outcome == REFUSED_OUTCOME:
        return Closed(FAILED, result.error)
    if result.tries > RETRIES:
        return Closed(FAILED, with_detail(GAVE_UP, result.error))
    if next_try_at >= result.claimed.useful_until:
        return Closed(LATE, with_detail(TOO_LATE, result.error))
    return Retry(next_try_at)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the try of this number, counted from 1: 1 s, 2 s, 4 s, ..."""
    wait: timedelta = FIRST_WAIT * 2 ** (tries - 1)
    return wait


@dataclass
class Pause:
    """How long a channel is left alone after it refused this service: 1 s, 2 s, 4 s, ... and 5 minutes at the most."""

    refusals: int = 0
    until: datetime | None = None

    def begin(self, now: datetime) -> datetime:
        """When the pause that begins now ends; it is longer than the one before."""
        self.refusals += 1
        self.until = now + min(wait_after(min(self.refusals, RETRIES)), LONGEST_PAUSE)
        return self.until

    def is_on(self, now: datetime) -> bool:
        """Whether it lasts. A clock that was set back does not make it longer than the longest."""
        return self.until is not None and self.until - LONGEST_PAUSE <= now < self.until

    def reset(self) -> None:
        """Start again from the shortest pause: the channel took a message."""
        self.refusals, self.until = 0, None
