"""The few times that one key holds: nearest, soonest, and without a journey. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from booking.agent.grid import Line, all_times, date_of, place_words
from booking.availability.values import Slot
from booking.model import MODES
from booking.queries.search import FreeSlot
from core.wording import day_words_short, miles_words, moment_words_short

MOST = 4
NEXT_FREE = "Next free anywhere"


@dataclass(frozen=True)
class Suggestion:
    """A time that one key holds. `is_next` marks the soonest of all, which has a key of its own."""

    title: str
    moment: str
    place: str
    token: str
    key: str = ""
    is_next: bool = False


def suggestions_of(
    lines: Sequence[Line], slots: Iterable[Slot], soonest: FreeSlot | None, zone: str
) -> tuple[Suggestion, ...]:
    """At most four: at the nearest place, the soonest anywhere, by video or telephone, at the next nearest place.

    `soonest` is given when the slots shown do not begin today.
    """
    firsts = _firsts(lines, slots)
    offered = list(_offered(firsts, soonest, zone))
    next_token = next((one.token for one in offered if one.title == NEXT_FREE), "")
    known: dict[str, Suggestion] = {}
    for one in offered:
        known.setdefault(one.token, replace(one, is_next=one.token == next_token))
    return numbered(list(known.values())[:MOST])


def _offered(firsts: list[tuple[Line, Slot]], soonest: FreeSlot | None, zone: str) -> Iterator[Suggestion]:
    nearby = [(line, slot) for line, slot in firsts if line.miles is not None]
    remote = [(line, slot) for line, slot in firsts if line.site.is_virtual]
    if nearby:
        yield _suggestion(f"Nearest, {miles_words(nearby[0][0].miles)}", *nearby[0], zone)
    if soonest is not None:
        yield of_free_slot(NEXT_FREE, soonest)
    elif firsts:
        yield _suggestion(NEXT_FREE, *min(firsts, key=lambda pair: pair[1].start_unit), zone)
    if remote:
        line, slot = min(remote, key=lambda pair: pair[1].start_unit)
        yield _suggestion(f"Next {MODES[line.mode].lower()}", line, slot, zone)
    for line, slot in nearby[1:]:
        yield _suggestion(f"Next nearest, {miles_words(line.miles)}", line, slot, zone)


def _firsts(lines: Sequence[Line], slots: Iterable[Slot]) -> list[tuple[Line, Slot]]:
    """The first slot of each line that has one, in the order of the lines."""
    by_site: dict[int, Slot] = {}
    for slot in slots:
        by_site.setdefault(slot.site_id, slot)
    return [(line, by_site[line.site.id]) for line in lines if line.site.id in by_site]


def _suggestion(title: str, line: Line, slot: Slot, zone: str) -> Suggestion:
    (first,) = all_times(line, [slot], zone)
    moment = f"{day_words_short(date_of(slot, zone))} {first.words}"
    return Suggestion(title, moment, place_words(line.site, line.mode), first.token)


def of_free_slot(title: str, slot: FreeSlot) -> Suggestion:
    """The suggestion of one slot."""
    return Suggestion(title, moment_words_short(slot.starts_at), place_words(slot.site, slot.mode), slot.token)


def alternatives(slots: Iterable[FreeSlot]) -> tuple[Suggestion, ...]:
    """Other times, for somebody who came second."""
    return numbered(of_free_slot("Instead", slot) for slot in slots)


def numbered(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """The suggestions with their keys: 1, 2, 3."""
    return tuple(replace(one, key=str(number)) for number, one in enumerate(suggestions, 1))
