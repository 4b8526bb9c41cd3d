"""The time that an agent keeps for a caller while they talk: one for each resident, known by the session cookie."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask import session as flask_session

from booking.slot_tokens import SlotKey, decode, encode
from booking.use_cases.holds import HeldSlot, held, hold_slot, release_hold
from core.errors import HoldExpired, Invalid
from web.page_context import StaffContext

MOST_KEPT = 5
REMEMBERED = timedelta(minutes=20)  # a hold that ran out is still offered again for as long as a call may last
_KEY = "held_for"


@dataclass(frozen=True)
class Kept:
    """A hold as the cookie has it: its token, its offer, its end, and the appointment that is to move, if one is."""

    token: str
    slot_token: str
    until: str
    moving: str = ""


def kept_for(resident_id: int, now: datetime) -> Kept | None:
    """What is, or was a little while ago, held for the resident."""
    values = flask_session.get(_KEY, {}).get(str(resident_id))
    kept = Kept(**values) if values else None
    return kept if kept and now - datetime.fromisoformat(kept.until) < REMEMBERED else None


def forget(resident_id: int) -> None:
    """Forget what was held for the resident."""
    flask_session[_KEY] = {key: value for key, value in flask_session.get(_KEY, {}).items() if key != str(resident_id)}


def keep(resident_id: int, kept: Kept) -> None:
    """Remember the hold; only the latest few residents are kept."""
    others = [(key, value) for key, value in flask_session.get(_KEY, {}).items() if key != str(resident_id)]
    flask_session[_KEY] = dict([*others, (str(resident_id), asdict(kept))][-MOST_KEPT:])


def hold_for(desk: StaffContext, resident_id: int, token: str, needs: frozenset[str], *, moving: str) -> HeldSlot:
    """The offer of `token`, held instead of what was held before.

    Raises: SlotTaken, TooSoon, TooFar, Invalid for what is no offer of this council.
    """
    slot_key = decode(token)
    if slot_key.authority_id != desk.authority.id:
        raise Invalid.in_field("slot", "time_of_another_council")
    before = kept_for(resident_id, desk.now)
    taken = _take(desk, slot_key, needs, before.token if before else None)
    keep(resident_id, Kept(taken.token, encode(taken.slot_key), taken.expires_at.isoformat(), moving))
    return taken


def _take(desk: StaffContext, slot_key: SlotKey, needs: frozenset[str], replaces: str | None) -> HeldSlot:
    """A double click gets the first click's hold; the same button pressed again later gets a new one."""
    key = desk.form_key(f"hold:{encode(slot_key)}", needs)
    taken = hold_slot(desk.runtime, slot_key, for_public=False, needs=needs, replaces=replaces, idempotency=key)
    try:
        with desk.runtime.database.reading() as fresh:
            return held(fresh, desk.authority.id, taken.token, desk.now)
    except HoldExpired:
        return hold_slot(desk.runtime, slot_key, for_public=False, needs=needs, replaces=replaces)


def token_to_confirm(resident_id: int, shown: str, now: datetime) -> str:
    """The token of what is held, when it is the time that the agent was shown; empty when nothing is held.

    Raises: Invalid when another time was chosen meanwhile, in another tab say.
    """
    kept = kept_for(resident_id, now)
    if kept is None:
        return ""
    if shown and shown != kept.slot_token:
        raise Invalid.in_field("slot", "another_time_chosen")
    return kept.token


def let_go_shown(desk: StaffContext, resident_id: int, shown: str) -> None:
    """Give back what is held, when it is the time that the agent was shown. Raises: Invalid when it is another one."""
    token_to_confirm(resident_id, shown, desk.now)
    let_go(desk, resident_id)


def let_go(desk: StaffContext, resident_id: int) -> None:
    """Give back what is held for the resident, if anything is."""
    kept = kept_for(resident_id, desk.now)
    if kept is not None:
        release_hold(desk.runtime, desk.authority.id, kept.token)
        forget(resident_id)
