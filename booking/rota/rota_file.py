"""From the bytes of a rota to what it does to the sessions, or to everything that is wrong with it, by line. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from booking.importing.clashes import ImportRefused
from booking.rota.calendar_shifts import calendar_shifts, is_calendar
from booking.rota.csv_shifts import csv_shifts
from booking.rota.rota_plan import RotaPlan, RotaPlanner, RotaScope
from booking.rota.shifts import Period, check_size, refused
from core.errors import Reason
from locations.importing.set_up_tables import Table
from locations.model import Catalogue


def plan_of_rota(tables: Table, catalogue: Catalogue, content: bytes, scope: RotaScope, now: datetime) -> RotaPlan:
    """What the rota does to the sessions in the tables of the council. Raises: ImportRefused with all that is wrong."""
    check_size(content)
    zone = catalogue.authority.zone
    period = Period.from_today(now.astimezone(ZoneInfo(zone)).date())
    read = calendar_shifts(content, period, zone) if is_calendar(content) else csv_shifts(content, period)
    if not read.clashes and not read.shifts and not read.past:
        raise refused(1, "", Reason("rota_empty"))
    plan = RotaPlanner(tables, catalogue, scope).plan(read.shifts, read.past)
    clashes = (*read.clashes, *(plan if isinstance(plan, list) else ()))
    if isinstance(plan, list) or clashes:
        raise ImportRefused(tuple(sorted(clashes)))
    return plan
