"""The answer to a program whose slot is taken: the error with the free slots that are nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api import serializers
from booking.queries.alternatives import nearest_alternatives
from booking.slot_tokens import SlotKey
from core.errors import SlotTaken
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id


@dataclass
class SlotTakenWithAlternatives(SlotTaken):
    """The time is taken; `alternatives` are the slots nearest to it, as in the availability."""

    alternatives: list[dict[str, Any]]


def with_alternatives(
    error: SlotTaken, slot_key: SlotKey | None, needs: frozenset[str] = frozenset()
) -> SlotTakenWithAlternatives:
    """`error` with the slots nearest to `slot_key` that meet `needs`; without a slot there are none."""
    conflict = SlotTakenWithAlternatives(_alternatives(slot_key, needs) if slot_key is not None else [])
    conflict.reason = error.reason
    return conflict


def _alternatives(slot_key: SlotKey, needs: frozenset[str]) -> list[dict[str, Any]]:
    with current_runtime().database.reading() as db:
        catalogue = catalogue_by_id(db, slot_key.authority_id)
        now = current_runtime().clock.now()
        nearest = nearest_alternatives(db, catalogue, slot_key, now, for_public=True, needs=needs)
    return [serializers.slot(slot) for slot in nearest]
