"""What a calendar needs to know of an appointment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from locations.model import ServiceFacts, SiteFacts


class AppointmentFacts(Protocol):
    """What an event needs of an appointment: views, message facts and feed entries all have it.

    `number_to_ring` is that of whoever acts for the resident, if they have one, or else the resident's own; empty for none.
    One by video that `is_rung_instead` is held by telephone after all.
    """

    @property
    def reference(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def changed_at(self) -> datetime: ...
    @property
    def site(self) -> SiteFacts: ...
    @property
    def services(self) -> Sequence[ServiceFacts]: ...
    @property
    def join_url(self) -> str: ...
    @property
    def number_to_ring(self) -> str: ...
    @property
    def is_rung_instead(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A call that the council makes: the number rung, between when and when, and the number that it comes from.

    An empty `number` means that nobody gave one; an empty `rings_from` that the council does not say which it is.
    """

    number: str
    earliest: datetime
    latest: datetime
    rings_from: str
