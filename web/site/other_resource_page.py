"""The page that says which visits could be held on other resources at the same time, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from booking.queries.day_list import SiteDayView
from booking.queries.other_resources import OtherResources
from web.request_language import all_of
from web.site.day_rows import DayRow, RowRights, day_row
from web.site.rebook_reasons import reason_text
from web.told import ToldLine


@dataclass(frozen=True)
class FitLine:
    """A visit to rebook: its row, what it has, and what it could have instead; `other` is empty when nothing is free."""

    row: DayRow
    other: str

    @property
    def code(self) -> str:
        """The visit as the form sends it: its reference, and the version that was shown."""
        return f"{self.row.reference}:{self.row.version}"


@dataclass(frozen=True)
class ResultLine:
    """What came of one visit: when it begins, who comes, and where they are seen now or why nothing was changed."""

    starts: str
    text: str


@dataclass(frozen=True)
class OtherResourcesPage:
    """Who fits elsewhere at the same time, and who does not; and what was just done."""

    local_date: date
    fits: tuple[FitLine, ...]
    others: tuple[FitLine, ...]
    done: Sequence[ResultLine] = ()
    refused: Sequence[ResultLine] = ()
    told: tuple[ToldLine, ...] = ()

    @property
    def residents(self) -> tuple[int, ...]:
        """Whose visits are shown."""
        return tuple(dict.fromkeys(line.row.resident_id for line in (*self.fits, *self.others)))


def other_resources_page(
    day: SiteDayView,
    found: Sequence[OtherResources],
    done: Sequence[ResultLine] = (),
    refused: Sequence[ResultLine] = (),
    told: tuple[ToldLine, ...] = (),
) -> OtherResourcesPage:
    """The page of the day, in the order of the times."""
    reasons = {person.appointment.id: reason_text(person) for person in day.to_rebook}
    lines = sorted((_line(one, day, reasons) for one in found), key=lambda line: (line.row.starts_at, line.row.name))
    fits = tuple(line for line in lines if line.other)
    return OtherResourcesPage(day.date, fits, tuple(line for line in lines if not line.other), done, refused, told)


def _line(one: OtherResources, day: SiteDayView, reasons: Mapping[int, str]) -> FitLine:
    view = one.appointment
    row = day_row(view, day.now, RowRights(), to_rebook=reasons[view.id])
    return FitLine(row, all_of([resource.name for resource in one.resources]))
