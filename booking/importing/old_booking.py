"""A row of the file as a booking of another system: each value by the parser of its kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from booking.importing.clashes import Clash
from booking.importing.csv_file import CsvRow
from booking.importing.start_values import parse_start
from booking.slot_tokens import MAX_SERVICES, MODE_CODES
from booking.states import CHANNELS
from core.contact_values import parse_email, parse_phone
from core.errors import InvalidValue
from core.text import clean_line, clean_text, parse_or_empty
from core.tokens import LONGEST_OLD_REFERENCE, old_reference_key
from locations.postcodes import parse_postcode
from people.residents.birth_dates import parse_birth_date
from people.residents.details import BASES, CONTACT_PREFERENCES, NEEDS, Representation, ResidentDetails, parse_name

LONGEST_NOTES, LONGEST_LANGUAGE, LONGEST_CELL = 2000, 40, 100
JOINED_BY = "+"
YES, NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0", "")
DEFAULT_CHANNEL = "phone"
NEEDED = ("reference", "services", "site", "start", "name")


@dataclass(frozen=True)
class OldBooking:
    """An open booking of another system. `start` is wall-clock time in the council's zone; services and site are slugs."""

    line: int
    reference: str
    services: tuple[str, ...]
    site: str
    mode: str
    start: datetime
    resident: ResidentDetails
    representative: Representation | None
    support_needs: tuple[str, ...]
    notes: str
    channel: str

    @property
    def key(self) -> str:
        """What is compared of its reference."""
        return old_reference_key(self.reference)

    @property
    def content(self) -> str:
        """All that it says, as text: the same for the same booking, in whatever file it stands."""
        values = {name: value for name, value in vars(self).items() if name not in ("line", "reference")}
        return repr(sorted(values.items()))


def read_booking(row: CsvRow, today: date) -> OldBooking | list[Clash]:
    """The booking of a row, or everything that is wrong with its values."""
    values, clashes = dict[str, Any](), list[Clash]()
    for name, parse in COLUMNS.items():
        text = row.values.get(name, "")
        try:
            if name in NEEDED and not clean_text(text):
                raise InvalidValue.because("import_value_missing")
            values[name] = parse(text, today)
        except InvalidValue as error:
            clashes.append(Clash(row.line, name, error.reason))
    if not clashes:
        clashes += [Clash(row.line, name, error.reason) for name, error in _against_each_other(values)]
    return clashes or _booking(row.line, values)


def _against_each_other(values: Mapping[str, Any]) -> list[tuple[str, InvalidValue]]:
    found = []
    if "language" in values["support_needs"] and not values["language"]:
        found.append(("language", InvalidValue.because("import_language_missing")))
    for name in ("acting_basis", "acting_email", "acting_phone"):
        if values[name] and not values["acting_name"]:
            found.append((name, InvalidValue.because("import_acting_without_name")))
    if values["acting_name"] and not values["acting_basis"]:
        found.append(("acting_basis", InvalidValue.because("import_value_missing")))
    return found


def _booking(line: int, values: Mapping[str, Any]) -> OldBooking:
    needs = dict.fromkeys([*values["support_needs"], *(["language"] if values["language"] else [])])
    names = ("name", "email", "phone", "postcode", "language", "contact_preference", "do_not_text", "leave_no_message")
    details = {name: values[name] for name in (*names, "date_of_birth")}
    acting = Representation(*(values[f"acting_{name}"] for name in ("name", "basis", "email", "phone")))
    return OldBooking(
        line=line,
        resident=ResidentDetails(support_needs=tuple(needs), **details),
        representative=acting if acting.name else None,
        support_needs=tuple(needs),
        **{name: values[name] for name in ("reference", "services", "site", "mode", "start", "notes", "channel")},
    )


def _reference(text: str) -> str:
    reference = clean_line(text, LONGEST_OLD_REFERENCE)
    if not old_reference_key(reference):
        raise InvalidValue.because("import_value_missing")
    return reference


def _services(text: str) -> tuple[str, ...]:
    slugs = _several(text)
    if len(slugs) > MAX_SERVICES:
        raise InvalidValue.because("import_too_many_services", most=MAX_SERVICES)
    return slugs


def _several(text: str) -> tuple[str, ...]:
    """The codes in a cell, joined by +, each once."""
    parts = (part.strip().lower() for part in clean_line(text).split(JOINED_BY))
    return tuple(dict.fromkeys(part for part in parts if part))


def _needs(text: str) -> tuple[str, ...]:
    codes = tuple(code.replace(" ", "-").replace("_", "-") for code in _several(text))
    if any(code not in NEEDS for code in codes):
        raise InvalidValue.because("import_code_unknown", known=list(NEEDS))
    return codes


def _one_of(known: Mapping[str, str] | list[str], default: str, text: str) -> str:
    code = clean_line(text).lower().replace(" ", "_").replace("-", "_") or default
    if code and code not in known:
        raise InvalidValue.because("import_code_unknown", known=list(known))
    return code


def _yes_or_no(text: str) -> bool:
    word = clean_line(text).lower()
    if word not in (*YES, *NO):
        raise InvalidValue.because("import_code_unknown", known=[YES[0], NO[0]])
    return word in YES


def _birth_date(text: str, today: date) -> date | None:
    return parse_birth_date(text, today) if clean_line(text) else None


def _plain(parse: Callable[[str], Any]) -> Callable[[str, date], Any]:
    return lambda text, _today: parse(text)


def _optional(parse: Callable[[str], str]) -> Callable[[str, date], Any]:
    return _plain(partial(parse_or_empty, parse))


# Every column of the file, in the order in which it is documented, with the parser of its cells.
COLUMNS: Mapping[str, Callable[[str, date], Any]] = {
    "reference": _plain(_reference),
    "services": _plain(_services),
    "site": _plain(lambda text: clean_line(text, LONGEST_CELL).lower()),
    "start": _plain(parse_start),
    "mode": _plain(partial(_one_of, list(MODE_CODES), "in_person")),
    "name": _plain(parse_name),
    "email": _optional(parse_email),
    "phone": _optional(parse_phone),
    "postcode": _optional(parse_postcode),
    "date_of_birth": _birth_date,
    "support_needs": _plain(_needs),
    "language": _plain(lambda text: clean_line(text, LONGEST_LANGUAGE)),
    "notes": _plain(lambda text: clean_text(text, LONGEST_NOTES)),
    "channel": _plain(partial(_one_of, sorted(CHANNELS), DEFAULT_CHANNEL)),
    "contact_preference": _plain(partial(_one_of, list(CONTACT_PREFERENCES), "email")),
    "do_not_text": _plain(_yes_or_no),
    "leave_no_message": _plain(_yes_or_no),
    "acting_name": _optional(parse_name),
    "acting_basis": _plain(partial(_one_of, list(BASES), "")),
    "acting_email": _optional(parse_email),
    "acting_phone": _optional(parse_phone),
}
