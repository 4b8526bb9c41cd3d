"""The wards of a council in its file: each with postcodes that no other has, and named by services that are for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locations.importing import toml_fields
from locations.importing.table_reader import Reader, named
from locations.importing.toml_lines import Path
from locations.importing.value_checks import did_you_mean

Wards = Sequence[tuple[Mapping[str, Any], Path]]


def read_wards(reader: Reader, tables: Mapping[str, Any]) -> Wards:
    """The wards of the file."""
    wards = []
    for number, (found, path) in enumerate(reader.tables(tables, "wards", (), "the file")):
        row = reader.table(found, toml_fields.WARD, path, named("ward", found, number))
        wards.append((row | {"postcodes": list(row["postcodes"] or ())}, path))
    reader.each_once([(row["slug"], path) for row, path in wards], "ward")
    _note_postcodes_of_two(reader, wards)
    return wards


def _note_postcodes_of_two(reader: Reader, wards: Wards) -> None:
    first: dict[str, Any] = {}
    for row, path in wards:
        other = next((one for one in row["postcodes"] if first.setdefault(one, row["slug"]) != row["slug"]), None)
        if other is not None:
            what = f'{other} is in ward "{row["slug"]}" and in ward "{first[other]}": leave it in one of them.'
            reader.note((*path, "postcodes"), what)


def note_unknown_wards(reader: Reader, services: Iterable[tuple[Mapping[str, Any], Path]], wards: Wards) -> None:
    """Note services that are for a ward that the council does not have."""
    slugs = [row["slug"] for row, _ in wards if row["slug"]]
    for service, path in services:
        for slug in service["wards"]:
            if slug not in slugs:
                hint = did_you_mean(slug, slugs) or "; add it under [[wards]]"
                what = f'service "{service["slug"]}" is for {slug!r}, which is no ward{hint}.'
                reader.note((*path, "wards"), what)
