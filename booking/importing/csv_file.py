"""The bytes of a CSV file as rows of named values: encodings, separators and the line of each. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from booking.importing.clashes import Clash, ImportRefused
from core.errors import Reason

MOST_BYTES = 10_000_000  # 2,000 bookings are about 400 kB
SEPARATORS = (",", ";", "\t")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class CsvRow:
    """One booking: the line on which it begins, and its cells by the names of their columns."""

    line: int
    values: Mapping[str, str]


def read_rows(
    content: bytes, known: Sequence[str], needed: Sequence[str], *, column_of: Callable[[str], str] | None = None
) -> tuple[list[CsvRow], list[Clash]]:
    """The rows of the file that can be read, and what is wrong with the others. Empty lines are left out.

    `known` are the columns that may be there, `needed` those that must. With `column_of`, which gives the column that a
    heading means, there may be others, for which it gives nothing. Raises: ImportRefused when none can be read.
    """
    text = _text(content)
    first_line = text.partition("\n")[0]
    separator = max(SEPARATORS, key=lambda mark: len(set(_names(first_line.split(mark), column_of)) & set(known)))
    lines = _lines(text, separator)
    try:
        line, header = next(lines, (1, []))
    except csv.Error as error:
        raise _refused(Reason("import_not_csv")) from error
    names = _names(header, column_of)
    _check_header(line, [name for name in names if name or column_of is None], known, needed)
    rows, clashes = list[CsvRow](), list[Clash]()
    try:
        for line, cells in lines:
            if any(cell.strip() for cell in cells[len(names) :]):
                clashes.append(Clash(line, "", Reason("import_row_too_long", {"columns": len(names)})))
            elif any(cell.strip() for cell in cells):
                padded = [*cells, *[""] * (len(names) - len(cells))]
                named = {name: cell for name, cell in zip(names, padded, strict=False) if name or column_of is None}
                rows.append(CsvRow(line, named))
    except csv.Error:
        last = rows[-1].line if rows else line
        clashes.append(Clash(last + 1, "", Reason("import_not_csv")))
    return rows, clashes


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise _refused(Reason("import_too_large", {"most": MOST_BYTES // 1_000_000}))
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        text = _windows_text(content)
    if not text.strip():
        raise _refused(Reason("import_empty"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _windows_text(content: bytes) -> str:
    """What is no UTF-8 is taken for the encoding in which Excel on Windows writes CSV."""
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ImportRefused((Clash(line, "", Reason("import_encoding")),)) from error


def _names(header: Sequence[str], column_of: Callable[[str], str] | None) -> list[str]:
    """The names of columns as they are compared: "Support needs " is "support_needs". A column to pass over has none."""
    names = ["_".join(cell.strip(' \ufeff"').lower().replace("-", " ").replace("_", " ").split()) for cell in header]
    return names if column_of is None else [column_of(name) for name in names]


def _check_header(line: int, names: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> None:
    clashes = [
        Clash(line, name, Reason("import_column_unknown", {"known": list(known)}))
        for name in dict.fromkeys(names)
        if name not in known
    ]
    clashes += [Clash(line, name, Reason("import_column_missing")) for name in needed if name not in names]
    clashes += [
        Clash(line, name, Reason("import_column_twice")) for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    if clashes:
        raise ImportRefused(tuple(clashes))


def _refused(reason: Reason) -> ImportRefused:
    return ImportRefused((Clash(1, "", reason),))
