"""The waiting room as it is arranged: who is at my desk, who is next, who is expected, who has to come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import AppointmentView
from booking.states import State
from booking.visits.kept_desk_queries import KeptDesks
from booking.visits.visit_queries import VisitOfDay, for_desk, waiting_in_order
from booking.visits.visit_states import (
    AT_DESK,
    IN_WAITING_ROOM,
    MOVES,
    STEPS_BACK,
    VisitState,
    can_recall,
    can_step_back,
)
from booking.visits.waiting_order import CALLED_BEFORE_MINUTES
from locations.model import ResourceFacts
from people.residents.approach import Approach
from reminders.call_texts import TextOfCall
from web.first_contact_lines import when_asked
from web.labels import NEEDS, Labels, labels_of
from web.request_language import all_of, format_time
from web.site.call_text_lines import WrongNumber, text_line
from web.site.day_rows import mark_of
from web.site.outcome_words import NOT_COMPLETED_REASONS
from web.site.waiting_room_alarms import NO_ALARMS, IdleAlarm, LongWaitRow, RoomAlarms, idle_alarms, long_wait_rows

VISIT_STATES: Labels = {
    VisitState.WAITING: _l("Waiting"),
    VisitState.CALLED: _l("Called"),
    VisitState.PARKED: _l("Parked"),
    VisitState.MISSED: _l("Did not come when called"),
    VisitState.BEING_SEEN: _l("Being seen"),
    VisitState.ENDED: _l("Attended"),
    VisitState.NOT_COMPLETED: _l("Not completed"),
    VisitState.LEFT: _l("Left before they were seen"),
    VisitState.WITHDRAWN: _l("Not here"),
}
STEP_LABELS: Labels = {
    VisitState.CALLED: _l("Call"),
    VisitState.BEING_SEEN: _l("Start"),
    VisitState.ENDED: _l("Finished"),
    VisitState.PARKED: _l("Park"),
    VisitState.MISSED: _l("Did not come"),
    VisitState.WAITING: _l("Back to the queue"),
    VisitState.NOT_COMPLETED: _l("Not completed"),
    VisitState.LEFT: _l("Has left"),
    VisitState.WITHDRAWN: _l("Not here after all"),
}
# In the order of the buttons; the first that is possible is the green one. Not completed has a form of its own.
STEPS = (
    VisitState.BEING_SEEN,
    VisitState.CALLED,
    VisitState.ENDED,
    VisitState.WAITING,
    VisitState.PARKED,
    VisitState.MISSED,
    VisitState.LEFT,
    VisitState.WITHDRAWN,
)
OVER = (VisitState.ENDED, VisitState.NOT_COMPLETED, VisitState.LEFT)
MOST_EXPECTED, MOST_OVER = 6, 6


@dataclass(frozen=True)
class StepButton:
    """A button of a visit: the state that it leads to, and its label."""

    state: str
    label: str


@dataclass(frozen=True)
class VisitRow:
    """Somebody who has come, as a row."""

    id: int
    reference: str
    ticket: int
    name: str
    service: str
    booked: str
    needs: str
    is_urgent: bool
    is_walk_in: bool
    state: str
    state_label: str
    desk: str
    since: datetime
    minutes: int
    seen: str
    buttons: tuple[StepButton, ...]
    reasons: tuple[str, ...]
    is_mine_to_call: bool = False
    answers: tuple[tuple[str, str], ...] = ()  # when they asked for help, if they did, and what they were asked before
    kept_for: str = ""  # the time of the booking for which my desk is kept from them
    may_be_texted: bool = False
    text_to: str = ""  # the number that gets a text when they are called
    wrong: WrongNumber | None = None
    text: str = ""  # that they are told so, and what became of it


@dataclass(frozen=True)
class ExpectedRow:
    """Somebody who is booked today and has not come."""

    reference: str
    name: str
    services: str
    starts: str
    needs: str
    is_late: bool
    seen: str


@dataclass(frozen=True)
class WaitingRoom:
    """The page: `mine` are at my desk, `line` wait in their order, `aside` are parked or were missed."""

    as_at: str
    now: datetime
    desk: ResourceFacts | None
    following: VisitRow | None
    mine: tuple[VisitRow, ...]
    line: tuple[VisitRow, ...]
    others: tuple[VisitRow, ...]
    aside: tuple[VisitRow, ...]
    expected: tuple[ExpectedRow, ...]
    expected_later: int
    over: tuple[VisitRow, ...]
    residents: tuple[int, ...]
    alarms: tuple[IdleAlarm, ...]
    long_waits: tuple[LongWaitRow, ...]

    @property
    def kept_for(self) -> str:
        """The time of the booking for which my desk is kept from the first who waits for it; empty when it is not."""
        return next((row.kept_for for row in self.line if row.is_mine_to_call), "")

    @property
    def mark(self) -> str:
        """A digest of what is on the page, without the time."""
        rows = (self.mine, self.line, self.others, self.aside, self.over)
        shown = [(row.seen, row.is_mine_to_call, row.text) for group in rows for row in group]
        kept = [row.kept_for for row in self.line]
        return mark_of(
            (shown, kept, self.alarms, self.long_waits, self.expected, self.expected_later, self.desk and self.desk.id)
        )


@dataclass(frozen=True)
class DeskView:
    """Who looks: their desk, the resources that work today and those kept, and whether they may record anything."""

    desk: ResourceFacts | None
    working: frozenset[int]
    kept: KeptDesks
    zone: str
    may_record: bool
    texts: Mapping[int, TextOfCall] = field(default_factory=dict)
    wrong: Mapping[int, WrongNumber] = field(default_factory=dict)


def waiting_room(
    visits: list[VisitOfDay],
    booked: Iterable[AppointmentView],
    now: datetime,
    view: DeskView,
    alarms: RoomAlarms = NO_ALARMS,
) -> WaitingRoom:
    """The page as it is for whoever sits at the desk of `view`."""
    order = waiting_in_order(visits, now)
    callable_here = for_desk(view.desk, order, view.working) if view.desk else []
    at_desks = [one for one in visits if one.state in AT_DESK]
    mine = [one for one in at_desks if view.desk and one.desk and one.desk.id == view.desk.id]
    # A second appointment of somebody who is with a desk waits too, after everybody else.
    line = [*order, *(one for one in visits if one.state is VisitState.WAITING and one not in order)]
    over = sorted((one for one in visits if one.state in OVER), key=lambda one: one.changed_at, reverse=True)
    expected = [one for one in booked if one.state is State.BOOKED]

    def rows(group: Iterable[VisitOfDay]) -> tuple[VisitRow, ...]:
        return tuple(_row(one, now, view, is_mine_to_call=one in callable_here) for one in group)

    return WaitingRoom(
        as_at=format_time(now.astimezone(ZoneInfo(view.zone))),
        now=now,
        desk=view.desk,
        following=next((row for row in rows(callable_here) if not row.kept_for), None),
        mine=rows(mine),
        line=rows(line),
        others=rows(one for one in at_desks if one not in mine),
        aside=rows(one for one in visits if one.state in (VisitState.PARKED, VisitState.MISSED)),
        expected=tuple(_expected(one, now) for one in expected[:MOST_EXPECTED]),
        expected_later=len(expected[MOST_EXPECTED:]),
        over=rows(over[:MOST_OVER]),
        residents=_residents(visits, expected[:MOST_EXPECTED]),
        alarms=idle_alarms(alarms.idle, view.zone),
        long_waits=long_wait_rows(alarms.long_waits),
    )


def _residents(visits: list[VisitOfDay], expected: list[AppointmentView]) -> tuple[int, ...]:
    """Whose data the page shows."""
    of_visits = (one.resident_id for one in visits if one.resident_id)
    return tuple(dict.fromkeys([*of_visits, *(one.resident.id for one in expected)]))


def _row(one: VisitOfDay, now: datetime, view: DeskView, *, is_mine_to_call: bool) -> VisitRow:
    since = one.arrived_at
    if one.state is VisitState.CALLED:
        since = one.called_at or since
    elif one.state is VisitState.BEING_SEEN:
        since = one.started_at or since
    return VisitRow(
        id=one.id,
        reference=one.reference,
        ticket=one.ticket,
        name=one.name,
        service=one.service.name,
        booked=_booked(one, now, view.zone),
        needs=labels_of(NEEDS, one.support_needs),
        is_urgent=one.is_urgent,
        is_walk_in=one.is_walk_in,
        state=one.state.value,
        state_label=str(VISIT_STATES[one.state]),
        desk=one.desk.name if one.desk else "",
        since=since,
        minutes=max(0, int((now - since) / timedelta(minutes=1))),
        seen=one.stamp,
        buttons=_buttons(one, now, is_mine_to_call=is_mine_to_call) if view.may_record else (),
        reasons=tuple(map(str, NOT_COMPLETED_REASONS))
        if view.may_record and VisitState.NOT_COMPLETED in MOVES.get(one.state, ())
        else (),
        is_mine_to_call=is_mine_to_call,
        answers=_answers(one, view.zone),
        kept_for=_kept_for(one, view) if is_mine_to_call else "",
        may_be_texted=view.may_record and one.state in IN_WAITING_ROOM,
        text_to=one.text_to,
        wrong=view.wrong.get(one.id),
        text=text_line(one, view.texts.get(one.id)),
    )


def _answers(one: VisitOfDay, zone: str) -> tuple[tuple[str, str], ...]:
    asked_at = one.asked_at
    asked = () if asked_at is None else ((when_asked(Approach(asked_at, one.channel, ""), zone), ""),)
    return (*asked, *one.answers)


def _kept_for(one: VisitOfDay, view: DeskView) -> str:
    at = view.kept.kept_for(view.desk, one) if view.desk else None
    return "" if at is None else format_time(at.astimezone(ZoneInfo(view.zone)))


def _booked(one: VisitOfDay, now: datetime, zone: str) -> str:
    if one.starts_at is None:
        return str(_("no appointment"))
    starts = format_time(one.starts_at.astimezone(ZoneInfo(zone)))
    is_early = one.state is VisitState.WAITING and now < one.starts_at - timedelta(minutes=CALLED_BEFORE_MINUTES)
    return str(_("booked %(time)s, early", time=starts) if is_early else _("booked %(time)s", time=starts))


def _buttons(one: VisitOfDay, now: datetime, *, is_mine_to_call: bool) -> tuple[StepButton, ...]:
    moves, back = MOVES.get(one.state, frozenset()), STEPS_BACK.get(one.state, frozenset())
    is_recall = one.state is VisitState.CALLED
    found = []
    for state in STEPS:
        can_go_back = state in back and can_step_back(one.state, state, changed_at=one.changed_at, now=now)
        if state is VisitState.CALLED and not (can_recall(one.times_called) if is_recall else is_mine_to_call):
            continue
        if state is VisitState.BEING_SEEN and one.state is VisitState.WAITING:
            continue  # somebody who waits is called first
        if state in moves or can_go_back:
            is_undo = can_go_back and one.state in OVER
            label = _("Call again") if is_recall and state is VisitState.CALLED else STEP_LABELS[state]
            found.append(StepButton(state.value, str(_("Undo") if is_undo else label)))
    return tuple(found)


def _expected(view: AppointmentView, now: datetime) -> ExpectedRow:
    return ExpectedRow(
        reference=view.reference,
        name=view.resident.name,
        services=all_of(view.service_names),
        starts=format_time(view.starts_at.astimezone(ZoneInfo(view.zone))),
        needs=labels_of(NEEDS, view.support_needs),
        is_late=now >= view.starts_at,
        seen=view.stamp,
    )
