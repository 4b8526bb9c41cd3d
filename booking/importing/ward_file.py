"""Wards with their postcodes in a CSV file, as national statistics or a council's own maps give them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from booking.importing.clashes import Clash, ImportRefused
from booking.importing.csv_file import CsvRow, read_rows
from core.errors import InvalidValue, Reason
from core.text import clean_line
from locations.postcodes import parse_postcode

POSTCODE, WARD, WARD_CY = COLUMNS = ("postcode", "ward", "ward_cy")
MOST_POSTCODES = 50_000  # the largest council has some forty thousand
LONGEST_NAME = 100
# By what is written above a column elsewhere. ONS: WD25NM is the name of a ward in 2025, WD25NMW its Welsh name.
# Source: "Postcode to OA to LSOA to MSOA to LAD Best Fit Lookup" and "Wards, Names and Codes", geoportal.statistics.gov.uk.
OTHER_HEADINGS: Mapping[str, str] = {"pcds": POSTCODE, "ward_name": WARD, "ward_welsh": WARD_CY}
_OF_A_YEAR = re.compile(r"wd[0-9]{2}nm(w?)")


@dataclass
class WardRows:
    """A ward as the file has it: its name, its Welsh name, and its postcodes with the line of each."""

    name: str
    name_cy: str = ""
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def postcodes(self) -> list[str]:
        """Its postcodes in order."""
        return sorted(self.lines)


def wards_in(content: bytes) -> list[WardRows]:
    """The wards of the file, by name. Raises: ImportRefused with all that is wrong, by line."""
    rows, clashes = read_rows(content, COLUMNS, (POSTCODE, WARD), column_of=column_of)
    if len(rows) > MOST_POSTCODES:
        raise ImportRefused((Clash(1, "", Reason("ward_file_too_long", {"most": MOST_POSTCODES})),))
    wards: dict[str, WardRows] = {}
    ward_of: dict[str, WardRows] = {}
    for row in rows:
        clashes += _read(row, wards, ward_of)
    if clashes:
        raise ImportRefused(tuple(sorted(clashes)))
    if not wards:
        raise ImportRefused((Clash(1, "", Reason("ward_file_empty")),))
    return sorted(wards.values(), key=lambda ward: ward.name.casefold())


def column_of(heading: str) -> str:
    """Which of the columns a heading of the file means; empty for one that says something else."""
    of_a_year = _OF_A_YEAR.fullmatch(heading)
    if of_a_year:
        return WARD_CY if of_a_year[1] else WARD
    return heading if heading in COLUMNS else OTHER_HEADINGS.get(heading, "")


def _read(row: CsvRow, wards: dict[str, WardRows], ward_of: dict[str, WardRows]) -> Iterator[Clash]:
    """Note the row; what is wrong with it."""
    column = POSTCODE
    try:
        postcode = parse_postcode(row.values[column])
        column = WARD
        name, name_cy = names = (clean_line(row.values[WARD]), clean_line(row.values.get(WARD_CY, "")))
    except InvalidValue as error:
        yield Clash(row.line, column, error.reason)
        return
    if not name:
        yield Clash(row.line, WARD, Reason("import_value_missing"))
        return
    if any(len(one) > LONGEST_NAME for one in names):
        yield Clash(row.line, WARD, Reason("ward_name_too_long", {"most": LONGEST_NAME}))
        return
    ward = wards.setdefault(name.casefold(), WardRows(name))
    ward.name_cy = ward.name_cy or name_cy
    first = ward_of.setdefault(postcode, ward)
    if first is not ward:
        line = first.lines[postcode]
        reason = Reason("ward_postcode_twice", {"postcode": postcode, "ward": first.name, "line": line})
        yield Clash(row.line, POSTCODE, reason)
        return
    ward.lines.setdefault(postcode, row.line)
