"""An appointment as one row of the day list: everything in words, and what can be done with it next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from booking.queries.appointments import AppointmentView
from booking.states import CANCELLED, CORRECTIONS, MOVES, NEEDS_REASON, State, can_correct, may_be_recorded
from web.labels import BASES_IN_SENTENCE, MODES, NEEDS, STATES, STATES_IN_SENTENCE, label_of
from web.labels import ROW_ACTIONS as ROW_ACTION_LABELS
from web.request_language import all_of, format_time

# What the front desk clicks, in the order of how often; the first that is possible is the green button.
ROW_ACTIONS = (
    State.ARRIVED,
    State.IN_PROGRESS,
    State.ATTENDED,
    State.NOT_COMPLETED,
    State.LEFT_BEFORE_SEEN,
    State.DID_NOT_ATTEND,
)
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
class RowAction:
    """A button of the row: the state that it leads to, and its label."""

    state: str
    label: str
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
    state_label: str
    colour: str
    reason: str
    is_late: bool
    is_over: bool
    is_cancelled: bool
    is_walk_in: bool
    to_rebook: str
    actions: tuple[RowAction, ...]
    may_fail: bool
    undo_to: str

    kind = "row"

    @property
    def mark(self) -> str:
        """Changes when anything in the row does: a browser replaces only the rows whose mark is another one."""
        return mark_of(self)

    @property
    def title(self) -> str:
        """Whose row it is, for the news: "10am Robin Sample"."""
        return f"{self.starts} {self.name}"

    @property
    def announcement(self) -> str:
        """The row in one line, for the news: "10am Robin Sample: arrived"."""
        return f"{self.title}: {STATES_IN_SENTENCE[self.state]}"


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
        services=all_of(view.service_names),
        resources=", ".join(resource.name for resource in view.resources),
        mode=str(MODES[view.mode]) if view.mode != "in_person" else "",
        needs=tuple(needs_of(view)),
        documents=view.documents,
        notes=view.notes.strip(),
        answers=tuple((str(asked), str(said)) for asked, said in view.answers.items() if said),
        representative=representative_of(view),
        state=state.value,
        state_label=str(STATES[state]),
        colour=COLOURS.get(state, "grey"),
        reason=view.state_reason,
        is_late=state is State.BOOKED and now >= view.starts_at,
        is_over=state not in (State.BOOKED, State.ARRIVED, State.IN_PROGRESS),
        is_cancelled=state in CANCELLED,
        is_walk_in=view.is_walk_in,
        to_rebook=to_rebook,
        actions=tuple(actions_of(view, now)) if may_record else (),
        may_fail=may_record and State.NOT_COMPLETED in MOVES.get(state, ()),
        undo_to=undo_of(view, now) if may_record else "",
    )


def phone_of(view: AppointmentView) -> str:
    """Whom to ring: the resident, or else who acts for them."""
    return view.resident.phone or (view.representative.phone if view.representative else "")


def needs_of(view: AppointmentView) -> Iterator[str]:
    """The support needs in words, with the language where one is known."""
    for code in view.support_needs:
        label = label_of(NEEDS, code)
        yield f"{label}: {view.resident.language}" if code == "language" and view.resident.language else label


def representative_of(view: AppointmentView) -> str:
    """Who comes or speaks for the resident, on what basis, and their number; empty when nobody does."""
    who = view.representative
    if who is None:
        return ""
    basis = label_of(BASES_IN_SENTENCE, who.basis)
    return ", ".join(part for part in (who.name, basis, who.phone) if part)


def actions_of(view: AppointmentView, now: datetime) -> Iterator[RowAction]:
    """What can be recorded now with one click. What needs a reason is asked for apart."""
    possible = MOVES.get(view.state, frozenset()) - NEEDS_REASON
    timely = (
        state
        for state in ROW_ACTIONS
        if state in possible and may_be_recorded(state, starts_at=view.starts_at, now=now)
    )
    for number, state in enumerate(timely):
        yield RowAction(state.value, str(ROW_ACTION_LABELS[state]), is_main=number == 0)


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
