"""Counts the times that somebody held online and did not book, when what is kept of them ends."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from booking.searches.search_count_repository import add_searches
from booking.searches.search_ends import NOT_BOOKED, SearchEnd
from booking.slot_tokens import decode
from core.browser_states import BrowserState
from core.connections import CLEANUP
from core.database import connection_of, table_of
from core.errors import NotFound, Refused
from core.runtime import Runtime
from core.wall_clock import local_date_of, unit_of
from locations.catalogue_queries import catalogue_by_id

DRAFT = "draft:"  # before the visit, in the name of what is kept of a booking
AT_ONCE = 500
_states = table_of(BrowserState)


def count_abandoned(runtime: Runtime, now: datetime) -> None:
    """Count what has expired unbooked, and delete it: each is counted once, whoever cleans up beside."""
    with runtime.database.writing(CLEANUP) as db:
        ended = _states.c.name.startswith(DRAFT), _states.c.expires_at <= now
        rows = db.execute(select(_states).where(*ended).limit(AT_ONCE).with_for_update(skip_locked=True)).all()
        ends: Counter[SearchEnd] = Counter()
        for row in rows:
            if "moving=" not in row.value.get("search_query", ""):  # who moves a visit still has it
                ends.update(_ends_of(db, row.value.get("slot_token", ""), row.expires_at))
        add_searches(db, ends)
        keys = [(row.browser_digest, row.name) for row in rows]
        if keys:
            connection_of(db).execute(delete(_states).where(tuple_(_states.c.browser_digest, _states.c.name).in_(keys)))


def _ends_of(db: Session, slot_token: str, at: datetime) -> list[SearchEnd]:
    """A search for each service of the time; nothing where the council, the site or a service is gone."""
    try:
        key = decode(slot_token)
        catalogue = catalogue_by_id(db, key.authority_id)
        site = catalogue.site_by_id(key.site_id)
        services = [catalogue.service_by_id(one).slug for one in key.service_ids]
    except (NotFound, Refused):
        return []
    day = local_date_of(unit_of(at), catalogue.authority.zone)
    return [SearchEnd(key.authority_id, day, one, site.slug, NOT_BOOKED, "online") for one in services]
