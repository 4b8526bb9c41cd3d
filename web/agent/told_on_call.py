"""Who will be told when a call ends in a visit that is booked, moved or cancelled, or in another record."""

from __future__ import annotations

from functools import partial

from flask_babel import ngettext

from booking.queries.appointments import AppointmentView
from people.residents.mandate_queries import representation_by
from people.residents.mandate_rules import BE_TOLD, entries_for, entry_to_book
from people.residents.representative_repository import gets_no_texts
from reminders.contacts import Person
from reminders.expected_queries import (
    NewVisit,
    coming_visits_of,
    expected_of_booking,
    expected_of_change,
    expected_of_moves,
    expected_of_new_contact,
)
from web.agent.call_request import Typed
from web.agent.held_slot_view import HeldSlotView
from web.agent.resident_card import ResidentCard, representative_of
from web.agent.spoken_with import spoken_with
from web.page_context import StaffContext
from web.told import ToldLine, told_lines


def told_of_held(
    context: StaffContext, card: ResidentCard, typed: Typed, held: HeldSlotView, moving: AppointmentView | None
) -> tuple[ToldLine, ...]:
    """Who is told when the held time is booked, or the visit moved there."""
    if moving is not None:
        spoke_with = spoken_with(context, card.id, typed, moving)
        starts = {moving.id: held.starts_at}
        found = expected_of_moves(context.db, context.authority, starts, context.now, spoke_with=spoke_with)
        return told_lines(found[moving.id])
    is_stopped = partial(gets_no_texts, context.db, context.authority.id)
    acting, spoke_with = representative_of(card, typed, is_stopped), spoken_with(context, card.id, typed)
    acting = acting and _as_noted(context, card, typed, acting)
    visit = NewVisit(held.services[0], held.starts_at, held.mode, acting, spoke_with)
    return told_lines(expected_of_booking(context.db, context.authority, card.id, visit, context.now))


def _as_noted(context: StaffContext, card: ResidentCard, typed: Typed, acting: Person) -> Person:
    """How whoever acts is reached, as it is noted: not at all where it is not noted that they may be told."""
    noted = entries_for(card.mandates, acting.name)
    if not noted:
        return acting
    if not any(one.may(BE_TOLD, context.today) for one in noted):
        return Person(acting.name)
    by = entry_to_book(noted, acting.name, context.today) if typed.representative_id and not typed.rep_name else None
    if by is None:
        return acting
    known = representation_by(by)
    return Person(
        known.name, known.email, known.phone, do_not_text=gets_no_texts(context.db, context.authority.id, known.phone)
    )


def told_of_cancelling(context: StaffContext, cancelling: AppointmentView) -> tuple[ToldLine, ...]:
    """Who is told when the visit is cancelled."""
    return told_lines(expected_of_change(context.db, context.authority, cancelling.id, "cancelled", context.now))


def told_of_record(context: StaffContext, resident_id: int) -> tuple[ToldLine, ...]:
    """Who is told when the record says that the resident is reached in another way; nobody without a visit to come."""
    ids = coming_visits_of(context.db, resident_id, context.now)
    if not ids:
        return told_lines(())
    found = expected_of_new_contact(context.db, context.authority, ids, context.now)
    old = [line for messages in found.values() for line in told_lines(messages)]
    new = ngettext(
        "Whoever is reached then gets the confirmation of %(num)d visit to come, with a new link",
        "Whoever is reached then gets the confirmations of %(num)d visits to come, with new links",
        len(ids),
    )
    return (*dict.fromkeys(old), ToldLine(new))
