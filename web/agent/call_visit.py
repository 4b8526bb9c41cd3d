"""What a call searches times for: the services, the support needs, and the numbers that make the visit longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from booking.availability.site_days import counts_of
from booking.counted import counts_asked, numbers_of
from booking.queries.appointments import AppointmentView
from booking.slot_tokens import Counts
from locations.model import ServiceFacts
from web.agent.call_request import CallState
from web.agent.resident_card import ResidentCard
from web.page_context import StaffContext


@dataclass(frozen=True)
class NumberField:
    """A question whose answer makes the visit longer, with the answer that the times shown are for."""

    ask: str
    minutes_each: int
    most: int
    value: int


@dataclass(frozen=True)
class CallVisit:
    """The visit that times are searched for. `has_wrong_number` when a number was typed that cannot be."""

    needs: tuple[str, ...]
    counts: Counts
    numbers: tuple[NumberField, ...]
    has_wrong_number: bool


def visit_in_call(
    context: StaffContext, card: ResidentCard, state: CallState, moving: AppointmentView | None
) -> CallVisit:
    """The visit that the call is about; an appointment that moves is as long as it is, unless a number is typed."""
    services = tuple(context.catalogue.service(slug) for slug in state.services)
    asked = counts_asked(services, state.numbers)
    if asked is None or (moving is not None and not state.numbers):
        counts = moving.counts if moving is not None else counts_of(services, {})
    else:
        counts = asked
    fields = _fields(services, numbers_of(services, counts))
    return CallVisit(needs_of(card, state, moving), counts, fields, bool(state.numbers) and asked is None)


def _fields(services: Sequence[ServiceFacts], numbers: Sequence[int]) -> tuple[NumberField, ...]:
    questions = [service.counting_question for service in services if service.counting_question]
    pairs = zip(questions, numbers, strict=True)
    return tuple(NumberField(asked.ask, asked.minutes_each, asked.most, number) for asked, number in pairs)


def with_known_services(context: StaffContext, state: CallState, moving: AppointmentView | None) -> CallState:
    """The state with services that exist; an appointment that moves keeps its own."""
    if moving is not None:
        return replace(state, services=tuple(service.slug for service in moving.services))
    known = {service.slug for service in context.catalogue.services}
    return replace(state, services=tuple(slug for slug in state.services if slug in known))


def needs_of(card: ResidentCard, state: CallState, moving: AppointmentView | None = None) -> tuple[str, ...]:
    """The support needs that the search and the booking respect."""
    return state.needs_or(moving.support_needs if moving is not None else card.resident.support_needs)
