"""By which channels a council sends each kind of message, as the file says it. Pure."""

from __future__ import annotations

from typing import Any

from locations.importing import toml_fields
from locations.importing.table_reader import Reader
from locations.importing.toml_lines import Path
from locations.message_channels import CHANNEL_PLACES


def read_message_channels(reader: Reader, found: Any, path: Path) -> list[dict[str, str]]:
    """The channels of each kind of message as they are stored; what is left out is not among the keys."""
    orders: list[dict[str, str]] = []
    for raw, at in reader.tables(found, "message_channels", path, "[authority]"):
        read = reader.table(raw, toml_fields.MESSAGE_CHANNEL, at, "the channels of a message")
        row = {name: str(value) for name, value in read.items() if value}
        if any(row.get("message") == other.get("message") for other in orders):
            what = f"[authority] has the channels of {row.get('message')!r} twice; keep one."
            reader.note((*at, "message"), what)
        _note_places(reader, row, at)
        orders.append(row)
    return orders


def _note_places(reader: Reader, row: dict[str, str], path: Path) -> None:
    """Note a channel that stands twice, and a place that is empty before one that is not."""
    given = [place for place in CHANNEL_PLACES if place in row]
    for number, place in enumerate(given):
        if row[place] in [row[other] for other in given[:number]]:
            reader.note((*path, place), f"the channels of {row.get('message')!r} have {row[place]!r} twice; keep one.")
            return
        if place != CHANNEL_PLACES[number] and "first" in row:
            reader.note(
                (*path, place), f"the channels of {row.get('message')!r} need {CHANNEL_PLACES[number]} before {place}."
            )
            return
