"""The slot that is held for a caller during the call: one for each resident, remembered in the session cookie."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import session as flask_session

from booking.slot_tokens import SlotKey, decode, encode
from booking.use_cases.holds import HeldSlot, held, hold_slot, release_hold
from core.errors import HoldExpired, Invalid
from web.page_context import StaffContext

MOST_REMEMBERED = 5
REMEMBERED_FOR = timedelta(minutes=20)  # an expired hold can be renewed for as long as a call may last
_KEY = "held_for"


@dataclass(frozen=True)
class RememberedHold:
    """A hold as the cookie has it: its token, its slot, when it expires, and the appointment that is to move, if any."""

    token: str
    slot_token: str
    until: str
    moving: str = ""


def remembered_hold(resident_id: int, now: datetime) -> RememberedHold | None:
    """The hold for the resident, also when it has expired a short time ago."""
    values = flask_session.get(_KEY, {}).get(str(resident_id))
    if values and "offer" in values:  # a cookie from before an upgrade
        values = {name: value for name, value in values.items() if name != "offer"} | {"slot_token": values["offer"]}
    remembered = RememberedHold(**values) if values else None
    is_recent = remembered is not None and now - datetime.fromisoformat(remembered.until) < REMEMBERED_FOR
    return remembered if is_recent else None


def forget(resident_id: int) -> None:
    """Forget what was held for the resident."""
    flask_session[_KEY] = {key: value for key, value in flask_session.get(_KEY, {}).items() if key != str(resident_id)}


def remember(resident_id: int, hold: RememberedHold) -> None:
    """Remember the hold, and those of the latest few other residents."""
    others = [(key, value) for key, value in flask_session.get(_KEY, {}).items() if key != str(resident_id)]
    flask_session[_KEY] = dict([*others, (str(resident_id), asdict(hold))][-MOST_REMEMBERED:])


def hold_for(context: StaffContext, resident_id: int, token: str, needs: frozenset[str], *, moving: str) -> HeldSlot:
    """Hold the slot of `token` instead of what was held for the resident before.

    Raises: SlotTaken, TooSoon, TooFar, Invalid for what is no slot of this council.
    """
    slot_key = decode(token)
    if slot_key.authority_id != context.authority.id:
        raise Invalid.in_field("slot", "time_of_another_council")
    before = remembered_hold(resident_id, context.now)
    slot = _hold(context, slot_key, needs, before.token if before else None)
    remember(resident_id, RememberedHold(slot.token, encode(slot.slot_key), slot.expires_at.isoformat(), moving))
    return slot


def _hold(context: StaffContext, slot_key: SlotKey, needs: frozenset[str], replaces: str | None) -> HeldSlot:
    """A double click gets the first click's hold; the same button pressed again later gets a new one."""
    key = context.form_key(f"hold:{encode(slot_key)}", needs)
    slot = hold_slot(context.runtime, slot_key, for_public=False, needs=needs, replaces=replaces, idempotency=key)
    try:
        with context.runtime.database.reading() as db:
            return held(db, context.authority.id, slot.token, context.now)
    except HoldExpired:
        return hold_slot(context.runtime, slot_key, for_public=False, needs=needs, replaces=replaces)


def hold_to_confirm(resident_id: int, shown: str, now: datetime) -> RememberedHold | None:
    """The hold for the resident, when it is for the slot that the agent saw; None when nothing is held.

    Raises: Invalid when another slot has been selected meanwhile, in another tab say.
    """
    remembered = remembered_hold(resident_id, now)
    if remembered is not None and shown and shown != remembered.slot_token:
        raise Invalid.in_field("slot", "another_time_chosen")
    return remembered


def release_shown_slot(context: StaffContext, resident_id: int, shown: str) -> None:
    """Release the hold for the resident. Raises: Invalid when it is not for the slot that the agent saw."""
    hold_to_confirm(resident_id, shown, context.now)
    release_held_slot(context, resident_id)


def release_held_slot(context: StaffContext, resident_id: int) -> None:
    """Release the hold for the resident, if there is one."""
    remembered = remembered_hold(resident_id, context.now)
    if remembered is not None:
        release_hold(context.runtime, context.authority.id, remembered.token)
        forget(resident_id)
