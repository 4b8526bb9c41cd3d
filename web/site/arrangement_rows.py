"""The support needs of a row of the day list: how far each is arranged, and what can be recorded of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.arrangements import DECIDED, ArrangementState
from booking.queries.appointments import AppointmentView
from booking.states import OPEN, State
from web.labels import NEEDS, Labels, label_of

ARRANGEMENTS: Labels = {
    ArrangementState.ASKED: _l("to be arranged"),
    ArrangementState.CONFIRMED: _l("arranged"),
    ArrangementState.NOT_POSSIBLE: _l("not possible"),
    ArrangementState.SPOKEN: _l("the adviser speaks it"),
}
NOT_RECORDED = _l("not known if arranged")  # of a visit that is over, when nobody recorded it
UNMET: Labels = {
    "step-free": _l("not at this place"),
    "hearing-loop": _l("not at this place"),
    "extra-time": _l("not booked"),
}
ARRANGEMENT_ACTIONS: Labels = {
    ArrangementState.CONFIRMED: _l("Interpreter found"),
    ArrangementState.NOT_POSSIBLE: _l("No interpreter"),
}


@dataclass(frozen=True)
class NeedRow:
    """One need: its code and name, how far an interpreter is arranged or that the appointment does not have it.

    There is a button for each state that can be recorded. `shown` is the code of `state`.
    """

    code: str
    name: str
    state: str
    buttons: tuple[tuple[str, str], ...]
    shown: str = ""

    def __str__(self) -> str:
        return str(_("%(need)s (%(state)s)", need=self.name, state=self.state)) if self.state else self.name


def need_rows(view: AppointmentView, now: datetime, *, may_arrange: bool) -> tuple[NeedRow, ...]:
    """The support needs. Nothing can be recorded of an appointment that has begun or is cancelled."""
    can_record = may_arrange and view.state is State.BOOKED and now < view.starts_at
    is_over = view.state not in OPEN or now >= view.ends_at
    return tuple(_row(view, code, can_record=can_record, is_over=is_over) for code in view.support_needs)


def _row(view: AppointmentView, code: str, *, can_record: bool, is_over: bool) -> NeedRow:
    state = view.arrangements.get(code)
    if state is None:
        unmet = label_of(UNMET, code) if code in view.unmet_needs else ""
        return NeedRow(code, _name(view, code), unmet, ())
    buttons = tuple(_buttons(state)) if can_record and state is not ArrangementState.SPOKEN else ()
    label = str(NOT_RECORDED) if is_over and state is ArrangementState.ASKED else label_of(ARRANGEMENTS, state)
    return NeedRow(code, _name(view, code), label, buttons, state.value)


def _buttons(current: ArrangementState) -> Iterator[tuple[str, str]]:
    return ((state.value, str(ARRANGEMENT_ACTIONS[state])) for state in DECIDED if state is not current)


def _name(view: AppointmentView, code: str) -> str:
    label = label_of(NEEDS, code)
    return f"{label}: {view.spoken_language}" if code == "language" and view.spoken_language else label
