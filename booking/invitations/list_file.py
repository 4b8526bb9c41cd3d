"""The lines of a list of people to invite, in a CSV file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from booking.importing.clashes import Clash, ImportRefused
from booking.importing.csv_file import CsvRow, read_rows
from booking.invitations.cohort_rules import MOST_PEOPLE, ListRow
from core.contact_values import parse_email, parse_phone, parse_postal_lines
from core.errors import InvalidValue, Reason
from core.text import clean_line
from locations.case_numbers import example_of, has_form, number_key
from locations.postcodes import parse_postcode
from people.residents.details import email_key, name_key, parse_name, phone_key

NAME, EMAIL, PHONE, ADDRESS, POSTCODE = "name", "email", "telephone", "address", "postcode"
LANGUAGE, REFERENCE = "language", "reference"
COLUMNS = (NAME, EMAIL, PHONE, ADDRESS, POSTCODE, LANGUAGE, REFERENCE)
LONGEST_REFERENCE = 40
LANGUAGE_NAMES = {"english": "en", "saesneg": "en", "welsh": "cy", "cymraeg": "cy"}


def read_list(content: bytes, languages: Collection[str]) -> list[ListRow]:
    """The people of the file; `languages` are the codes of those in which the council writes.

    Raises: ImportRefused with every mistake: nobody is invited from a file with one.
    """
    rows, clashes = read_rows(content, COLUMNS, (NAME,))
    if not rows and not clashes:
        raise ImportRefused((Clash(1, "", Reason("import_empty")),))
    if len(rows) > MOST_PEOPLE:
        raise ImportRefused((Clash(1, "", Reason("rows_too_many", {"most": MOST_PEOPLE})),))
    found = list[ListRow]()
    for row in rows:
        read = _row(row, languages)
        if isinstance(read, ListRow):
            found.append(read)
        else:
            clashes += read
    clashes += _twice(found)
    if clashes:
        raise ImportRefused(tuple(sorted(clashes)))
    return found


def _row(row: CsvRow, languages: Collection[str]) -> ListRow | list[Clash]:
    values, clashes = dict[str, Any](), list[Clash]()
    for column, (name, parse) in _PARSERS.items():
        text = row.values.get(column, "").strip()
        try:
            values[name] = parse(text) if text or column == NAME else ""
        except InvalidValue as error:
            clashes.append(Clash(row.line, column, error.reason))
    language = values.get("language", "")
    if language and language not in languages:
        known = ", ".join(sorted(languages))
        clashes.append(Clash(row.line, LANGUAGE, Reason("list_language_unknown", {"known": known})))
    return clashes or ListRow(row.line, **values)


def _twice(rows: list[ListRow]) -> list[Clash]:
    """Who stands in the list twice, or has the number of somebody else: at the later line."""
    people, numbers, clashes = dict[Any, int](), dict[str, int](), list[Clash]()
    for row in rows:
        keys: list[Any] = [(name_key(row.name), key) for key in (email_key(row.email), phone_key(row.phone)) if key]
        for key in keys or [(name_key(row.name), row.address, row.postcode)]:
            first = people.setdefault(key, row.line)
            if first != row.line:
                clashes.append(Clash(row.line, NAME, Reason("list_person_twice", {"line": first})))
                break
        number = number_key(row.reference)
        if number and numbers.setdefault(number, row.line) != row.line:
            clashes.append(Clash(row.line, REFERENCE, Reason("list_reference_twice", {"line": numbers[number]})))
    return clashes


def clashes_of_form(rows: list[ListRow], forms: str) -> list[Clash]:
    """The numbers that have not the form which the service wants: nobody could book with them."""
    wrong = (row for row in rows if row.reference and not has_form(forms, row.reference))
    return [Clash(row.line, REFERENCE, Reason("case_number_form", {"example": example_of(forms)})) for row in wrong]


def _address(text: str) -> str:
    """The lines above the postcode: a cell has them with commas or with line ends."""
    return parse_postal_lines("\n".join(part.strip() for part in text.replace("\n", ",").split(",")))


def _language(text: str) -> str:
    return LANGUAGE_NAMES.get(text.casefold(), text.casefold())


def _reference(text: str) -> str:
    return clean_line(text, LONGEST_REFERENCE)


_PARSERS: dict[str, tuple[str, Callable[[str], str]]] = {
    NAME: ("name", parse_name),
    EMAIL: ("email", parse_email),
    PHONE: ("phone", parse_phone),
    ADDRESS: ("address", _address),
    POSTCODE: ("postcode", parse_postcode),
    LANGUAGE: ("language", _language),
    REFERENCE: ("reference", _reference),
}
