"""The slot that is held for a caller during the call: one for each member of staff and resident, in the database."""

from __future__ import annotations

from booking.slot_tokens import decode, encode
from booking.use_cases.calls import hold_in_call, hold_to_confirm, release_in_call
from booking.use_cases.holds import held
from core.errors import HoldExpired, Invalid
from web.page_context import StaffContext


def hold_for(context: StaffContext, resident_id: int, token: str, needs: frozenset[str], *, moving: str) -> None:
    """Hold the slot of `token` instead of what was held for the resident before.

    A double click gets the first click's hold; the same button pressed again later gets a new one.
    Raises: SlotTaken, TooSoon, TooFar, Invalid for what is no slot of this council.
    """
    slot_key, key = decode(token), context.call_with(resident_id)
    if slot_key.authority_id != context.authority.id:
        raise Invalid.in_field("slot", "time_of_another_council")
    form_key = context.form_key(f"hold:{encode(slot_key)}", (resident_id, needs))
    slot = hold_in_call(context.runtime, key, slot_key, needs=needs, moving=moving, idempotency=form_key)
    try:
        with context.runtime.database.reading() as db:
            held(db, context.authority.id, slot.token, context.now)
    except HoldExpired:
        hold_in_call(context.runtime, key, slot_key, needs=needs, moving=moving)


def release_held_slot(context: StaffContext, resident_id: int, shown: str = "") -> None:
    """Release the hold for the resident, if there is one. Raises: Invalid when it is not for the slot that was shown."""
    hold_to_confirm(context.runtime, context.call_with(resident_id), shown)
    release_in_call(context.runtime, context.call_with(resident_id))
