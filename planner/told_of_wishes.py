"""Who will be told when an earlier time comes up for somebody who waits, and when they take it."""

from __future__ import annotations

from flask_babel import gettext as _

from booking.queries.waiting_tasks import WaitingPerson
from reminders.expected_queries import NewVisit, expected_of_booking, expected_of_moves, expected_of_offers
from reminders.recipients import EARLIER_TIME
from web.page_context import StaffContext
from web.told import ToldLine, told_lines


def told_of_earlier(context: StaffContext, appointment_id: int | None, name: str) -> tuple[ToldLine, ...]:
    """Who is told that an earlier time is held; whoever cannot be written to is rung."""
    ids = [] if appointment_id is None else [appointment_id]
    found = expected_of_offers(context.db, context.authority, ids, context.now, EARLIER_TIME)
    lines = [line for messages in found.values() for line in told_lines(messages)]
    if any(line.is_message for line in lines):
        return tuple(lines)
    return (ToldLine(str(_("staff ring: they are on the list “Ring now” of the waiting list")), name),)


def told_of_way(name: str) -> tuple[ToldLine, ...]:
    """Who is told when a time comes up for somebody without an appointment."""
    link = _("by text or email they get a link to their place on the list at once, and each time that comes up")
    ring = _("rung where you choose so, or where no message reaches them then: they are on the list “Ring now”")
    return ToldLine(str(link), name), ToldLine(str(ring), name)


def told_of_taking(context: StaffContext, person: WaitingPerson) -> tuple[ToldLine, ...]:
    """Who is told when they take the time that is held."""
    proposal = person.wish.proposal
    if proposal is None:
        return ()
    if person.appointment is not None:
        starts = {person.appointment.id: proposal.starts_at}
        found = expected_of_moves(context.db, context.authority, starts, context.now)
        return told_lines(found[person.appointment.id], is_undoable=False)
    visit = NewVisit(person.wish.services[0], proposal.starts_at, proposal.mode)
    return told_lines(expected_of_booking(context.db, context.authority, person.resident.id, visit, context.now))
