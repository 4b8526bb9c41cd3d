"""The time that whoever searches has already, held for this visit or booked and to be moved. It is free to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.availability.busy import BusyRow
from booking.capacity.occupancy import seats_of
from booking.capacity.placement import live_hold
from booking.counted import counts_asked
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.own_changes import can_change
from booking.queries.slots import FreeSlot, SlotQuery, all_slots
from booking.slot_tokens import Counts, SlotKey, decode
from core.errors import HoldExpired, NotFound
from core.wall_clock import TICK_MINUTES, local_date_of, unit_of
from locations.model import SiteFacts
from web.page_context import PageContext
from web.resident.drafts import find_draft
from web.resident.opened_links import link_mark_of
from web.resident.page_rendering import visit_of
from web.resident.search_state import SearchState, services_of, slot_query_of


@dataclass(frozen=True)
class OwnTime:
    """A time that is held or booked, in the zone of its place, the page that goes on with it, and the seats that it has.

    `held_until` is None for an appointment. `other_needs` says that a time is held for other needs than are asked for
    now: `token` is then the same time for these needs, or empty where it cannot meet them.
    """

    site: SiteFacts
    mode: str
    starts_at: datetime
    ends_at: datetime
    page: str
    seats: frozenset[BusyRow]
    held_until: datetime | None = None
    other_needs: bool = False
    token: str = ""
    counts: Counts = ()
    new_minutes: int = 0  # how long the visit takes with the numbers that are searched for, where that changes

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    def is_at(self, slot: FreeSlot) -> bool:
        """Whether `slot` is this time, at the same place, in the same mode and as long."""
        own = (self.site.id, self.mode, self.starts_at, self.ends_at)
        return (slot.site.id, slot.mode, slot.starts_at, slot.ends_at) == own


def query_with_own_time(context: PageContext, search: SearchState) -> tuple[SlotQuery, OwnTime | None]:
    """The query of free slots for this search, to which one's own time is free, and that time. Raises: NotFound."""
    query = slot_query_of(context.catalogue, search)
    own = _booked_time(context, search.moving) if search.moving else _held_time(context, search)
    if own is None:
        return query, None
    is_as_booked = bool(search.moving) and not search.numbers
    counts = own.counts if is_as_booked else query.counts
    if search.moving and counts is not None and counts != own.counts:
        own = replace(own, new_minutes=own.minutes + _added_minutes(counts) - _added_minutes(own.counts))
    return replace(query, own_seats=own.seats, counts=counts), own


def _added_minutes(counts: Counts) -> int:
    return sum(count.ticks for count in counts) * TICK_MINUTES


def _held_time(context: PageContext, search: SearchState) -> OwnTime | None:
    draft = find_draft(context, search.visit)
    if draft is None:
        return None
    try:
        hold = live_hold(context.db, context.authority.id, draft.hold, context.now)
    except HoldExpired:
        return None
    slot_key = decode(hold.slot_token)
    held, seats = visit_of(context.catalogue, slot_key), seats_of(context.db, hold_id=hold.id)
    counts = counts_asked(services_of(context.catalogue, search), search.numbers)
    asked = slot_key if counts is None else replace(slot_key, counts=counts)
    other_needs = (draft.needs, draft.language, slot_key) != (search.needs, search.language, asked)
    found = same_start(context, asked, search.needs, seats) if other_needs else None
    return OwnTime(
        held.site,
        held.mode,
        held.starts_at,
        held.ends_at,
        page=f"{context.base}/book/{search.visit}/{draft.next_page}",
        seats=seats,
        held_until=hold.expires_at,
        other_needs=other_needs,
        token=found.token if found else "",
    )


def longer_time(context: PageContext, view: AppointmentView) -> FreeSlot | None:
    """The appointment's own start with all that is needed, extra time too; None where what follows is not free."""
    service_ids = tuple(service.id for service in view.services)
    slot_key = SlotKey(
        authority_id=context.authority.id,
        site_id=view.site.id,
        service_ids=service_ids,
        mode=view.mode,
        start_unit=unit_of(view.starts_at),
        counts=view.counts,
    )
    return same_start(context, slot_key, view.support_needs, seats_of(context.db, appointment_id=view.id))


def same_start(
    context: PageContext, slot_key: SlotKey, needs: Iterable[str], own_seats: frozenset[BusyRow]
) -> FreeSlot | None:
    """The same start at the same place for other needs, where one's own seats are free; None where it is not."""
    day = local_date_of(slot_key.start_unit, context.zone)
    query = SlotQuery(
        *(slot_key.service_ids, (slot_key.site_id,), slot_key.mode, frozenset(needs), day, day),
        own_seats=own_seats,
        counts=slot_key.counts,
    )
    slots = all_slots(context.db, context.catalogue, query, context.now)
    return next((slot for slot in slots if slot.slot_key.start_unit == slot_key.start_unit), None)


def _booked_time(context: PageContext, reference: str) -> OwnTime | None:
    """The appointment's time, if this browser may see the appointment and it can be moved."""
    link_mark = link_mark_of(context, reference)
    if not link_mark:  # nor is it looked for: how long that takes would say whether it exists
        return None
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound:
        return None
    if link_mark != view.link_mark or not can_change(view, context.now):
        return None
    starts_at, ends_at = (at.astimezone(ZoneInfo(context.zone)) for at in (view.starts_at, view.ends_at))
    page = f"{context.base}/appointment/{reference}"
    seats = seats_of(context.db, appointment_id=view.id)
    return OwnTime(view.site, view.mode, starts_at, ends_at, page, seats, counts=view.counts)
