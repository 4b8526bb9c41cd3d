"""The rules of an appointment: its states and the moves between them, modes, channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """The state of an appointment."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    ATTENDED = "attended"
    CANCELLED_BY_RESIDENT = "cancelled_by_resident"
    CANCELLED_BY_AUTHORITY = "cancelled_by_authority"
    DID_NOT_ATTEND = "did_not_attend"
    LEFT_BEFORE_SEEN = "left_before_seen"
    NOT_COMPLETED = "not_completed"


MOVES: dict[State, frozenset[State]] = {
    State.BOOKED: frozenset(
        {State.ARRIVED, State.CANCELLED_BY_RESIDENT, State.CANCELLED_BY_AUTHORITY, State.DID_NOT_ATTEND}
    ),
    State.ARRIVED: frozenset({State.IN_PROGRESS, State.LEFT_BEFORE_SEEN}),
    State.IN_PROGRESS: frozenset({State.ATTENDED, State.NOT_COMPLETED}),
}

# A wrong click at the front desk can be put right for a day; after that it stays as it is.
CORRECTION_PERIOD = timedelta(hours=24)
WRITTEN_FOR = timedelta(days=7)
"""How long after the day of a visit its words can be written or changed: a message about them is of use so long."""
# A bearer link ends with its appointment; the day lets somebody look up what was agreed.
LINK_OUTLIVES = timedelta(days=1)
# Somebody may be rung so long before their time, and it is noted so often at most that nobody answered.
RUNG_EARLY = timedelta(minutes=15)
MOST_UNANSWERED = 9
# Who prefers these gets no email, even when there is an address.
WITHOUT_EMAIL = ("none", "letter")
CORRECTIONS: dict[State, frozenset[State]] = {
    State.ARRIVED: frozenset({State.BOOKED}),
    State.IN_PROGRESS: frozenset({State.ARRIVED}),
    State.ATTENDED: frozenset({State.IN_PROGRESS}),
    State.NOT_COMPLETED: frozenset({State.IN_PROGRESS}),
    State.LEFT_BEFORE_SEEN: frozenset({State.ARRIVED}),
    State.DID_NOT_ATTEND: frozenset({State.BOOKED}),
}

OPEN = frozenset({State.BOOKED, State.ARRIVED, State.IN_PROGRESS})  # the visit is still to come, or goes on
BY_RESIDENT, BY_COUNCIL = "resident", "authority"
"""Who wanted a change; what the council wanted is never counted against a resident."""
CANCELLED = frozenset({State.CANCELLED_BY_RESIDENT, State.CANCELLED_BY_AUTHORITY})
NEEDS_REASON = frozenset({State.NOT_COMPLETED, State.CANCELLED_BY_AUTHORITY})


def can_move(current: State, requested_state: State) -> bool:
    """Whether `current` may be followed by `requested_state`."""
    return requested_state in MOVES.get(current, frozenset())


def can_correct(current: State, requested_state: State, *, changed_at: datetime, now: datetime) -> bool:
    """Whether `current`, reached at `changed_at`, may still be put back to `requested_state`."""
    return requested_state in CORRECTIONS.get(current, frozenset()) and now - changed_at <= CORRECTION_PERIOD


def may_be_recorded(requested_state: State, *, starts_at: datetime, now: datetime) -> bool:
    """Whether it is time for `requested_state`: nobody can have failed to attend what has not begun."""
    return requested_state is not State.DID_NOT_ATTEND or now >= starts_at


def has_open_words(state: State, local_date: date, today: date) -> bool:
    """Whether words of an appointment in this state can be written: of who is at the desk, or was seen lately."""
    was_seen = state in (State.ATTENDED, State.NOT_COMPLETED)
    return State.NOT_COMPLETED in MOVES.get(state, ()) or (was_seen and may_write_words(local_date, today))


def may_write_words(local_date: date, today: date) -> bool:
    """Whether words of a visit on that day can still be written."""
    return timedelta() <= today - local_date <= WRITTEN_FOR


def may_ring_instead(mode: str, state: str, ends_at: datetime, now: datetime) -> bool:
    """Whether somebody can be rung instead of joining a video: the appointment is one by video that is not over."""
    return mode == "video" and state in (State.BOOKED, State.ARRIVED, State.IN_PROGRESS) and now < ends_at


def may_note_unanswered(state: str, starts_at: datetime, calls: int, now: datetime) -> bool:
    """Whether it can be noted that somebody who is to be rung did not answer: from shortly before their time on."""
    return state in OPEN and now >= starts_at - RUNG_EARLY and calls < MOST_UNANSWERED


def calls_of_time(calls: Iterable[str], starts_at: datetime) -> tuple[datetime, ...]:
    """When nobody answered at the time that begins at `starts_at`, without the calls of a time before it was moved."""
    instants = map(datetime.fromisoformat, calls)
    return tuple(at for at in instants if at >= starts_at - RUNG_EARLY)


def has_link_ended(ends_at: datetime, now: datetime) -> bool:
    """Whether the manage link of an appointment that ends at `ends_at`, cancelled or not, is over."""
    return now > ends_at + LINK_OUTLIVES


def written_to(preference: str, email: str, helper_email: str = "", *, mode: str = "") -> str:
    """The email address that confirmations go to, or nothing when none are sent: those of a video are always sent.

    For what booking decides by it: whose link is renewed. Everything else uses `reminders.recipients`; a test compares them.
    """
    return "" if preference in WITHOUT_EMAIL and mode != "video" else link_sent_to(email, helper_email)


def link_sent_to(email: str, helper_email: str = "") -> str:
    """The email address to which a lost link is sent, whatever is preferred. Who acts for somebody comes first."""
    return helper_email or email


@dataclass(frozen=True)
class Contact:
    """How somebody is reached about one appointment. `postal` has the lines of an address, the postcode last."""

    email: str
    phone: str
    preference: str
    leave_no_message: bool
    postal: str = ""


@dataclass(frozen=True, slots=True)
class ContactChange:
    """The contact of an appointment has changed: the number of the change, and the addresses.

    `had_address` says that messages went to an address before, `is_new_address` that they now go to another one.
    """

    number: int
    had_address: bool
    is_new_address: bool


CHANNELS = frozenset({"online", "phone", "counter", "api"})


@dataclass(frozen=True)
class ResidentView:
    """Who it is for. `postal` is empty where a letter came back from the address that is known."""

    id: int
    name: str
    email: str
    phone: str
    postcode: str
    language: str
    contact_preference: str
    do_not_text: bool
    leave_no_message: bool
    message_language: str
    safe_hours: str
    postal: str = ""
    known_postal: str = ""
    is_email_returned: bool = False
    uses_neutral_name: bool = False
    letter_format: str = ""


@dataclass(frozen=True)
class RepresentativeView:
    """Who acts for the resident, and on what basis; without a contact where it is noted that they are not told of visits.

    `told_until` is the last day on which they are, where one is noted.
    """

    id: int
    name: str
    basis: str
    email: str
    phone: str
    is_email_returned: bool = False
    address: str = ""
    postcode: str = ""
    is_post_returned: bool = False
    do_not_text: bool = False
    told_until: date | None = None
