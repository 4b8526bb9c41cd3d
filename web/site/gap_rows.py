"""Free time between the appointments, as rows of the day list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.availability.free_periods import FreeStretch
from core.wall_clock import TICK_MINUTES, instant_of, unit_of
from locations.model import SiteFacts
from web.request_language import format_minutes, format_time
from web.site.day_rows import mark_of


@dataclass(frozen=True)
class GapRow:
    """A stretch in which one or several resources are free."""

    id: str
    starts_at: datetime
    text: str
    resources: str
    length: str

    kind = "gap"

    @property
    def mark(self) -> str:
        """Changes when anything that is shown does; `starts_at` only says where the row stands."""
        return mark_of((self.id, self.text, self.resources, self.length))

    @property
    def announcement(self) -> str:
        """The gap in one line, for the news."""
        return f"{self.text}: {self.resources}"


def gap_rows(stretches: Iterable[FreeStretch], site: SiteFacts, zone: str, now: datetime) -> list[GapRow]:
    """The stretches by start; resources that are free for just the same time share a row."""
    together: dict[tuple[int, int], list[FreeStretch]] = {}
    for stretch in stretches:
        together.setdefault((stretch.first_unit, stretch.last_unit), []).append(stretch)
    return [_row(period, found, site, zone, unit_of(now)) for period, found in together.items()]


def _row(period: tuple[int, int], stretches: list[FreeStretch], site: SiteFacts, zone: str, now_unit: int) -> GapRow:
    first, last = period
    starts_at = instant_of(first)
    ends = format_time(instant_of(last).astimezone(ZoneInfo(zone)))
    # A gap that has begun names its end alone, so that it stays the same row while time goes by.
    has_begun = first <= now_unit
    if has_begun:
        text, length = _("Free now until %(time)s", time=ends), ""
    else:
        starts = format_time(starts_at.astimezone(ZoneInfo(zone)))
        text = _("Free %(first)s to %(last)s", first=starts, last=ends)
        length = format_minutes((last - first) * TICK_MINUTES)
    return GapRow(
        id=f"g-{'now' if has_begun else first}-{last}",
        starts_at=instant_of(now_unit) if has_begun else starts_at,
        text=text,
        resources=", ".join(_named(stretch, site) for stretch in stretches),
        length=length,
    )


def _named(stretch: FreeStretch, site: SiteFacts) -> str:
    resource = site.resource(stretch.resource_id)
    name = resource.name if resource else ""
    if resource is None or resource.seats == 1:
        return name
    return str(ngettext("%(name)s (%(num)d place)", "%(name)s (%(num)d places)", stretch.seats, name=name))
