"""The day as a CSV file that no spreadsheet can be attacked with (`core.spreadsheet_cells`).

What looks like a number becomes one, and loses its noughts: telephone numbers and references are written in groups.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.contact_values import grouped_phone
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from web.site.day_rows import DayRow


def day_csv(day: date, rows: Iterable[DayRow], zone: ZoneInfo) -> str:
    """The file: a heading, then a line for each appointment, in the times of `zone`.

    Every cell is quoted, lines end as RFC 4180 says.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_headings())
    for row in rows:
        writer.writerow(safe_cell(value) for value in (day.isoformat(), *_values(row, zone)))
    return BYTE_ORDER_MARK + out.getvalue()


def _headings() -> tuple[str, ...]:
    return (
        _("Date"),
        _("Starts"),
        _("Ends"),
        _("Reference"),
        _("Name"),
        _("Phone"),
        _("Contact wishes"),
        _("Service"),
        _("Resource"),
        _("How"),
        _("Support needs"),
        _("Bring"),
        _("Notes"),
        _("Representative"),
        _("State"),
        _("Reason"),
    )


def _values(row: DayRow, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        _clock(row.starts_at, zone),
        _clock(row.ends_at, zone),
        row.spoken_reference,
        row.name,
        grouped_phone(row.phone.number),
        row.phone.advice,
        row.services,
        row.resources,
        row.way.mode or _("In person"),
        ", ".join(map(str, row.needs)),
        ", ".join(row.documents),
        row.notes,
        row.representative,
        row.state_label,
        row.reason,
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """ "09:00": the form that spreadsheets know as a time, and sort as one."""
    return at.astimezone(zone).strftime("%H:%M")
