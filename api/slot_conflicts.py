"""Slots as programs send them, and what to offer instead when one is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api import serializers
from api.error_handlers import SlotTakenBut
from booking.queries.slots import nearest_alternatives
from booking.slot_tokens import SlotKey, decode
from core.errors import Invalid, SlotTaken
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id


def slot_key_of(token: str, authority_id: int) -> SlotKey:
    """The key of the slot that `token` means. Raises: Invalid, also for a slot of another authority."""
    slot_key = decode(token)
    if slot_key.authority_id != authority_id:
        raise Invalid.in_field("slot", "slot_of_another_council")
    return slot_key


@contextmanager
def with_alternatives(slot_key: SlotKey | None, needs: frozenset[str]) -> Iterator[None]:
    """Do the block; when the time is taken, say which free ones are nearest. Raises: SlotTakenBut."""
    try:
        yield
    except SlotTaken as error:
        alternatives = _alternatives(slot_key, needs) if slot_key is not None else []
        taken = SlotTakenBut(alternatives)
        taken.reason = error.reason
        raise taken from error


def _alternatives(slot_key: SlotKey, needs: frozenset[str]) -> list[dict[str, Any]]:
    with current_runtime().database.reading() as db:
        catalogue = catalogue_by_id(db, slot_key.authority_id)
        now = current_runtime().clock.now()
        nearest = nearest_alternatives(db, catalogue, slot_key, now, for_public=True, needs=needs)
    return [serializers.slot(slot) for slot in nearest]
