"""The filter of the day list, read from and written to the query string. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from booking.availability.free_periods import FreeStretch
from booking.queries.appointments import AppointmentView
from booking.states import CANCELLED, State
from core.tokens import parse_reference
from locations.model import Catalogue, SiteFacts

ALL, TO_DO, WAITING, DONE, GAPS = "", "to-do", "waiting", "done", "free"
STATES_SHOWN: dict[str, frozenset[State]] = {
    ALL: frozenset(State),
    TO_DO: frozenset({State.BOOKED, State.ARRIVED, State.IN_PROGRESS}),
    WAITING: frozenset({State.ARRIVED}),
    DONE: frozenset({State.ATTENDED, State.NOT_COMPLETED, State.DID_NOT_ATTEND, State.LEFT_BEFORE_SEEN}) | CANCELLED,
    GAPS: frozenset(),
}


@dataclass(frozen=True)
class DayFilter:
    """The resource, the service and the states that are shown; empty means all.

    `keep` is an appointment that is shown whatever its state: nobody loses the row that they have just clicked.
    """

    resource: str = ""
    service: str = ""
    show: str = ALL
    keep: str = ""

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.resource or self.service or self.show)

    @property
    def query(self) -> str:
        """The query string that `read_filter` reads back, with its question mark; empty when nothing is left out."""
        facts = {"resource": self.resource, "service": self.service, "show": self.show, "keep": self.keep}
        query = urlencode({name: value for name, value in facts.items() if value})
        return f"?{query}" if query else ""

    def matches(self, view: AppointmentView) -> bool:
        """Whether the appointment is for the service and at the resource, whatever its state."""
        at_resource = not self.resource or any(one.slug == self.resource for one in view.resources)
        for_service = not self.service or any(one.slug == self.service for one in view.services)
        return at_resource and for_service

    def shows(self, view: AppointmentView) -> bool:
        """Whether the appointment is shown."""
        return self.matches(view) and (view.state in STATES_SHOWN[self.show] or view.reference == self.keep)

    def shows_gap(self, period: FreeStretch, site: SiteFacts, catalogue: Catalogue) -> bool:
        """Whether the free period is shown."""
        resource = site.resource(period.resource_id)
        at_resource = not self.resource or (resource is not None and resource.slug == self.resource)
        for_service = not self.service or catalogue.service(self.service).id in period.service_ids
        return at_resource and for_service and self.show in (ALL, TO_DO, GAPS)


def read_filter(arguments: Mapping[str, str], catalogue: Catalogue, site: SiteFacts) -> DayFilter:
    """The filter in `arguments`. Unknown values are ignored."""
    resource, service, show = (str(arguments.get(name, "")) for name in ("resource", "service", "show"))
    resources = {one.slug for one in site.resources}
    services = {one.slug for one in catalogue.services}
    return DayFilter(
        resource=resource if resource in resources else "",
        service=service if service in services else "",
        show=show if show in STATES_SHOWN else ALL,
        keep=parse_reference(str(arguments.get("keep", ""))[:20]) or "",
    )
