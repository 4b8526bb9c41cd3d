"""One try: what is to be said about a claimed row, and how handing it over ended. No transaction is open here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from core.errors import DeliveryFailed
from reminders.appointment_queries import MessageFacts
from reminders.channels.base import ChannelUnavailable, DeliveryUnclear, Line, Message
from reminders.channels.headers import one_line
from reminders.messages import Writer
from reminders.outbox import FAILED, SENT, SUPERSEDED, VOID, WITHHELD
from reminders.plan import is_current
from reminders.queue import Claimed, Earlier, Ending
from reminders.recipients import Recipient, Withheld, email_recipient

# The first try and 14 more, doubling from 1 s: 1 + 2 + ... + 8,192 = 16,383 s, about 4.5 h.
RETRIES = 14
MISTAKE = "A mistake in the program; see the log."
TEXT_LENGTH = 200  # of what a provider says: with words of ours before it, it fits every column that keeps it
GAVE_UP = "Gave up after the last try."
SENT_OUTCOME, FAILED_OUTCOME, UNCLEAR_OUTCOME, REFUSED_OUTCOME = "sent", "failed", "unclear", "refused"
UNAVAILABLE_OUTCOME = "no channel"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed row with all that its message needs."""

    claimed: Claimed
    facts: MessageFacts
    recipient: Recipient
    earlier: Earlier


@dataclass(frozen=True, slots=True)
class Settled:
    """A row that is not to be sent: the state it ends in, and why."""

    state: str
    reason: str = ""


def verdict_on(row: Claimed, facts: MessageFacts | None, earlier: Earlier) -> Ready | Settled:
    """Whether a message is to be sent for `row`, with all that it needs, or how the row is settled instead."""
    if earlier.arrived:
        return Settled(SENT)
    if facts is None or not is_current(row.kind, version=row.version, now_version=facts.version, now_state=facts.state):
        return Settled(VOID, SUPERSEDED)
    if earlier.tries > RETRIES:
        return Settled(FAILED, GAVE_UP)
    recipient = email_recipient(facts, row.kind)
    if isinstance(recipient, Withheld):
        return Settled(WITHHELD, recipient.reason)
    return Ready(row, facts, recipient, earlier)


def attempt(line: Line, writer: Writer, one: Ready, now: datetime) -> Ending:
    """How one try ended. It never raises: whatever goes wrong with one message must not stop the others.

    With the outcome UNAVAILABLE_OUTCOME no try was made, and the next message would fare no better.
    """
    try:
        reference = line.send(written(writer, one, now))
    except ChannelUnavailable as error:
        return ending(one, UNAVAILABLE_OUTCOME, error=error.detail)
    except DeliveryUnclear as error:
        return ending(one, UNCLEAR_OUTCOME, error=error.detail)
    except DeliveryFailed as error:
        return ending(one, REFUSED_OUTCOME if error.permanent else FAILED_OUTCOME, error=error.detail)
    except Exception:  # a mistake of ours in one message; the log has it, and a later release may mend it
        log.exception("A message could not be written or handed over: notification %s", one.claimed.id)
        return ending(one, FAILED_OUTCOME, error=MISTAKE)
    return ending(one, SENT_OUTCOME, reference=reference)


def known_ending(one: Ready, error: DeliveryFailed | None = None) -> Ending:
    """The ending of a try that was not made: the provider has the message already, or could not be asked."""
    if error is None:
        return ending(one, SENT_OUTCOME, reference="It had arrived already.")
    return ending(one, FAILED_OUTCOME, error=f"The provider could not be asked: {error.detail}")


def ending(one: Ready, outcome: str, *, reference: str = "", error: str = "") -> Ending:
    """The ending of a try of `one`. What the provider said is cleaned and cut here, whichever channel it came by."""
    said, wrong = one_line(reference)[:TEXT_LENGTH], one_line(error)[:TEXT_LENGTH]
    return Ending(one.claimed, outcome, one.earlier.tries + 1, provider_reference=said, error=wrong)


def written(writer: Writer, one: Ready, now: datetime) -> Message:
    """The message of `one`, in words."""
    words = writer.write(one.claimed.kind, one.facts, one.recipient)
    return Message(
        notification_id=one.claimed.id,
        authority_id=one.claimed.authority_id,
        reference=one.claimed.reference,
        to_name=one.recipient.name,
        to_email=one.recipient.email,
        sender_name=one.facts.authority.name,
        reply_to=one.facts.authority.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        calendar=words.calendar,
        calendar_method=words.calendar_method,
        at=now,
    )
