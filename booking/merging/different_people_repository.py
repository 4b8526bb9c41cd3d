"""Pairs of records that look alike and are of different people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from booking.merging.tables import DifferentPeople


def are_different(db: Session, one_id: int, other_id: int) -> bool:
    """Whether somebody said that they are."""
    return _pair(db, one_id, other_id) is not None


def keep_different(
    db: Session, authority_id: int, one_id: int, other_id: int, staff_id: int | None, now: datetime
) -> bool:
    """Keep that they are; False where that is known already. Both residents are locked."""
    if are_different(db, one_id, other_id):
        return False
    first, second = sorted((one_id, other_id))
    pair = {"authority_id": authority_id, "first_id": first, "second_id": second}
    db.add(DifferentPeople(**pair, staff_id=staff_id, at=now))
    db.flush()
    return True


def move_different(db: Session, from_id: int, to_id: int) -> list[int]:
    """What was said of one holds for the kept record too, unless it is known; the ids of the pairs that have moved."""
    pairs = db.scalars(select(DifferentPeople).where(_has(from_id)).order_by(DifferentPeople.id)).all()
    moved = []
    for pair in pairs:
        other_id = pair.second_id if pair.first_id == from_id else pair.first_id
        if other_id == to_id or are_different(db, to_id, other_id):
            continue
        pair.first_id, pair.second_id = sorted((to_id, other_id))
        moved.append(pair.id)
    db.flush()
    return moved


def move_different_back(db: Session, ids: Sequence[int], from_id: int, to_id: int) -> None:
    """Make these pairs those of `to_id` again."""
    for pair in db.scalars(select(DifferentPeople).where(DifferentPeople.id.in_(ids), _has(from_id))).all():
        other_id = pair.second_id if pair.first_id == from_id else pair.first_id
        if other_id != to_id and not are_different(db, to_id, other_id):
            pair.first_id, pair.second_id = sorted((to_id, other_id))
    db.flush()


def _pair(db: Session, one_id: int, other_id: int) -> DifferentPeople | None:
    first, second = sorted((one_id, other_id))
    return db.scalar(
        select(DifferentPeople).where(DifferentPeople.first_id == first, DifferentPeople.second_id == second)
    )


def _has(resident_id: int) -> ColumnElement[bool]:
    return or_(DifferentPeople.first_id == resident_id, DifferentPeople.second_id == resident_id)
