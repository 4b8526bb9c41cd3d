"""Values that pass between the outbox, its queue and the sending of messages: codes and frozen facts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from reminders.recipients import Contacts

# Of a notification.
PENDING, SENT, FAILED, VOID, LATE, WITHHELD = "pending", "sent", "failed", "void", "late", "withheld"
# Of a try: sent, failed for now, refused for good, or unclear (it may have arrived). A try without one is running.
SENT_OUTCOME, FAILED_OUTCOME, REFUSED_OUTCOME, UNCLEAR_OUTCOME = "sent", "failed", "refused", "unclear"
UNAVAILABLE_OUTCOME = "unavailable"  # of the channel: no try was made, and nothing is recorded


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a message says of an appointment, and whom it concerns. Instants are aware, in UTC; `authority` has the zone."""

    appointment_id: int
    reference: str
    version: int
    state: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    manage_nonce: str
    contacts: Contacts
    authority: AuthorityFacts
    site: SiteFacts
    services: tuple[ServiceFacts, ...]


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
