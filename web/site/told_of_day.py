"""Who will be told of what is recorded on the day list: an interpreter or none, another desk, that they did not come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from booking.queries.appointments import AppointmentView
from booking.queries.day_list import RebookPerson, SiteDayView
from booking.states import State
from reminders.expected_queries import expected_of_arrangements, expected_of_keeping, expected_of_missing
from web.confirmation_lines import confirmation_lines
from web.page_context import SiteContext
from web.site.day_rows import DayRow
from web.told import ToldLine, told_lines

Lines = Mapping[int, tuple[ToldLine, ...]]


@dataclass(frozen=True)
class DayTold:
    """By the id of the appointment: who is told of an interpreter, of another desk, and that they did not come.

    And what is to be read of one that is to be confirmed.
    """

    arrangements: Lines = field(default_factory=dict)
    other_desks: Lines = field(default_factory=dict)
    missing: Lines = field(default_factory=dict)
    confirmations: Mapping[int, str] = field(default_factory=dict)


def told_of_day(context: SiteContext, day: SiteDayView) -> DayTold:
    """Who is told of what can be recorded of this day's appointments."""
    ids = [view.id for view in day.appointments if _can_be_arranged(view, day)]
    found = expected_of_arrangements(context.db, context.authority, ids, context.now) if ids else {}
    arranged = {id_: told_lines(messages) for id_, messages in found.items()}
    missing, desks = _told_who_did_not_come(context, day), told_of_other_desks(context, day.to_rebook)
    is_asked = any(one.confirm_days_before is not None for view in day.appointments for one in view.services)
    lines = confirmation_lines(context.runtime, context.db, day.appointments, context.now) if is_asked else {}
    return DayTold(arranged, desks, missing, lines)


def _told_who_did_not_come(context: SiteContext, day: SiteDayView) -> Lines:
    """Who is written to when it is recorded that they did not come, where the council writes to them."""
    if context.authority.missed_message_hours is None:
        return {}
    ids = [view.id for view in day.appointments if view.state is State.BOOKED and view.starts_at <= day.now]
    found = expected_of_missing(context.db, context.authority, ids, context.now) if ids else {}
    return {id_: told_lines(messages) for id_, messages in found.items() if messages}


def told_of_other_desks(context: SiteContext, people: Iterable[RebookPerson]) -> Lines:
    """Who is told that their visit takes place as booked: those who were offered another time, and may still answer."""
    people = list(people)
    ids = [person.appointment.id for person in people if person.answer_by]
    found = expected_of_keeping(context.db, context.authority, ids, context.now) if ids else {}
    return {person.appointment.id: told_lines(found.get(person.appointment.id, ())) for person in people}


def with_told(row: DayRow, appointment_id: int, told: DayTold) -> DayRow:
    """The row with who is told of what can be recorded in it."""
    return replace(
        row,
        told_of_arrangement=told.arrangements.get(appointment_id, ()),
        reason=told.confirmations.get(appointment_id, row.reason),
        told_of_missing=told.missing.get(appointment_id, ()),
        told_of_other_desk=told.other_desks.get(appointment_id, ()) if row.may_change_resources else (),
    )


def _can_be_arranged(view: AppointmentView, day: SiteDayView) -> bool:
    return bool(view.arrangements) and view.state is State.BOOKED and day.now < view.starts_at
