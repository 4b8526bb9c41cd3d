"""The rows of the day list: appointments with what can be recorded of them next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.counted import counted_services
from booking.queries.appointments import AppointmentView
from booking.states import (
    BY_COUNCIL,
    CANCELLED,
    CORRECTIONS,
    MOVES,
    NEEDS_REASON,
    State,
    can_correct,
    has_open_words,
    may_be_recorded,
)
from web.first_contact_lines import first_contact_line
from web.labels import (
    BASES_IN_SENTENCE,
    GIVEN_BACK,
    MOVED_BY,
    NOT_NEEDED,
    STATES,
    STATES_IN_SENTENCE,
    ContactLine,
    Labels,
    label_of,
    phone_of,
    phone_of_representative,
)
from web.labels import ROW_ACTIONS as ROW_ACTION_LABELS
from web.missing_papers import missing_papers
from web.request_language import all_of, format_time
from web.site.arrangement_rows import NeedRow, need_rows
from web.site.outcome_words import (
    COLOURS,
    NOT_COMPLETED_REASONS,
    ROW_ACTIONS,
    UNDO_REASONS,
    UNDO_REASONS_OF,
)
from web.site.remote_rows import Way, way_of
from web.told import ToldLine


@dataclass(frozen=True)
class RowAction:
    """A button of the row: the state that it leads to, and its label."""

    state: str
    label: str
    is_main: bool


@dataclass(frozen=True)
class ReasonForm:
    """What is recorded with a reason: `path` follows the row's address, `to` is the state, `aloud` says whose row it is."""

    field: str
    path: str
    to: str
    label: str
    aloud: str
    question: str
    reasons: tuple[str, ...]
    button: str


@dataclass(frozen=True)
class DayRow:
    """One appointment of the list, as it is shown."""

    id: str
    reference: str
    spoken_reference: str
    resident_id: int
    version: int
    starts_at: datetime
    ends_at: datetime
    starts: str
    ends: str
    name: str
    phone: ContactLine
    services: str
    resources: str
    way: Way
    needs: tuple[NeedRow, ...]
    documents: tuple[str, ...]
    notes: str
    answers: tuple[tuple[str, str], ...]
    representative: str
    helper_has_no_texts: bool
    state: str
    state_label: str
    colour: str
    reason: str
    is_late: bool
    is_over: bool
    is_cancelled: bool
    is_walk_in: bool
    arrived_at: datetime | None
    to_rebook: str
    actions: tuple[RowAction, ...]
    may_fail: bool
    undo_to: str
    may_write_words: bool
    may_change_resources: bool
    can_change: bool
    told_of_arrangement: tuple[ToldLine, ...] = ()
    told_of_other_desk: tuple[ToldLine, ...] = ()
    told_of_missing: tuple[ToldLine, ...] = ()
    missing_papers: str = ""
    sent_papers: str = ""

    kind = "row"

    @property
    def mark(self) -> str:
        """A digest of the row: a browser replaces only the rows whose mark has changed."""
        return mark_of(self)

    @property
    def title(self) -> str:
        """Whose row it is, to announce: "10am Robin Sample"."""
        return f"{self.starts} {self.name}"

    @property
    def announcement(self) -> str:
        """The row in one line, to announce: "10am Robin Sample: arrived"."""
        return f"{self.title}: {STATES_IN_SENTENCE[self.state]}"

    @property
    def reason_forms(self) -> tuple[ReasonForm, ...]:
        """What can be recorded now with a reason."""
        aloud, forms = f"{self.name}, {self.starts}", []
        if self.may_fail:
            question, reasons = _("Why could it not be completed?"), tuple(map(str, NOT_COMPLETED_REASONS))
            label = str(ROW_ACTION_LABELS[State.NOT_COMPLETED])
            forms.append(ReasonForm("why", "", State.NOT_COMPLETED.value, label, aloud, question, reasons, _("Record")))
        if self.undo_to:
            aloud, label = f"{aloud}, {self.state_label}", _("Undo")
            reasons = tuple(map(str, (*UNDO_REASONS, *UNDO_REASONS_OF.get(State(self.state), ()))))
            forms.append(ReasonForm("undo", "/undo", self.undo_to, label, aloud, _("Why?"), reasons, label))
        return tuple(forms)

    @property
    def may_turn_away(self) -> bool:
        """Whether it can be noted which document was missing."""
        is_here = self.state in (State.ARRIVED, State.NOT_COMPLETED) and bool(self.actions or self.undo_to)
        return self.may_fail or is_here

    @property
    def is_booked(self) -> bool:
        """Whether nothing has been recorded yet."""
        return self.state == State.BOOKED

    @property
    def arrived(self) -> bool | None:
        """Whether the box for the arrival is ticked on paper; None where there is no box."""
        has_box = not self.is_cancelled and self.state != State.DID_NOT_ATTEND
        return not self.is_booked if has_box else None

    @property
    def attended(self) -> bool | None:
        """Whether the box for the attendance is ticked on paper; None where there is no box."""
        without_box = (State.DID_NOT_ATTEND, State.LEFT_BEFORE_SEEN, State.NOT_COMPLETED)
        has_box = not self.is_cancelled and self.state not in without_box
        return self.state == State.ATTENDED if has_box else None


def mark_of(value: object) -> str:
    """A short digest of plain frozen values."""
    return sha256(repr(value).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class RowRights:
    """What whoever looks at a row may do with it."""

    may_record: bool = False
    may_ring_instead: bool = False
    may_arrange: bool = False
    may_change_resources: bool = False


def day_row(view: AppointmentView, now: datetime, rights: RowRights, *, to_rebook: str) -> DayRow:
    """The row of an appointment, read at `now`; `to_rebook` says why it cannot take place as booked."""
    zone, state, way = ZoneInfo(view.zone), view.state, _way(view, now, rights)
    return DayRow(
        id=f"a-{view.reference}",
        reference=view.reference,
        spoken_reference=view.spoken_reference,
        resident_id=view.resident.id,
        version=view.version,
        starts_at=view.starts_at,
        ends_at=view.ends_at,
        starts=format_time(view.starts_at.astimezone(zone)),
        ends=format_time(view.ends_at.astimezone(zone)),
        name=view.resident.name,
        phone=phone_of(view),
        services=all_of(view.service_names),
        resources=", ".join(resource.name for resource in view.resources),
        way=way,
        needs=need_rows(view, now, may_arrange=rights.may_arrange) if view.support_needs else (),
        documents=view.documents,
        missing_papers=missing_papers(view) if view.paper_answers else "",
        notes=view.notes.strip(),
        answers=answers_of(view),
        **_helper(view),
        state=state.value,
        state_label=str(STATES[state]),
        colour=COLOURS.get(state, "grey"),
        reason=view.state_reason or _moved(view),
        is_late=state is State.BOOKED and now >= view.starts_at,
        is_over=state not in (State.BOOKED, State.ARRIVED, State.IN_PROGRESS),
        is_cancelled=state in CANCELLED,
        **{name: getattr(view, name) for name in ("is_walk_in", "arrived_at")},
        to_rebook=to_rebook,
        actions=tuple(_actions(view, now, way.actions)) if rights.may_record else (),
        may_fail=rights.may_record and State.NOT_COMPLETED in MOVES.get(state, ()),
        undo_to=_undo_state(view, now) if rights.may_record else "",
        may_write_words=rights.may_record and has_open_words(state, view.local_date, now.astimezone(zone).date()),
        may_change_resources=rights.may_change_resources and bool(to_rebook) and view.ends_at > now,
        can_change=state is State.BOOKED and view.local_date > now.astimezone(zone).date(),
    )


def _way(view: AppointmentView, now: datetime, rights: RowRights) -> Way:
    if view.mode == "in_person":
        return Way()
    return way_of(view, now, may_record=rights.may_record, may_ring=rights.may_ring_instead)


def _moved(view: AppointmentView) -> str:
    """That they have confirmed, that nobody did, or that the council moved it, which is no fault of whoever comes."""
    if view.is_confirmed and view.state is State.BOOKED:
        return str(_("They have said that they come"))
    if view.is_given_back and view.state in CANCELLED:
        return str(GIVEN_BACK)
    if view.is_not_needed:
        return str(NOT_NEEDED)
    return str(MOVED_BY[BY_COUNCIL]) if view.moved_by == BY_COUNCIL else ""


def answers_of(view: AppointmentView) -> tuple[tuple[str, str], ...]:
    """The number of their case, how they first asked for help, and what was answered: first what makes it longer."""
    asked = (first_contact_line(view.first_contact, view),) if view.first_contact else ()
    counted = counted_services(view.services, view.counts) if view.counts else ()
    numbers = ((one.ask, str(one.number)) for one in counted)
    case = ((str(_("Case number:")), view.case_number),) if view.case_number else ()
    given = ((str(question), str(answer)) for question, answer in view.answers.items() if answer)
    return (*case, *asked, *numbers, *given)


def _helper(view: AppointmentView) -> dict[str, Any]:
    has_no_texts = view.representative is not None and view.representative.do_not_text
    return {"representative": _representative(view), "helper_has_no_texts": has_no_texts}


def _representative(view: AppointmentView) -> str:
    """Who comes or speaks for the resident, on what basis, and their number; empty when nobody does."""
    representative = view.representative
    if representative is None:
        return ""
    basis = label_of(BASES_IN_SENTENCE, representative.basis)
    return ", ".join(part for part in (representative.name, basis, str(phone_of_representative(view))) if part)


def _actions(view: AppointmentView, now: datetime, labels: Labels) -> Iterator[RowAction]:
    """What can be recorded now without a reason."""
    possible = MOVES.get(view.state, frozenset()) - NEEDS_REASON
    timely = (
        state
        for state in ROW_ACTIONS
        if state in possible and may_be_recorded(state, starts_at=view.starts_at, now=now)
    )
    for number, state in enumerate(timely):
        yield RowAction(state.value, str({**ROW_ACTION_LABELS, **labels}[state]), is_main=number == 0)


def _undo_state(view: AppointmentView, now: datetime) -> str:
    """The state that a wrong click can be put back to; empty when it is too late or there is none."""
    for state in CORRECTIONS.get(view.state, ()):
        if can_correct(view.state, state, changed_at=view.changed_at, now=now):
            return state.value
    return ""
