"""Visits that take longer than expected go on occupying their desks, as time passes and nobody records anything."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.visits.desk_claim_repository import follow_desks
from booking.visits.tables import DayVisit
from booking.visits.visit_repository import lock_visits
from booking.visits.visit_states import AT_DESK
from core.runtime import Runtime
from core.transactions import run_with_retries


def follow_running_visits(runtime: Runtime) -> None:
    """Bring what visits occupy up to date, at each site where somebody is at a desk. A transaction for each site."""
    with runtime.database.reading() as db:
        is_at_desk = DayVisit.state.in_([state.value for state in AT_DESK])
        is_today = DayVisit.changed_at > runtime.clock.now() - timedelta(days=1)
        columns = (DayVisit.authority_id, DayVisit.site_id)
        sites = db.execute(select(*columns).where(is_at_desk, is_today).distinct()).all()
    for authority_id, site_id in sorted(map(tuple, sites)):
        run_with_retries(runtime.database, partial(_follow, runtime, authority_id, site_id))


def _follow(runtime: Runtime, authority_id: int, site_id: int, db: Session) -> None:
    lock_visits(db, site_id)
    follow_desks(db, authority_id, site_id, runtime.clock.database_now(db))
