"""When the reminders of a form's plan would go out for an example appointment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.events import PlanningFacts
from booking.states import State
from core.wall_clock import wall_instant
from locations.importing.toml_fields import WEEK
from reminders.due_times import owed_reminders, reminder_times
from web.manage.thing_form import ThingForm
from web.page_context import StaffContext

MOST_DAYS = 60
_NUMBER, _TIME = re.compile("[0-9]{1,5}"), re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
AHEAD, AT = timedelta(days=21), time(10, 30)  # the example: in three weeks at half past ten


@dataclass(frozen=True)
class ExampleReminder:
    """One reminder: when it is due on the site's clock, and whether it is sent then."""

    due_at: datetime
    is_sent: bool


@dataclass(frozen=True)
class Example:
    """An appointment that is booked now, and its reminders in turn. `is_of_council` where a service has no plan."""

    booked_at: datetime
    starts_at: datetime
    reminders: tuple[ExampleReminder, ...]
    is_of_council: bool


def example_of(context: StaffContext, form: ThingForm) -> Example:
    """The example for the plan that the form shows, or for the council's where a service has none of its own."""
    own = tuple(_usable(form))
    is_of_council = form.kind != "council" and not form.rows["reminder_plan"]
    plan = context.authority.reminder_plan if is_of_council else own
    zone = ZoneInfo(context.zone)
    starts_at = wall_instant(context.today + AHEAD, AT, context.zone)
    apart = timedelta(hours=context.authority.reminders_apart_hours)
    booked = PlanningFacts(context.authority.id, 0, 1, State.BOOKED.value, starts_at, False, context.zone, plan)
    facts = replace(booked, reminders_apart=apart)
    sent = {one.due_at for one in owed_reminders(facts, context.now, context.now)}
    due = sorted(at for _, at in reminder_times(plan, starts_at, context.zone))
    reminders = tuple(ExampleReminder(at.astimezone(zone), at in sent) for at in due)
    return Example(context.now.astimezone(zone), starts_at.astimezone(zone), reminders, is_of_council)


def _usable(form: ThingForm) -> Iterator[Mapping[str, Any]]:
    """The rows that say when, as somebody is still typing others."""
    for number, row in enumerate(form.rows["reminder_plan"]):
        minutes, days, at = (str(row[name].data or "").strip() for name in ("minutes_before", "days_before", "at"))
        kind = f"reminder_{number}"
        if _NUMBER.fullmatch(minutes) and not days and 0 < int(minutes) <= WEEK:
            yield {"kind": kind, "minutes_before": int(minutes)}
        elif _NUMBER.fullmatch(days) and _TIME.fullmatch(at) and 0 < int(days) <= MOST_DAYS:
            yield {"kind": kind, "days_before": int(days), "at": at}
