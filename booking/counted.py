"""How long the services of a visit are, with the numbers that make them longer: three children to register, say. Pure.

A number is what somebody answers. A count is a number with the ticks that it adds; the counts of a visit are one for each
of its services. A counted service is one whose visit has a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from booking.availability.site_days import counts_of, least_ticks
from booking.slot_tokens import Count, Counts
from core.wall_clock import TICK_MINUTES
from locations.model import ServiceFacts


@dataclass(frozen=True)
class CountedService:
    """A service of a visit, what it asks for a number of, and the number; its name where it does not ask any more."""

    service_id: int
    service: str
    ask: str
    number: int


def minutes_of(services: Sequence[ServiceFacts], counts: Counts) -> list[int]:
    """The minutes of each service, as it is now, for these numbers; without extra time."""
    pairs = zip(services, counts or (Count(),) * len(services), strict=True)
    return [service.duration_minutes + count.ticks * TICK_MINUTES for service, count in pairs]


def minutes_of_one(service: ServiceFacts) -> int:
    """How long the shortest visit for the service is: nobody books for less than one of what it counts."""
    return least_ticks(service) * TICK_MINUTES


def counted_services(services: Sequence[ServiceFacts], counts: Counts) -> tuple[CountedService, ...]:
    """The numbers of a visit, for those of its services that have one."""
    return tuple(
        CountedService(
            service.id,
            service.slug,
            service.counting_question.ask if service.counting_question else service.name,
            number,
        )
        for service, (number, _) in zip(services, counts, strict=False)
        if number
    )


def counts_asked(services: Sequence[ServiceFacts], numbers: Sequence[int]) -> Counts | None:
    """What the numbers add to each service, in its order; None where they are not those that the services ask for."""
    counting = [(service.id, service.counting_question) for service in services if service.counting_question]
    is_whole = len(counting) == len(numbers)
    if not is_whole or any(not 1 <= number <= asked.most for (_, asked), number in zip(counting, numbers, strict=True)):
        return None
    return counts_of(services, dict(zip((id_ for id_, _ in counting), numbers, strict=True)))


def numbers_of(services: Sequence[ServiceFacts], counts: Counts) -> tuple[int, ...]:
    """The numbers that a visit has, for those of its services that ask for one now."""
    pairs = zip(services, counts or (Count(),) * len(services), strict=True)
    return tuple(max(1, count.number) for service, count in pairs if service.counting_question)
