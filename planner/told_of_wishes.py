"""Who will be told when an earlier time comes up for somebody who waits, and when they take it."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from booking.proposals.wish_rules import BY_PHONE
from booking.queries.waiting_tasks import WaitingPerson
from reminders.expected_queries import NewVisit, expected_of_booking, expected_of_earlier, expected_of_moves
from web.page_context import StaffContext
from web.told import ToldLine, told_lines


def told_of_earlier(context: StaffContext, appointment_id: int, name: str, ways: Sequence[str]) -> tuple[ToldLine, ...]:
    """Who is told that an earlier time is held, in each of these ways; whoever is not written to is rung."""
    written = [way for way in ways if way != BY_PHONE]
    whose = (context.db, context.authority, appointment_id, context.now)
    lines = [line for way in written for line in told_lines(expected_of_earlier(*whose, way))]
    rung = ToldLine(str(_("staff ring: they are on the list “Ring now” of the waiting list")), name)
    return (*lines, *([] if written and BY_PHONE not in ways else [rung]))


def told_of_way(name: str) -> tuple[ToldLine, ...]:
    """Who is told when a time comes up for somebody without an appointment."""
    link = _("by text or email they get a link to their place on the list at once, and each time that comes up")
    ring = _("rung where you choose so, or where no message reaches them then: they are on the list “Ring now”")
    return ToldLine(str(link), name), ToldLine(str(ring), name)


def told_of_taking(context: StaffContext, person: WaitingPerson, spoke_with: str) -> tuple[ToldLine, ...]:
    """Who is told when they take the time that is held; staff `spoke_with` one of them."""
    proposal = person.wish.proposal
    if proposal is None:
        return ()
    if person.appointment is not None:
        starts = {person.appointment.id: proposal.starts_at}
        found = expected_of_moves(context.db, context.authority, starts, context.now, spoke_with=spoke_with)
        return told_lines(found[person.appointment.id], is_undoable=False)
    visit = NewVisit(person.wish.services[0], proposal.starts_at, proposal.mode, spoke_with=spoke_with)
    return told_lines(expected_of_booking(context.db, context.authority, person.resident.id, visit, context.now))
