"""The free times of one day, by place, and there by morning, afternoon, evening."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from booking.queries.slots import FreeSlot
from locations.model import SiteFacts
from web.labels import Labels, label_of

PARTS: Labels = {"morning": _l("Morning"), "afternoon": _l("Afternoon"), "evening": _l("Evening")}
AFTERNOON_HOUR, EVENING_HOUR = 12, 17


@dataclass(frozen=True)
class PartOfDay:
    """The free times of a morning, an afternoon or an evening."""

    name: str
    slots: tuple[FreeSlot, ...]

    @property
    def label(self) -> str:
        """Its name in the language of the request."""
        return label_of(PARTS, self.name)


@dataclass(frozen=True)
class TimesAt:
    """The free times of one place."""

    site: SiteFacts
    miles: float | None
    parts: tuple[PartOfDay, ...]

    @property
    def first(self) -> FreeSlot:
        """One of them."""
        return self.parts[0].slots[0]


def times_by_place(slots: Iterable[FreeSlot], places: Sequence[tuple[SiteFacts, float | None]]) -> list[TimesAt]:
    """The slots by place, in the order of `places`; a place without any is left out."""
    by_site: dict[int, list[FreeSlot]] = {}
    for slot in slots:
        by_site.setdefault(slot.site.id, []).append(slot)
    return [TimesAt(site, miles, parts_of(by_site[site.id])) for site, miles in places if site.id in by_site]


def parts_of(slots: Sequence[FreeSlot]) -> tuple[PartOfDay, ...]:
    """The slots by part of the day; empty parts are left out."""
    grouped = [(name, tuple(slot for slot in slots if part_of(slot) == name)) for name in PARTS]
    return tuple(PartOfDay(name, found) for name, found in grouped if found)


def part_of(slot: FreeSlot) -> str:
    """morning, afternoon or evening."""
    hour = slot.starts_at.hour
    return tuple(PARTS)[(hour >= AFTERNOON_HOUR) + (hour >= EVENING_HOUR)]
