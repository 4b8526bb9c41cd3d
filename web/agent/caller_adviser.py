"""The adviser whom a resident has, on the page of a call: times with that one alone, or with anybody."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from booking.queries.advisers import KnownAdviser, adviser_of, adviser_of_appointment
from booking.queries.appointments import AppointmentView
from locations.catchment import EVERYBODY, NAMED_ONLY
from locations.model import ServiceFacts
from web.agent.call_request import ANY_ADVISER, OWN_ADVISER, CallState
from web.page_context import StaffContext
from web.request_language import format_day_short


@dataclass(frozen=True)
class AdviserView:
    """The adviser whom somebody has, in words, and the query that shows times with them alone, or with anybody."""

    known: KnownAdviser
    is_only: bool
    text: str
    switch_text: str
    switch_query: str

    @property
    def resource_id(self) -> int:
        """The resource that is searched for; 0 for any."""
        return self.known.resource_id if self.is_only else 0


def own_adviser(
    context: StaffContext, resident_id: int, state: CallState, moving: AppointmentView | None
) -> AdviserView | None:
    """The adviser whom the resident has for the selected services, or has the appointment that moves with."""
    services = tuple(context.catalogue.service(slug) for slug in state.services)
    ids = [service.id for service in services]
    known = adviser_of(context.db, context.catalogue, [resident_id], ids, context.today) if ids else None
    if moving is not None and (known is None or not known.is_named):
        known = adviser_of_appointment(context.db, context.catalogue, moving.id, context.today) or known
    if known is None:
        return None
    by_service = OWN_ADVISER if any(one.named_adviser != EVERYBODY for one in services) else ANY_ADVISER
    is_only = known.works_here and (state.adviser or by_service) == OWN_ADVISER
    switch, text = _("Show times with anybody"), adviser_text(known)
    if not is_only:
        switch = _("Show only times with that adviser") if known.works_here else ""
    query = state.but(adviser=ANY_ADVISER if is_only else OWN_ADVISER, first_date=None).query
    return AdviserView(known, is_only, text, str(switch), query)


def adviser_text(known: KnownAdviser) -> str:
    """Who it is and since or until when, in a sentence."""
    if known.until is not None:
        text = _("%(name)s is their adviser until %(day)s.", name=known.name, day=format_day_short(known.until))
    elif known.seen_on is not None:
        text = _("They saw %(name)s last, on %(day)s.", name=known.name, day=format_day_short(known.seen_on))
    else:
        text = _("The appointment is with %(name)s.", name=known.name)
    return str(text) if known.works_here else f"{text} {_('Now it is done by others: here are all times.')}"


def lacks_adviser(services: tuple[ServiceFacts, ...], adviser: AdviserView | None) -> bool:
    """Whether a service is for people with an adviser alone, and this search is not for that one."""
    return any(one.named_adviser == NAMED_ONLY for one in services) and not (adviser and adviser.is_only)
