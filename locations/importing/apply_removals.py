"""What a plan leaves out: removed when nothing refers to it, kept for the record when something past does.

The database itself says whether anything refers to a row: it is deleted inside a savepoint, and a foreign key that
objects keeps it. Whether appointments still to come need it is asked before anything is written.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from locations.importing.applied_changes import Changes
from locations.importing.difference import REMOVAL_ORDER, Change, Difference
from locations.importing.set_up_queries import Rows
from locations.tables import Closure


def remove_left_out(db: Session, rows: Rows, difference: Difference, changes: Changes) -> None:
    """Remove the rows that the plan does not name. A site that is kept opens nothing: its sessions are removed first."""
    for change in difference.to_remove(*REMOVAL_ORDER):
        row = rows.by_key[change.key]
        if change.kind in ("session", "closure", "travel time"):
            db.delete(row)
            db.flush()
        elif not _remove(db, change, row):
            changes.kept.append(str(change.key))
            continue
        changes.removed[change.kind] += 1
        _touch(rows, change, changes)


def _remove(db: Session, change: Change, row: Any) -> bool:
    """Whether the row could be removed, with the closures of a site or resource."""
    try:
        with db.begin_nested():
            if change.kind == "site":
                db.execute(delete(Closure).where(Closure.site_id == row.id))
            elif change.kind in ("resource", "person"):
                db.execute(delete(Closure).where(Closure.resource_id == row.id))
            db.delete(row)
            db.flush()
    except IntegrityError:
        return False
    return True


def _touch(rows: Rows, change: Change, changes: Changes) -> None:
    if change.kind in ("session", "resource"):
        changes.touch_site(rows.site_id(change.key.slugs[0]))
    elif change.kind == "closure":
        changes.touch_site(rows.site_id((change.before or {})["site"]))
    else:
        changes.touch_site(None)
