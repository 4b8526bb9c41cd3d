"""What the plan announces and asks. Subscribers run inside the transaction of the change (`wsgi.py` connects them)."""

from __future__ import annotations

from datetime import datetime

from blinker import Signal
from sqlalchemy.orm import Session

# closure_made.send(session, closure_id=..., now=...): subscribers answer how many appointments it touches.
closure_made = Signal("A closure was made or changed; the sites' rows are locked.")

# left_out.send(session, kind="site" | "resource" | "service", row_id=..., now=...): they answer how many are to come.
left_out = Signal("A place or service is to be removed: how many appointments there are still to come?")


def announce_closure(db: Session, closure_id: int, now: datetime) -> int:
    """Tell subscribers of the closure; how many appointments must be rebooked because of it."""
    db.flush()
    return sum(answer or 0 for _, answer in closure_made.send(db, closure_id=closure_id, now=now))


def appointments_ahead(db: Session, kind: str, row_id: int, now: datetime) -> int:
    """How many appointments still to come rely on the site, resource or service."""
    return sum(answer or 0 for _, answer in left_out.send(db, kind=kind, row_id=row_id, now=now))
