"""What a text from a resident means, and which of their appointments it is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from people.residents.details import name_tokens, phone_key
from reminders.contacts import Contacts, OwnContact, Person
from reminders.recipients import EARLIER_TIME, TEXT


class Meaning(StrEnum):
    """What somebody wants by a text. A number answers a question of ours."""

    CANCEL = "cancel"
    CONFIRM = "confirm"
    DECLINE = "decline"
    STOP = "stop"
    NUMBER = "number"
    OTHER = "other"


class Outcome(StrEnum):
    """What has become of a text. The first five are decided, and not done yet."""

    CANCEL = "cancel"
    CONFIRM = "confirm"
    ACCEPT = "accept"
    DECLINE = "decline"
    STOP = "stop"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"  # the other time that was offered
    DECLINED = "declined"
    KEPT = "kept"  # the appointment: they did not want an earlier time
    ASKED = "asked"  # which of several appointments they mean
    TOO_LATE = "too_late"  # to cancel by text
    STOPPED = "stopped"  # they get no more texts
    REPEATED = "repeated"  # the same again: nothing is done twice
    TO_READ = "to_read"
    UNKNOWN = "unknown"  # nobody's number


# English and Welsh.
_MEANINGS: Mapping[str, Meaning] = {
    "cancel": Meaning.CANCEL,
    "canslo": Meaning.CANCEL,
    "confirm": Meaning.CONFIRM,
    "confirmed": Meaning.CONFIRM,
    "yes": Meaning.CONFIRM,
    "cadarnhau": Meaning.CONFIRM,
    "ie": Meaning.CONFIRM,
    "no": Meaning.DECLINE,
    "na": Meaning.DECLINE,
    "stop": Meaning.STOP,
    "stopio": Meaning.STOP,
    "unsubscribe": Meaning.STOP,
}
_POLITE = frozenset({"please", "thanks", "thank", "you", "os", "gwelwch", "yn", "dda", "diolch"})
FOR_STAFF = (Outcome.TO_READ, Outcome.UNKNOWN, Outcome.TOO_LATE, Outcome.STOPPED)
MOST_CHOICES = 5  # with their days and times they fit into two segments
REPEATED_WITHIN = timedelta(minutes=10)
QUESTION_IS_OPEN = timedelta(days=1)
TOGETHER = timedelta(minutes=10)  # two texts that somebody gets in this time: either may be meant


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text says: alone, or with the number of one of several appointments."""

    meaning: Meaning
    number: int = 0


@dataclass(frozen=True, slots=True)
class SentText:
    """A text of ours to the number, but for answers: about which appointment and when.

    Where it offered another time, `offer` is the family of that message and `number` that of the offer.
    """

    appointment_id: int
    at: datetime
    offer: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A time that is held now for an appointment: the offer of this number, by the proposal of this id."""

    number: int
    proposal_id: int


@dataclass(frozen=True, slots=True)
class WaitingOffer:
    """A time that is held now for somebody who waits without an appointment, and when a text told them of it."""

    proposal_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EarlierText:
    """The last text that came from the number before this one, and what became of it; no outcome while it is decided."""

    answer: Answer
    outcome: Outcome | None
    at: datetime
    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TextHistory:
    """Of a number: its appointments to come, the soonest first, texts to it, the newest first, and the last from it.

    `offers` has by the appointment's id what is held for it; those `to_rebook` cannot take place as they are booked.
    `waiting` is what was offered last to somebody without an appointment.
    """

    to_come: Sequence[int] = ()
    sent: Sequence[SentText] = ()
    earlier: EarlierText | None = None
    offers: Mapping[int, OpenOffer] = field(default_factory=dict)
    to_rebook: frozenset[int] = frozenset()
    waiting: WaitingOffer | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a text, and to which appointment. `choices` are those that we ask about, as they are numbered.

    The proposal of this id, and no later one, is accepted or declined; without an appointment, that of a wish.
    """

    outcome: Outcome
    appointment_id: int | None = None
    choices: tuple[int, ...] = ()
    proposal_id: int | None = None


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """What we say to a text from `number`: what became of it, and the starts of the appointments that we ask about."""

    outcome: str
    number: str
    choices: tuple[datetime, ...] = ()

    def contacts_in(self, contacts: Contacts) -> Contacts:
        """Whoever wrote, with the number from which they did, and nobody else."""
        helper = contacts.representative
        is_helper = helper is not None and phone_key(helper.phone) == phone_key(self.number)
        resident = Person(contacts.resident.name, phone="" if is_helper else self.number)
        acting = Person(helper.name, phone=self.number) if helper and is_helper else None
        only = replace(contacts, preference=TEXT, do_not_text=False, own=OwnContact())
        return replace(only, resident=resident, representative=acting)


NO_ANSWER = TextAnswer("", "")


def answer_of(text: str) -> Answer:
    """What `text` says. It must be the word alone, politely or with a number: "Please do not cancel" is for a person."""
    words = [word for word in name_tokens(text) if word not in _POLITE]
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    meanings = [_MEANINGS[word] for word in words if word in _MEANINGS]
    number = int(numbers[0][:3]) if numbers else 0
    if len(words) > 2 or len(meanings) + len(numbers) != len(words) or len(meanings) > 1 or len(numbers) > 1:
        return Answer(Meaning.OTHER)
    if meanings:
        return Answer(meanings[0], number)
    return Answer(Meaning.NUMBER, number) if numbers else Answer(Meaning.OTHER)


def decide(answer: Answer, known: TextHistory, now: datetime) -> Decision:
    """What is done about an answer from a number of which this is known."""
    first = next(iter(known.to_come), None)
    if answer.meaning is Meaning.OTHER:
        return Decision(Outcome.TO_READ, first)
    if _is_repeated(answer, known.earlier, now):
        return Decision(Outcome.REPEATED)
    if answer.meaning is Meaning.STOP:  # whatever the appointment: nothing happens to it
        return Decision(Outcome.STOP, next((sent.appointment_id for sent in known.sent), first))
    if answer.number:
        return _chosen(answer, known, now) or Decision(Outcome.TO_READ, first)
    last = next(iter(known.sent), None)
    if known.waiting is not None and (last is None or last.at < known.waiting.at + TOGETHER):
        return _of_wish(answer.meaning, known.waiting, last, first)
    if not known.to_come:
        return Decision(Outcome.TO_READ)
    if last is not None and last.appointment_id not in known.to_come:  # they answer about one that is over
        return Decision(Outcome.TO_READ, last.appointment_id)
    meant = _meant(known)
    if meant is None:
        return Decision(Outcome.ASKED, first, tuple(known.to_come[:MOST_CHOICES]))
    return _of_appointment(answer.meaning, meant, known)


def _of_wish(meaning: Meaning, offer: WaitingOffer, last: SentText | None, first: int | None) -> Decision:
    """What they want of the time that was offered by the last text; a person reads what may be about another text too."""
    is_clear = last is None or last.at + TOGETHER < offer.at
    if not is_clear or meaning not in (Meaning.CONFIRM, Meaning.DECLINE):
        return Decision(Outcome.TO_READ, first)
    outcome = Outcome.ACCEPT if meaning is Meaning.CONFIRM else Outcome.DECLINE
    return Decision(outcome, proposal_id=offer.proposal_id)


def _chosen(answer: Answer, known: TextHistory, now: datetime) -> Decision | None:
    """What the number of an appointment says in answer to our question; None where we have asked none that it answers."""
    asked = known.earlier
    if asked is None or asked.outcome is not Outcome.ASKED or now - asked.at > QUESTION_IS_OPEN:
        return None
    meant = asked.choices[answer.number - 1] if 1 <= answer.number <= len(asked.choices) else None
    meaning = asked.answer.meaning if answer.meaning is Meaning.NUMBER else answer.meaning
    if meant is None or meant not in known.to_come:
        return None
    return _of_appointment(meaning, meant, known)


def _is_repeated(answer: Answer, earlier: EarlierText | None, now: datetime) -> bool:
    return earlier is not None and earlier.answer == answer and now - earlier.at <= REPEATED_WITHIN


def _meant(known: TextHistory) -> int | None:
    """The appointment of the last text, or the only one where no text was sent; None where we have to ask."""
    last = next(iter(known.sent), None)
    if last is None:
        return known.to_come[0] if len(known.to_come) == 1 else None
    just_told = {sent.appointment_id for sent in known.sent if last.at - sent.at <= TOGETHER}
    is_clear = last.appointment_id in known.to_come and len(just_told.intersection(known.to_come)) == 1
    return last.appointment_id if is_clear else None


def _of_appointment(meaning: Meaning, meant: int, known: TextHistory) -> Decision:
    """What they want of this appointment. Yes and no are about the time that the last text about it has offered.

    Where it is not clear, or that time is held no longer, somebody reads the text. Nobody confirms a visit that cannot take
    place, and whoever answers CANCEL to an earlier time may mean either.
    """
    offer, number = next(((one.offer, one.number) for one in known.sent if one.appointment_id == meant), ("", 0))
    held = known.offers.get(meant)
    if not offer or held is None or held.number != number:
        held = None
    if meaning is Meaning.CANCEL:
        return Decision(Outcome.TO_READ if held and offer == EARLIER_TIME else Outcome.CANCEL, meant)
    if held:
        outcome = Outcome.ACCEPT if meaning is Meaning.CONFIRM else Outcome.DECLINE
        return Decision(outcome, meant, proposal_id=held.proposal_id)
    is_clear = meaning is Meaning.CONFIRM and not offer and meant not in known.to_rebook
    return Decision(Outcome.CONFIRM if is_clear else Outcome.TO_READ, meant)
