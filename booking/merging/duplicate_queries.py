"""Residents who may be the same person: one contact or birth date, and a name that is like the other.

Candidates are found by the indexes that the search has, so many at most; names are compared as the search compares them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import Session

from booking.merging.tables import DifferentPeople
from core.database import table_of
from people.residents.details import ResidentDetails, email_key, phone_key, postcode_key
from people.residents.likeness import likeness
from people.residents.search import MatchReason
from people.residents.tables import Resident

AT_MOST = 30  # people with one contact who are looked at for one record
WINDOW = 300  # records that are looked at together
WINDOWS = 4
MOST_FOUND = 3_000
PAGE = 20
_residents = table_of(Resident).c
_SHARED = ("email", "phone_key", "date_of_birth")
_COLUMNS = [_residents[name] for name in ("id", "name", "email", "phone_key", "postcode_key", "date_of_birth")]


@dataclass(frozen=True)
class Compared:
    """What is compared of a resident."""

    id: int
    name: str
    email: str
    phone_key: str
    postcode_key: str
    date_of_birth: Any


@dataclass(frozen=True)
class LikelySame:
    """Two residents who may be the same person, and why."""

    one: Compared
    other: Compared
    why: tuple[MatchReason, ...]


@dataclass(frozen=True)
class LikelyPage:
    """Pairs, the newest records first; `before` is the id from which one looks further, None where all were seen."""

    pairs: tuple[LikelySame, ...]
    before: int | None


def _sharing(authority_id: int, column: str, values: Sequence[Any], most: int) -> Any:
    """Residents who have one of these values, by the index of the search, with each value as a constant."""
    here = (_residents.authority_id == authority_id, _residents.anonymised_at.is_(None))
    of_values = _residents[column] == values[0] if len(values) == 1 else _residents[column].in_(values)
    return select(*_COLUMNS).where(*here, of_values).order_by(_residents.id.desc()).limit(most)


def _others(db: Session, authority_id: int, ones: Sequence[Compared], most: int) -> list[Compared]:
    """Everybody who shares a contact or the birth date with one of them, they themselves among them; one statement."""
    values = {column: sorted({value for one in ones if (value := getattr(one, column))}) for column in _SHARED}
    lists = [_sharing(authority_id, column, found, most) for column, found in values.items() if found]
    if not lists:
        return []
    rows = db.execute(union_all(*(select(one.subquery()) for one in lists)))
    return list({row[0]: Compared(*row) for row in rows}.values())


def _different(db: Session, authority_id: int, ids: Sequence[int]) -> frozenset[tuple[int, int]]:
    """Pairs of which somebody said that they are two people, the lower id first."""
    either = or_(DifferentPeople.first_id.in_(ids), DifferentPeople.second_id.in_(ids))
    pairs = select(DifferentPeople.first_id, DifferentPeople.second_id)
    rows = db.execute(pairs.where(DifferentPeople.authority_id == authority_id, either))
    return frozenset((first, second) for first, second in rows)


def likely_same_as(db: Session, authority_id: int, one: Compared) -> tuple[LikelySame, ...]:
    """Who may be the same person as this resident, likeliest first. Two statements; one where nobody shares anything."""
    others = [other for other in _others(db, authority_id, [one], AT_MOST) if other.id != one.id]
    known = _different(db, authority_id, [one.id]) if others else frozenset()
    return _likely(((one, other) for other in others), known)


def compared(resident_id: int, details: ResidentDetails) -> Compared:
    """What is compared of a resident whose details are known."""
    keys = (email_key(details.email), phone_key(details.phone), postcode_key(details.postcode))
    return Compared(resident_id, details.name, *keys, details.date_of_birth)


def likely_same(db: Session, authority_id: int, before: int | None = None) -> LikelyPage:
    """A page of pairs of the council: records that are newer than `before` were looked at already.

    A few statements at most, each from so many records: a page may hold few pairs, or none, and lead on.
    """
    found: list[LikelySame] = []
    for _ in range(WINDOWS):
        here = (_residents.authority_id == authority_id, _residents.anonymised_at.is_(None))
        older = () if before is None else (_residents.id < before,)
        rows = db.execute(select(*_COLUMNS).where(*here, *older).order_by(_residents.id.desc()).limit(WINDOW))
        ones = [Compared(*row) for row in rows]
        if ones:
            others = _others(db, authority_id, ones, MOST_FOUND)
            known = _different(db, authority_id, [one.id for one in ones])
            found += _likely(_pairs(ones, others), known)
        before = ones[-1].id if len(ones) == WINDOW else None
        if before is None or len(found) >= PAGE:
            break
    return LikelyPage(tuple(found), before)


def _pairs(ones: Sequence[Compared], others: Sequence[Compared]) -> Iterator[tuple[Compared, Compared]]:
    """Each of `ones` with those older ones who share something with it; of one shared thing so many at most."""
    by_value: dict[tuple[str, Any], list[Compared]] = defaultdict(list)
    for other in others:
        for column in _SHARED:
            if value := getattr(other, column):
                by_value[column, value].append(other)
    for one in ones:
        for column in _SHARED:
            older = (other for other in by_value[column, getattr(one, column)] if other.id < one.id)
            yield from ((one, other) for other in islice(older, AT_MOST))


def _likely(pairs: Iterable[tuple[Compared, Compared]], known: frozenset[tuple[int, int]]) -> tuple[LikelySame, ...]:
    found: dict[tuple[int, int], LikelySame] = {}
    for one, other in pairs:
        key = (min(one.id, other.id), max(one.id, other.id))
        if key not in found and key not in known and (why := likeness(one, other)):
            found[key] = LikelySame(one, other, why)
    return tuple(sorted(found.values(), key=lambda pair: (-len(pair.why), -pair.one.id, -pair.other.id)))
