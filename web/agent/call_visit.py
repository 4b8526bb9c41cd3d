"""What a call searches times for: the services, the support needs, and the numbers that make the visit longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from booking.counted import counts_asked, numbers_of
from booking.queries.appointments import AppointmentView
from booking.slot_tokens import Counts
from core.text import small_number
from locations.model import ServiceFacts
from web.agent.call_request import CallState
from web.agent.caller_adviser import AdviserView, own_adviser
from web.agent.resident_card import ResidentCard
from web.page_context import StaffContext


@dataclass(frozen=True)
class NumberField:
    """A question whose answer makes the visit longer, with the answer as it was typed."""

    ask: str
    most: int
    value: str

    @property
    def number(self) -> int | None:
        """The number that was typed; None for what cannot be."""
        number = small_number(self.value)
        return number if number is not None and 1 <= number <= self.most else None


@dataclass(frozen=True)
class CallVisit:
    """The visit that times are searched for; none are shown where a number was typed that cannot be."""

    needs: tuple[str, ...]
    counts: Counts
    numbers: tuple[NumberField, ...]
    adviser: AdviserView | None

    @property
    def has_wrong_number(self) -> bool:
        """Whether a number was typed that cannot be."""
        return any(field.number is None for field in self.numbers)


def visit_in_call(
    context: StaffContext, card: ResidentCard, state: CallState, moving: AppointmentView | None
) -> CallVisit:
    """The visit that the call is about; an appointment that moves is as long as it is, unless a number is typed."""
    services = tuple(context.catalogue.service(slug) for slug in state.services)
    before = moving.counts if moving is not None else ()
    fields = _fields(services, state.numbers, numbers_of(services, before))
    numbers = [field.number or 1 for field in fields]
    counts = counts_asked(services, numbers) if moving is None or state.numbers else moving.counts
    adviser = own_adviser(context, card.id, state, moving)
    return CallVisit(needs_of(card, state, moving), counts or (), fields, adviser)


def _fields(services: Sequence[ServiceFacts], typed: Sequence[str], before: Sequence[int]) -> tuple[NumberField, ...]:
    """The questions of the services with what was `typed`, in order; the number before for a service that was added."""
    questions = [service.counting_question for service in services if service.counting_question]
    values = (*typed, *map(str, before[len(typed) :]))
    return tuple(NumberField(asked.ask, asked.most, value) for asked, value in zip(questions, values, strict=False))


def with_known_services(context: StaffContext, state: CallState, moving: AppointmentView | None) -> CallState:
    """The state with services that exist; an appointment that moves keeps its own."""
    if moving is not None:
        return replace(state, services=tuple(service.slug for service in moving.services))
    known = {service.slug for service in context.catalogue.services}
    return replace(state, services=tuple(slug for slug in state.services if slug in known))


def needs_of(card: ResidentCard, state: CallState, moving: AppointmentView | None = None) -> tuple[str, ...]:
    """The support needs that the search and the booking respect."""
    return state.needs_or(moving.support_needs if moving is not None else card.resident.support_needs)
