"""The day as a CSV file that no spreadsheet can be attacked with.

A cell that begins like a formula is run as one by Excel, LibreOffice and Google Sheets, so it gets an apostrophe. Where a
semicolon or tab separates columns (Excel outside Britain), a cell's own text can begin a new cell, so text after one is
treated alike, unless it is a plain number with words ("late; +1 guest"). A comma inside a cell is safe: all are quoted.
Source: https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11-23.

What looks like a number becomes one, and loses its noughts: telephone numbers and references are written in groups.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from core.contact_values import grouped_phone
from web.site.day_rows import DayRow

BYTE_ORDER_MARK = "\ufeff"  # or else Excel reads UTF-8 as Windows-1252
_LINE_ENDS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]+")
# A formula's first character, at the beginning or after what may separate cells; full-width forms count in East Asia.
_FORMULA = re.compile(
    r"(^[\s\"']*(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
    r"|[;|][\s\"']*(?=[=+\-@\uff1d\uff0b\uff0d\uff20])(?![+-] ?\d+(?:[.,]\d+)?(?:%? [^\W\d_]|%?$)))"
)


def safe_cell(text: str) -> str:
    """`text` on one line, with an apostrophe before whatever a spreadsheet would take for a formula."""
    one_line = _CONTROLS.sub(" ", _LINE_ENDS.sub(" / ", text.strip())).strip()
    return _FORMULA.sub(r"\1'", one_line)


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
