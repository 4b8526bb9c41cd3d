"""The slot that is held for a caller during the call: one for each member of staff and resident, in the database."""

from __future__ import annotations

from booking.queries.open_calls import CallHold, CallKey, OpenCall, open_call
from booking.slot_tokens import decode, encode
from booking.use_cases.calls import hold_in_call, release_in_call
from booking.use_cases.holds import held
from core.errors import HoldExpired, Invalid
from web.page_context import StaffContext


def call_key(context: StaffContext, resident_id: int) -> CallKey:
    """The call of whoever is signed in with this resident."""
    return CallKey(context.authority.id, context.staff.staff_id, resident_id)


def call_now(context: StaffContext, resident_id: int) -> OpenCall:
    """What is typed and held in the call, read anew."""
    secret_key = context.runtime.settings.secret_key
    with context.runtime.database.reading() as db:
        return open_call(db, secret_key, call_key(context, resident_id), context.now)


def hold_for(context: StaffContext, resident_id: int, token: str, needs: frozenset[str], *, moving: str) -> None:
    """Hold the slot of `token` instead of what was held for the resident before.

    A double click gets the first click's hold; the same button pressed again later gets a new one.
    Raises: SlotTaken, TooSoon, TooFar, Invalid for what is no slot of this council.
    """
    slot_key, key = decode(token), call_key(context, resident_id)
    if slot_key.authority_id != context.authority.id:
        raise Invalid.in_field("slot", "time_of_another_council")
    form_key = context.form_key(f"hold:{encode(slot_key)}", (resident_id, needs))
    slot = hold_in_call(context.runtime, key, slot_key, needs=needs, moving=moving, idempotency=form_key)
    try:
        with context.runtime.database.reading() as db:
            held(db, context.authority.id, slot.token, context.now)
    except HoldExpired:
        hold_in_call(context.runtime, key, slot_key, needs=needs, moving=moving)


def hold_to_confirm(context: StaffContext, resident_id: int, shown: str) -> CallHold | None:
    """The hold for the resident, when it is for the slot that the agent saw; None when nothing is held.

    Raises: Invalid when another slot has been selected meanwhile, in another window say.
    """
    hold = call_now(context, resident_id).hold
    if hold is not None and shown and shown != hold.slot_token:
        raise Invalid.in_field("slot", "another_time_chosen")
    return hold


def release_held_slot(context: StaffContext, resident_id: int, shown: str = "") -> None:
    """Release the hold for the resident, if there is one. Raises: Invalid when it is not for the slot that was shown."""
    hold_to_confirm(context, resident_id, shown)
    release_in_call(context.runtime, call_key(context, resident_id))
