"""Deletes what has expired: calls left open, holds, claims, requests for links, idempotency records, sign-ins, links to set
a password, limits, browsers' states.

Every rule holds without it: nothing reads an expired row as valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.tables import Claim
from booking.use_cases.calls import close_forgotten_calls
from booking.use_cases.count_abandoned import count_abandoned
from booking.use_cases.holds import delete_expired_holds
from booking.use_cases.keep_documents import delete_unreferenced_files
from booking.use_cases.manage_links import delete_expired_requests
from core import browser_states, idempotency, rate_limits
from core.connections import CLEANUP
from core.database import connection_of, table_of
from core.runtime import Runtime
from core.wall_clock import unit_of
from people.staff import password_links, sign_in_sessions

PAST_DAYS_KEPT = timedelta(days=2)  # longer than any local day that is still running somewhere


@dataclass(frozen=True)
class DeletedCounts:
    """How many expired holds and past claims were deleted."""

    holds: int
    claims: int


def delete_past_claims(db: Session, before_unit: int) -> int:
    """Delete the claims of units before `before_unit`; how many there were. The allocations stay, as the record."""
    return connection_of(db).execute(delete(table_of(Claim)).where(Claim.unit < before_unit)).rowcount


def delete_expired(runtime: Runtime) -> DeletedCounts:
    """Delete what has expired, by the database's clock."""
    with runtime.database.writing(CLEANUP) as db:
        now = runtime.clock.database_now(db)
        close_forgotten_calls(db, runtime, now)
        holds = delete_expired_holds(db, now)
        claims = delete_past_claims(db, unit_of(now - PAST_DAYS_KEPT))
        delete_expired_requests(db, now)
        idempotency.delete_expired(db, now)
        sign_in_sessions.delete_expired(db, now)
        password_links.delete_expired(db, now)
    # Transactions of their own: requests that count or keep something and the cleanup do not wait for each other.
    rate_limits.delete_expired(runtime.database, now)
    count_abandoned(runtime, now)
    browser_states.delete_expired(runtime.database, now)
    delete_unreferenced_files(runtime)
    return DeletedCounts(holds, claims)
