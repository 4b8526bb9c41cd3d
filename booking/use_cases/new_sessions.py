"""New sessions whose times are for the waiting list first, where a service says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.capacity.kept_times import public_at
from locations.importing.difference import DATED, Change, Difference
from locations.tables import DatedSession, Service, SessionTemplate, Site


def keep_new_sessions(db: Session, authority_id: int, difference: Difference, now: datetime) -> None:
    """Let everybody else wait for what sessions open that are added to a council; they have been written already.

    Not where sessions of the same site change with them: there a new one may go on with what another one opened before.
    """
    slugs = set(
        db.scalars(select(Service.slug).where(Service.authority_id == authority_id, Service.waiting_list_first))
    )
    for change in _added(difference):
        if slugs.intersection((change.after or {})["services"]):
            _row(db, authority_id, change).public_from = public_at(now)
    db.flush()


def _added(difference: Difference) -> Iterator[Change]:
    sessions = [change for change in difference.changes if change.kind == "session"]
    changed = {change.key.slugs[0] for change in sessions if change.before is not None}
    return (change for change in sessions if change.before is None and change.key.slugs[0] not in changed)


def _row(db: Session, authority_id: int, change: Change) -> Any:
    site, kind, slug = change.key.slugs
    table: Any = DatedSession if kind == DATED else SessionTemplate
    here = select(table).join(Site, Site.id == table.site_id).where(Site.authority_id == authority_id)
    return db.scalars(here.where(Site.slug == site, table.slug == slug)).one()
