"""Who will be told when other times are offered, when one is taken on the telephone, and when everything stays as booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from flask_babel import ngettext

from booking.queries.closure_lists import ListedPerson
from reminders.expected_queries import expected_of_keeping, expected_of_moves, expected_of_offers, planning_of
from web.page_context import StaffContext
from web.told import ToldLine, heard_by, told_counts, told_lines


def told_of_offers(context: StaffContext, appointment_ids: Collection[int]) -> tuple[ToldLine, ...]:
    """Who is told of another time as soon as one is found, and how many are to be rung instead."""
    plans = planning_of(context.db, appointment_ids)
    notice = context.authority.rebook_notice
    in_time = [id_ for id_, plan in plans.items() if plan.facts.starts_at - context.now > notice]
    found = expected_of_offers(context.db, context.authority, in_time, context.now)
    written = [messages for messages in found.values() if messages and messages[0].delivery]
    number = len(plans) - len(written)
    text = ngettext(
        "%(num)d person is told nothing: they come too soon, or cannot be written to. They are on the list to ring.",
        "%(num)d people are told nothing: they come too soon, or cannot be written to. They are on the list to ring.",
        number,
    )
    return (*(told_counts(written) if written else ()), *([ToldLine(text, is_told=False)] if number else []))


def told_of_keeping(context: StaffContext, appointment_ids: Collection[int]) -> tuple[ToldLine, ...]:
    """Who is told that their visit takes place as booked: those who were offered another time."""
    return told_counts(expected_of_keeping(context.db, context.authority, appointment_ids, context.now).values())


def told_of_held(context: StaffContext, people: Iterable[ListedPerson]) -> dict[int, tuple[ToldLine, ...]]:
    """Who is told when each person takes the time that is held for them, by the id of the appointment."""
    starts: dict[str, dict[int, datetime]] = defaultdict(dict)
    for person in people:
        if person.proposal:
            starts[heard_by(person.appointment)][person.appointment.id] = person.proposal.starts_at
    found = (
        expected_of_moves(context.db, context.authority, theirs, context.now, spoke_with=spoke_with)
        for spoke_with, theirs in starts.items()
    )
    return {id_: told_lines(messages, is_undoable=False) for some in found for id_, messages in some.items()}
