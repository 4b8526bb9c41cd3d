"""A unit of work that is tried again when it lost a race: rolled back, and run in a new transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.database import Database, connection_of
from core.deadlines import is_time_up
from core.errors import CapacityConflict, SlotTaken

# PostgreSQL ended the transaction so that others could go on: a deadlock, or a serialization failure.
RETRYABLE_SQLSTATES = frozenset({"40P01", "40001"})
MAX_TRIES = 20  # each lost race means that somebody else got a seat, so this is more than one start has seats
MAX_RECONNECTIONS = 1
LOST_RACES = "lost_races"  # in Session.info
Result = TypeVar("Result")
_LOCK = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))


def run_with_retries(database: Database, operation: Callable[[Session], Result]) -> Result:
    """The result of `operation`, committed. After a lost race it runs again, so it must act through its session alone.

    It also runs again, once, when its connection died before COMMIT: nothing was done then.
    Raises: SlotTaken after MAX_TRIES lost races, and whatever `operation` raises.
    """
    lost, reconnections = 0, MAX_RECONNECTIONS
    while lost < MAX_TRIES:
        try:
            with database.writing() as db:
                db.info[LOST_RACES] = lost
                return operation(db)
        except CapacityConflict:
            lost += 1
        except DBAPIError as error:
            if error.connection_invalidated and reconnections and not is_time_up():
                reconnections -= 1
            elif getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES:
                lost += 1
            else:
                raise
    raise SlotTaken.because("slot_in_demand")


def lock_by_name(db: Session, name: str) -> None:
    """Let transactions that lock the same name take turns until they end: for what has no row to lock."""
    if db.get_bind().dialect.name != "postgresql":
        return  # SQLite has one writer at a time
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    connection_of(db).execute(_LOCK, {"number": number})


def lost_races(db: Session) -> int:
    """How often the running operation has lost a race already."""
    return int(db.info.get(LOST_RACES, 0))
