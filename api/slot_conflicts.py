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
from locations.catalogue import catalogue_by_id


def offer_of(token: str, authority_id: int) -> SlotKey:
    """The offer that `token` means. Raises: Invalid, also for a slot of another authority."""
    offer = decode(token)
    if offer.authority_id != authority_id:
        raise Invalid({"slot": ["This is not a slot of this council. Ask for its availability."]})
    return offer


@contextmanager
def with_alternatives(offer: SlotKey | None, needs: frozenset[str]) -> Iterator[None]:
    """Do the block; when the time is taken, say which free ones are nearest. Raises: SlotTakenBut."""
    try:
        yield
    except SlotTaken as error:
        alternatives = _alternatives(offer, needs) if offer is not None else []
        raise SlotTakenBut(str(error), alternatives) from error


def _alternatives(offer: SlotKey, needs: frozenset[str]) -> list[dict[str, Any]]:
    with current_runtime().database.reading() as db:
        catalogue = catalogue_by_id(db, offer.authority_id)
        now = current_runtime().clock.now()
        nearest = nearest_alternatives(db, catalogue, offer, now, for_public=True, needs=needs)
    return [serializers.slot(slot) for slot in nearest]
