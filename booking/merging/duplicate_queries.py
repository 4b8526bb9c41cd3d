"""Residents who may be the same person: one contact or birth date, and a name that is like the other.

Candidates are found by the indexes that the search has, so many at most; names are compared as the search compares them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select, union_all
from sqlalchemy.orm import Session

from booking.merging.tables import DifferentPeople
from core.database import table_of
from people.residents.likeness import likeness
from people.residents.search import MatchReason
from people.residents.tables import Resident

AT_MOST = 30  # people with one contact who are looked at for one record
WINDOW = 300  # records that one statement begins from
WINDOWS = 6
PAGE = 20
_one, _other = table_of(Resident).alias("one"), table_of(Resident).alias("other")
_NAMES = ("id", "name", "email", "phone_key", "postcode_key", "date_of_birth")


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


def _same(column: str) -> ColumnElement[bool]:
    known = _one.c[column].is_not(None) if column == "date_of_birth" else _one.c[column] != ""
    return and_(known, _one.c.authority_id == _other.c.authority_id, _one.c[column] == _other.c[column])


def _statement(which: ColumnElement[bool], pairs: ColumnElement[bool], most: int) -> Any:
    """Pairs by each thing that they may share; of each list so many at most."""
    columns = [*(_one.c[name].label(f"one_{name}") for name in _NAMES), *(_other.c[name] for name in _NAMES)]
    both = (which, pairs, _one.c.anonymised_at.is_(None), _other.c.anonymised_at.is_(None))
    pair = ((_one.c.id, _other.c.id), (_other.c.id, _one.c.id))
    said = (and_(DifferentPeople.first_id == first, DifferentPeople.second_id == second) for first, second in pair)
    known = select(DifferentPeople.id).where(or_(*said)).exists()
    lists = (
        select(*columns).where(*both, _same(column), ~known).order_by(_one.c.id.desc(), _other.c.id.desc()).limit(most)
        for column in ("email", "phone_key", "date_of_birth")
    )
    return union_all(*(select(one.subquery()) for one in lists))


def likely_same_as(db: Session, authority_id: int, resident_id: int) -> tuple[LikelySame, ...]:
    """Who may be the same person as this resident, likeliest first. One statement."""
    here = and_(_one.c.authority_id == authority_id, _one.c.id == resident_id)
    return _likely(db.execute(_statement(here, _other.c.id != resident_id, AT_MOST)).all())


def likely_same(db: Session, authority_id: int, before: int | None = None) -> LikelyPage:
    """A page of pairs of the council: records that are newer than `before` were looked at already.

    A few statements at most, each from so many records: a page may hold few pairs, or none, and lead on.
    """
    residents = table_of(Resident)
    found: list[LikelySame] = []
    for _ in range(WINDOWS):
        here = (residents.c.authority_id == authority_id, residents.c.anonymised_at.is_(None))
        older = () if before is None else (residents.c.id < before,)
        ids = db.scalars(
            select(residents.c.id).where(*here, *older).order_by(residents.c.id.desc()).limit(WINDOW)
        ).all()
        if not ids:
            return LikelyPage(tuple(found), None)
        which = and_(_one.c.authority_id == authority_id, _one.c.id.between(ids[-1], ids[0]))
        rows = db.execute(_statement(which, _other.c.id < _one.c.id, WINDOW * AT_MOST)).all()
        found += _likely(rows)
        before = ids[-1] if len(ids) == WINDOW else None
        if before is None or len(found) >= PAGE:
            break
    return LikelyPage(tuple(found), before)


def _likely(rows: Iterable[Row[Any]]) -> tuple[LikelySame, ...]:
    pairs: dict[tuple[int, int], LikelySame] = {}
    for row in rows:
        half = len(_NAMES)
        one, other = Compared(*row[:half]), Compared(*row[half:])
        if (one.id, other.id) not in pairs:
            why = likeness(one, other)
            if why:
                pairs[one.id, other.id] = LikelySame(one, other, why)
    return tuple(sorted(pairs.values(), key=lambda pair: (-len(pair.why), -pair.one.id, -pair.other.id)))
