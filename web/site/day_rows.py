"""An appointment as one row of the day list: everything in words, and what can be done with it next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.states import (
    BASES,
    CANCELLED,
    CORRECTIONS,
    MODES,
    MOVES,
    NEEDS,
    NEEDS_REASON,
    STATE_WORDS,
    State,
    can_correct,
    may_be_recorded,
)
from web.request_language import format_time

# What the front desk clicks, in the order of how often; the first that is possible is the green button.
DEEDS = (
    State.ARRIVED,
    State.IN_PROGRESS,
    State.ATTENDED,
    State.NOT_COMPLETED,
    State.LEFT_BEFORE_SEEN,
    State.DID_NOT_ATTEND,
)
DEED_WORDS = {
    State.ARRIVED: "Arrived",
    State.IN_PROGRESS: "Start",
    State.ATTENDED: "Attended",
    State.NOT_COMPLETED: "Not completed",
    State.LEFT_BEFORE_SEEN: "Left before being seen",
    State.DID_NOT_ATTEND: "Did not attend",
}
COLOURS = {
    State.BOOKED: "blue",
    State.ARRIVED: "yellow",
    State.IN_PROGRESS: "purple",
    State.ATTENDED: "green",
    State.NOT_COMPLETED: "orange",
    State.DID_NOT_ATTEND: "red",
    State.LEFT_BEFORE_SEEN: "red",
}


@dataclass(frozen=True)
class Deed:
    """A button of the row: the state that it leads to, and its words."""

    state: str
    words: str
    is_main: bool


@dataclass(frozen=True)
class Row:
    """One appointment of the list."""

    id: str
    reference: str
    spoken_reference: str
    version: int
    starts_at: datetime
    ends_at: datetime
    starts: str
    ends: str
    name: str
    phone: str
    rings: bool
    leave_no_message: bool
    services: str
    resources: str
    mode: str
    needs: tuple[str, ...]
    documents: tuple[str, ...]
    notes: str
    answers: tuple[tuple[str, str], ...]
    representative: str
    state: str
    state_words: str
    colour: str
    reason: str
    is_late: bool
    is_over: bool
    is_cancelled: bool
    is_walk_in: bool
    to_rebook: str
    deeds: tuple[Deed, ...]
    may_fail: bool
    undo_to: str

    kind = "row"

    @property
    def mark(self) -> str:
        """Changes when anything in the row does: a browser replaces only the rows whose mark is another one."""
        return mark_of(self)

    @property
    def said(self) -> str:
        """The row in one line, for the news: "10am Robin Sample: arrived"."""
        return f"{self.starts} {self.name}: {self.state_words.lower()}"


def mark_of(value: object) -> str:
    """A short digest of plain frozen values."""
    return sha256(repr(value).encode()).hexdigest()[:12]


def row_of(view: AppointmentView, now: datetime, *, may_record: bool, to_rebook: str = "") -> Row:
    """The row of an appointment, read at `now`."""
    zone = ZoneInfo(view.zone)
    state, phone = view.state, phone_of(view)
    return Row(
        id=f"a-{view.reference}",
        reference=view.reference,
        spoken_reference=view.spoken_reference,
        version=view.version,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        starts=format_time(view.starts_at.astimezone(zone)),
        ends=format_time(view.ends_at.astimezone(zone)),
        name=view.resident.name,
        phone=phone,
        rings=bool(phone) and (view.mode != "in_person" or bool(to_rebook)),
        leave_no_message=view.resident.leave_no_message,
        services=view.service_names,
        resources=", ".join(resource.name for resource in view.resources),
        mode=_(MODES[view.mode]) if view.mode != "in_person" else "",
        needs=tuple(needs_of(view)),
        documents=view.documents,
        notes=view.notes.strip(),
        answers=tuple((str(asked), str(said)) for asked, said in view.answers.items() if said),
        representative=representative_of(view),
        state=state.value,
        state_words=_(STATE_WORDS[state]),
        colour=COLOURS.get(state, "grey"),
        reason=view.state_reason,
        is_late=state is State.BOOKED and now >= view.starts_at,
        is_over=state not in (State.BOOKED, State.ARRIVED, State.IN_PROGRESS),
        is_cancelled=state in CANCELLED,
        is_walk_in=view.is_walk_in,
        to_rebook=to_rebook,
        deeds=tuple(deeds_of(view, now)) if may_record else (),
        may_fail=may_record and State.NOT_COMPLETED in MOVES.get(state, ()),
        undo_to=undo_of(view, now) if may_record else "",
    )


def phone_of(view: AppointmentView) -> str:
    """Whom to ring: the resident, or else who acts for them."""
    return view.resident.phone or (view.representative.phone if view.representative else "")


def needs_of(view: AppointmentView) -> Iterator[str]:
    """The support needs in words, with the language where one is known."""
    for code in view.support_needs:
        words = _(NEEDS[code].label) if code in NEEDS else code
        yield f"{words}: {view.resident.language}" if code == "language" and view.resident.language else words


def representative_of(view: AppointmentView) -> str:
    """Who comes or speaks for the resident, on what basis, and their number; empty when nobody does."""
    who = view.representative
    if who is None:
        return ""
    basis = _(BASES[who.basis]) if who.basis in BASES else who.basis
    return ", ".join(part for part in (who.name, basis.lower(), who.phone) if part)


def deeds_of(view: AppointmentView, now: datetime) -> Iterator[Deed]:
    """What can be recorded now with one click. What needs a reason is asked for apart."""
    possible = MOVES.get(view.state, frozenset()) - NEEDS_REASON
    timely = (
        state for state in DEEDS if state in possible and may_be_recorded(state, starts_at=view.starts_at, now=now)
    )
    for number, state in enumerate(timely):
        yield Deed(state.value, _(DEED_WORDS[state]), is_main=number == 0)


def undo_of(view: AppointmentView, now: datetime) -> str:
    """The state that a wrong click can be put back to; empty when it is too late or there is none."""
    for wanted in CORRECTIONS.get(view.state, ()):
        if can_correct(view.state, wanted, changed_at=view.changed_at, now=now):
            return wanted.value
    return ""


def counts_of(views: Iterable[AppointmentView]) -> dict[State, int]:
    """How many appointments stand in each state, in the order of the states; none left out."""
    counts = dict.fromkeys(State, 0)
    for view in views:
        counts[view.state] += 1
    return counts
