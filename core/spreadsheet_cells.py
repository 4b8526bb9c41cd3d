"""Cells of CSV files that no spreadsheet can be attacked with. Pure.

A cell that begins like a formula is run as one by Excel, LibreOffice and Google Sheets, so it gets an apostrophe. Where a
semicolon or tab separates columns (Excel outside Britain), a cell's own text can begin a new cell, so text after one is
treated alike, unless it is a plain number with words ("late; +1 guest"). A comma inside a cell is safe: all are quoted.
Source: https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11-23.
"""

from __future__ import annotations

import re

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
