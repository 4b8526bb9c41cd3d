"""Which visits to come are told to somebody who may act, and who is told of them when that ends."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from booking.queries.appointments import AppointmentView
from booking.states import State
from people.residents.mandate_rules import BE_TOLD, KnownMandate, entries_for
from reminders.expected_queries import expected_without_helper
from web.agent.resident_card import ResidentCard
from web.page_context import StaffContext
from web.request_language import all_of, format_moment_short
from web.told import ToldLine, told_lines


def visits_told_by(context: StaffContext, card: ResidentCard, one: KnownMandate) -> tuple[AppointmentView, ...]:
    """The visits to come that are told to this person, and to nobody there when the entry ends: no other one says so."""
    others = (other for other in entries_for(card.mandates, one.who.name) if other.id != one.id)
    if not one.may(BE_TOLD, context.today) or any(other.may(BE_TOLD, context.today) for other in others):
        return ()
    return tuple(view for view in card.upcoming if _is_told(view, one) and view.starts_at > context.now)


def visit_texts(context: StaffContext, visits: Sequence[AppointmentView]) -> list[str]:
    """The visits in words."""
    zone = ZoneInfo(context.zone)
    return [
        f"{format_moment_short(view.starts_at.astimezone(zone))}, {all_of(view.service_names)}, {view.spoken_reference}"
        for view in visits
    ]


def told_without(context: StaffContext, visits: Sequence[AppointmentView]) -> tuple[ToldLine, ...]:
    """Who is told of these visits from then on."""
    found = expected_without_helper(context.db, context.authority, [view.id for view in visits], context.now)
    return tuple(dict.fromkeys(line for messages in found.values() for line in told_lines(messages)))


def _is_told(view: AppointmentView, one: KnownMandate) -> bool:
    acting = view.representative
    if view.state is not State.BOOKED or acting is None or not (acting.email or acting.phone or acting.address):
        return False
    return bool(entries_for((one,), acting.name))
