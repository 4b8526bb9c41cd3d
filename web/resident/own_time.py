"""The time that whoever searches has already, held for this visit or booked and to be moved. It is free to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.availability.busy import BusyRow
from booking.capacity.occupancy import seats_of
from booking.capacity.placement import live_hold
from booking.queries.appointments import by_reference, can_change
from booking.queries.slots import FreeSlot, SlotQuery
from booking.slot_tokens import decode
from core.errors import HoldExpired, NotFound
from locations.model import SiteFacts
from web.page_context import PageContext
from web.resident.drafts import find_draft, link_mark_of
from web.resident.page_rendering import visit_of
from web.resident.search_state import SearchState, slot_query_of


@dataclass(frozen=True)
class OwnTime:
    """A time that is held or booked, in the zone of its place, the page that goes on with it, and the seats that it has.

    `held_until` is None for an appointment.
    """

    site: SiteFacts
    mode: str
    starts_at: datetime
    page: str
    seats: frozenset[BusyRow]
    held_until: datetime | None = None

    def is_at(self, slot: FreeSlot) -> bool:
        """Whether `slot` is this time, at the same place and in the same mode."""
        return (slot.site.id, slot.mode, slot.starts_at) == (self.site.id, self.mode, self.starts_at)


def query_with_own_time(context: PageContext, search: SearchState) -> tuple[SlotQuery, OwnTime | None]:
    """The query of free slots for this search, to which one's own time is free, and that time. Raises: NotFound."""
    query = slot_query_of(context.catalogue, search)
    own = _booked_time(context, search.moving) if search.moving else _held_time(context, search.visit)
    return (replace(query, own_seats=own.seats) if own else query), own


def _held_time(context: PageContext, visit: str) -> OwnTime | None:
    draft = find_draft(context, visit)
    if draft is None:
        return None
    try:
        hold = live_hold(context.db, context.authority.id, draft.hold, context.now)
    except HoldExpired:
        return None
    held = visit_of(context.catalogue, decode(hold.slot_token))
    page = f"{context.base}/book/{visit}/{draft.next_page}"
    return OwnTime(
        held.site, held.mode, held.starts_at, page, seats_of(context.db, hold_id=hold.id), held_until=hold.expires_at
    )


def _booked_time(context: PageContext, reference: str) -> OwnTime | None:
    """The appointment's time, if this browser may see the appointment and it can be moved."""
    link_mark = link_mark_of(context, reference)
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound:
        return None
    if link_mark != view.link_mark or not can_change(view, context.now):
        return None
    starts_at = view.starts_at.astimezone(ZoneInfo(context.zone))
    page = f"{context.base}/appointment/{reference}"
    return OwnTime(view.site, view.mode, starts_at, page, seats_of(context.db, appointment_id=view.id))
