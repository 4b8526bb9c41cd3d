"""What another period of a closure would do, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.tables import RebookItem
from locations.tables import Closure

Touched = Callable[[Session, Closure], Mapping[int, datetime]]


@dataclass(frozen=True)
class ClosureChange:
    """The ids of those who would be affected in addition, who would keep their time, and who would stay affected."""

    added: tuple[int, ...]
    keeping: tuple[int, ...]
    staying: tuple[int, ...]


def change_of_closure(
    db: Session, closure_id: int, period: tuple[datetime, datetime], now: datetime, touched_by: Touched
) -> ClosureChange:
    """What this period, half-open, would do. Nothing is written."""
    row = db.get_one(Closure, closure_id)
    copied = {column.key: getattr(row, column.key) for column in Closure.__mapper__.column_attrs if column.key != "id"}
    changed = Closure(**copied | {"starts_at": period[0], "ends_at": period[1]})
    touched = touched_by(db, changed)
    open_items = select(RebookItem.appointment_id).where(
        RebookItem.closure_id == closure_id, RebookItem.closed_at.is_(None)
    )
    listed = set(db.scalars(open_items))
    return ClosureChange(
        added=tuple(id_ for id_, ends_at in touched.items() if ends_at > now and id_ not in listed),
        keeping=tuple(sorted(listed - touched.keys())),
        staying=tuple(sorted(listed & touched.keys())),
    )
