"""A visit in words, before it is booked and after. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from booking.slot_tokens import SlotKey
from core.wall_clock import instant_of
from locations.catalogue import Catalogue
from locations.model import ServiceFacts, SiteFacts

# OpenStreetMap needs no account and no script; the link opens with the postcode searched for.
MAP_URL = "https://www.openstreetmap.org/search"


@dataclass(frozen=True)
class VisitView:
    """What is to be booked, as pages say it. `starts_at` is in the zone of the place."""

    services: tuple[ServiceFacts, ...]
    site: SiteFacts
    mode: str
    starts_at: datetime
    minutes: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the services, in their order."""
        return tuple(service.name for service in self.services)

    @property
    def documents(self) -> tuple[str, ...]:
        """What to bring, each thing once, in order."""
        return tuple(dict.fromkeys(paper for service in self.services for paper in service.documents))


def visit_of(catalogue: Catalogue, slot_key: SlotKey) -> VisitView:
    """The visit that `slot_key` stands for. Raises: NotFound."""
    services = tuple(catalogue.service_by_id(service_id) for service_id in slot_key.service_ids)
    extra = catalogue.authority.extra_time_minutes if slot_key.extra_time else 0
    return VisitView(
        services,
        catalogue.site_by_id(slot_key.site_id),
        slot_key.mode,
        instant_of(slot_key.start_unit).astimezone(ZoneInfo(catalogue.authority.zone)),
        sum(service.duration_minutes + extra for service in services),
    )


def map_url(site: SiteFacts) -> str:
    """A map of where the place is."""
    return f"{MAP_URL}?{urlencode({'query': site.postcode or site.address})}"
