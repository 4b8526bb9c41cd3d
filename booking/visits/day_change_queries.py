"""Whether anything of a site's day has changed: a mark of each day, which the list, the waiting room and the display follow.

It costs three statements for all the days that are looked at, and tells nothing of anybody. What it leaves out (a hold that
ends, a file that is kept) is seen by whoever reads the day again from time to time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import reduce
from hashlib import sha256
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, cast, func, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.database import table_of
from locations.tables import Authority, Site


@dataclass(frozen=True)
class SiteDate:
    """One day at one site."""

    site_id: int
    local_date: date


_APPOINTMENTS, _VISITS = table_of(Appointment), table_of(DayVisit)
_SHOWN = ("id", "version", "state", "changed_at", "ring_instead_version", "unanswered_calls", "arrangements")
_SHOWN_OF_VISIT = ("id", "state", "changed_at", "resource_id", "times_called", "is_urgent")


def day_marks(db: Session, days: Collection[SiteDate]) -> dict[SiteDate, str]:
    """A mark of each of the days, which is another one as soon as an appointment or visit of it, or the set-up, is."""
    texts: defaultdict[SiteDate, list[str]] = defaultdict(list)
    for table, names in ((_APPOINTMENTS, _SHOWN), (_VISITS, _SHOWN_OF_VISIT)):
        for row in db.execute(_facts_of_days(table, names, days)):
            texts[SiteDate(row.site_id, row.local_date)].append(row.facts)
    versions = select(Site.id, Site.plan_version, Authority.plan_version).join(
        Authority, Authority.id == Site.authority_id
    )
    plans = {row[0]: row for row in db.execute(versions.where(Site.id.in_({one.site_id for one in days})))}
    return {one: _digest([str(plans.get(one.site_id)), *texts[one]]) for one in days}


def _facts_of_days(table: Table, names: tuple[str, ...], days: Collection[SiteDate]) -> Select[Any]:
    """For each day one text of all its rows: the database puts it together, and a row for each is all that is read."""
    columns = table.c
    parts: list[ColumnElement[str]] = [func.coalesce(cast(columns[name], String), "") + "|" for name in names]
    facts = func.aggregate_strings(reduce(add, parts), "\n").label("facts")
    return (
        select(columns.site_id, columns.local_date, facts)
        .where(
            columns.site_id.in_({one.site_id for one in days}),
            columns.local_date.in_({one.local_date for one in days}),
        )
        .group_by(columns.site_id, columns.local_date)
    )


def _digest(texts: list[str]) -> str:
    return sha256("\n\n".join(texts).encode()).hexdigest()
