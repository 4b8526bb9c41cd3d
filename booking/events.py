"""The events of booking. Subscribers run inside the transaction of the operation and write their rows in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from blinker import Signal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

from booking.states import ContactChange
from locations.model import AuthorityFacts

# With whom staff spoke while they made a change: that person has heard it.
RESIDENT, REPRESENTATIVE = "resident", "representative"
# The fact of an installation: for how long a change by staff can be taken back, and is told to nobody.
UNDO_FOR = "undo_for"

What = Literal[
    "booked",
    "imported",
    "rescheduled",
    "cancelled",
    "put_back",
    "moved",
    "details",
    "contact",
    "arranged",
    "handed_over",
    "offered",
    "kept",
    "earlier",
    "earlier_gone",
    "wish_paused",
    "summarised",
    "progressed",
]


@dataclass(frozen=True, slots=True)
class PlanningFacts:
    """What decides which messages an appointment is owed. The plan is its first service's, or else the authority's."""

    authority_id: int
    appointment_id: int
    version: int
    state: str
    starts_at: datetime
    is_walk_in: bool
    zone: str
    reminder_plan: tuple[Mapping[str, Any], ...]
    channel: str = ""  # by which it was booked
    owner_since: int = 1  # the version with which it became its resident's
    division: str = "england-and-wales"  # whose bank holidays count
    reminders_apart: timedelta = timedelta(hours=12)
    missed_after: timedelta | None = None  # they are written to when they did not come; None for never


def facts_of_new(
    council: AuthorityFacts,
    reminder_plan: tuple[Mapping[str, Any], ...],
    appointment_id: int,
    state: str,
    starts_at: datetime,
) -> PlanningFacts:
    """What decides which messages a new appointment is owed, whose channel is not known yet."""
    return PlanningFacts(
        authority_id=council.id,
        appointment_id=appointment_id,
        version=1,
        state=state,
        starts_at=starts_at,
        is_walk_in=False,
        zone=council.zone,
        division=council.division,
        reminder_plan=reminder_plan,
        reminders_apart=timedelta(hours=council.reminders_apart_hours),
    )


@dataclass(frozen=True)
class AppointmentChange:
    """One change of an appointment: `what` happened, to which version, when; with facts where the operation has them all.

    `arrangement` counts the decisions about what the council arranges, with the one that has just been made; `offer` is the
    number of the proposal that has just been made, and `answer_by` when it ends. An offer is `earlier` when whoever has the
    appointment waits for one; where a wish is paused, `offer` is the last one that was not answered, and
    where it is `earlier_gone` the one that another person was quicker to take. Nobody is told of it before `told_after`,
    while whoever made it can take it back. It `undoes` the change that was made at that moment. Staff `spoke_with` the
    resident or their representative while they made it; it is empty where nobody knows.
    """

    authority_id: int
    appointment_id: int
    version: int
    what: What
    now: datetime
    facts: PlanningFacts | None = None
    contact: ContactChange | None = None
    arrangement: int = 0
    offer: int = 0
    answer_by: datetime | None = None
    told_after: timedelta = timedelta()
    undoes: datetime | None = None
    spoke_with: str = ""


# Sent with the database session: appointment_changed.send(session, change=AppointmentChange(...)).
appointment_changed = Signal("An appointment was booked, moved or changed.")


def announce(db: Session, change: AppointmentChange) -> None:
    """Send `change` to every subscriber, inside the running transaction."""
    db.flush()
    appointment_changed.send(db, change=change)


Readers = tuple[tuple[str, str], ...]

# Sent with the database session: readers_asked.send(session, appointment_id=...). The receiver answers with `Readers`.
readers_asked = Signal("Whom messages about an appointment reach is to be known.")


def readers_of(db: Session, appointment_id: int) -> Readers | None:
    """Whom messages reach as things stand, by channel and address: by a confirmation first, and by all that have the link.

    Two empty texts stand for nobody; None where no messages are sent at all.
    """
    db.flush()
    answers: list[Readers] = [found for _receiver, found in readers_asked.send(db, appointment_id=appointment_id)]
    return answers[0] if answers else None


@dataclass(frozen=True)
class WishChange:
    """What has become of a wish without an appointment; `number` is that of the last proposal, where there is one."""

    authority_id: int
    wish_id: int
    what: Literal["link", "offered", "gone", "paused", "left"]
    now: datetime
    number: int = 0


# Sent with the database session: wish_changed.send(session, change=WishChange(...)).
wish_changed = Signal("Somebody without an appointment waits, or was offered a time.")


def announce_wish(db: Session, change: WishChange) -> None:
    """Send `change` to every subscriber, inside the running transaction."""
    db.flush()
    wish_changed.send(db, change=change)


@dataclass(frozen=True)
class InvitationChange:
    """Somebody is invited, or is reminded of it."""

    authority_id: int
    invitation_id: int
    what: Literal["invited", "reminder"]
    now: datetime


# Sent with the database session: invitation_changed.send(session, change=InvitationChange(...)).
invitation_changed = Signal("Somebody is invited, or reminded of it.")


def announce_invitation(db: Session, change: InvitationChange) -> None:
    """Send `change` to every subscriber, inside the running transaction."""
    db.flush()
    invitation_changed.send(db, change=change)


@dataclass(frozen=True)
class VisitCall:
    """A desk has called somebody who asked for a text then."""

    authority_id: int
    visit_id: int
    called_at: datetime


# Sent with the database session: visit_called.send(session, call=VisitCall(...)).
visit_called = Signal("A desk has called somebody who asked for a text then.")


def announce_call(db: Session, call: VisitCall) -> None:
    """Send `call` to every subscriber, inside the running transaction."""
    db.flush()
    visit_called.send(db, call=call)


@dataclass(frozen=True)
class ManageLinkRequest:
    """A request for the manage link by somebody who knows reference and surname; it goes to the address on record."""

    authority_id: int
    appointment_id: int
    now: datetime


# Sent with the database session: manage_link_requested.send(session, request=ManageLinkRequest(...)).
manage_link_requested = Signal("The manage link of an appointment was requested.")


def announce_link_request(db: Session, request: ManageLinkRequest) -> None:
    """Send `request` to every subscriber, inside the running transaction."""
    db.flush()
    manage_link_requested.send(db, request=request)


@dataclass(frozen=True)
class Confirmed:
    """Somebody has said that they come to this version of the appointment."""

    appointment_id: int
    version: int
    now: datetime


# Sent with the database session: appointment_confirmed.send(session, confirmed=Confirmed(...)).
appointment_confirmed = Signal("Somebody has said that they come.")


def announce_confirmed(db: Session, confirmed: Confirmed) -> None:
    """Send `confirmed` to every subscriber, inside the running transaction."""
    db.flush()
    appointment_confirmed.send(db, confirmed=confirmed)
