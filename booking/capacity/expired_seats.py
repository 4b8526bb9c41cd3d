"""Seats of holds that have expired, which whoever claims next deletes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.tables import Allocation
from core.database import connection_of, table_of

_allocations = table_of(Allocation)


def delete_expired(db: Session, allocation_ids: Collection[int], now: datetime) -> None:
    """Delete those of these allocations whose holds have expired at `now`, before anything is claimed.

    They are locked in the order of their ids, so that several writers that delete the same ones cannot deadlock.
    """
    connection = connection_of(db)
    expired = (
        select(_allocations.c.id)
        .where(_allocations.c.id.in_(sorted(allocation_ids)), _allocations.c.expires_at <= now)
        .order_by(_allocations.c.id)
        .with_for_update()
    )
    connection.execute(delete(_allocations).where(_allocations.c.id.in_(connection.scalars(expired).all())))
