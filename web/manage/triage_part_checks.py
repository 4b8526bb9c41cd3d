"""What the rules of the file say of one part of a triage, at the fields of its form. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from locations.importing import toml_fields, triage_fields
from locations.importing.parse_triages import NEEDED
from locations.importing.set_up_tables import Table
from locations.importing.toml_fields import Fields
from locations.importing.toml_lines import Path
from locations.importing.value_checks import WrongValueError

FIELDS: Mapping[str, Fields] = {
    "triage": toml_fields.TRIAGE,
    "triage_question": triage_fields.QUESTION,
    "triage_outcome": triage_fields.OUTCOME,
}
LATER = frozenset({"slug", "first", "leads_to"})  # made from words, or said when the other parts are there


def wrong_in_part(kind: str, table: Table) -> dict[Path, list[str]]:
    """What is wrong with the values of a part, by path in its table, as the file says it."""
    found = dict(_wrong(table, FIELDS[kind], kind, ()))
    for number, answer in enumerate(table.get("answers", ())):
        found |= dict(_wrong(answer, triage_fields.ANSWER, "answer", ("answers", number)))
    if kind == "triage_outcome":
        needed = [key for key in NEEDED.get(str(table.get("kind")), ()) if not table.get(key)]
        found |= {(key,): [f"It needs {key}."] for key in needed if (key,) not in found}
    return found


def _wrong(table: Table, fields: Fields, name: str, path: Path) -> Iterator[tuple[Path, list[str]]]:
    for key, field in fields.items():
        if key not in table:
            if field.required and key not in LATER:
                yield (*path, key), [f"It needs {key}."]
            continue
        try:
            field.check(table[key])
        except WrongValueError as wrong:
            yield (*path, key), [f"{key} of {name} {wrong}."]
