"""Tables checked field by field, with every error noted, so that all of them are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from locations.importing.toml_fields import Field, Fields
from locations.importing.toml_lines import Path
from locations.importing.value_checks import WrongValueError, did_you_mean


@dataclass
class InvalidSetUp(Refused):
    """The tables describe no set-up that can be used. `errors` are the words of all that is wrong, by path."""

    errors: Mapping[Path, tuple[str, ...]]
    code = "invalid_file"


class Reader:
    """Checks tables and notes errors by their path in the file."""

    def __init__(self) -> None:
        self._noted: dict[Path, tuple[str, ...]] = {}

    def note(self, path: Path, what: str) -> None:
        """Remember an error at `path`."""
        known = self._noted.get(path, ())
        if what not in known:
            self._noted[path] = (*known, what)

    def finish(self) -> None:
        """Raise InvalidSetUp with every error noted; do nothing when there is none."""
        if self._noted:
            raise InvalidSetUp(self._noted)

    def table(self, value: Any, fields: Fields, path: Path, name: str, also: Iterable[str] = ()) -> dict[str, Any]:
        """The checked values of one table, defaults filled in; a value that is wrong is noted and left at its default.

        `also` names keys that somebody else reads.
        """
        if not isinstance(value, dict):
            self.note(path, f"{name} must be a table of keys and values.")
            return {key: field.default for key, field in fields.items()}
        self._note_unknown(value, [*fields, *also], path, name)
        return {key: self._value(value, key, field, path, name) for key, field in fields.items()}

    def _note_unknown(self, value: Mapping[str, Any], known: list[str], path: Path, name: str) -> None:
        for key in value:
            if key not in known:
                hint = did_you_mean(key, known)
                self.note((*path, key), f"{name} has no key {key!r}{hint or '; remove it'}.")

    def _value(self, table: Mapping[str, Any], key: str, field: Field, path: Path, name: str) -> Any:
        if key not in table:
            if field.required:
                self.note((*path, key), f"{name} needs {key}.")
            return field.default
        try:
            return field.check(table[key])
        except WrongValueError as wrong:
            self.note((*path, key), f"{key} of {name} {wrong}.")
            return field.default

    def tables(self, parent: Any, key: str, path: Path, name: str) -> list[tuple[Any, Path]]:
        """The members of a list of tables with their paths; none when the key is left out."""
        found = parent.get(key, []) if isinstance(parent, dict) else []
        if not isinstance(found, list):
            self.note((*path, key), f"{key} of {name} must be a list of tables: write [[{key}]] above each.")
            return []
        return [(member, (*path, key, number)) for number, member in enumerate(found)]

    def each_once(self, slugs: Iterable[tuple[str | None, Path]], what: str) -> None:
        """Note every slug that comes again."""
        seen: set[str] = set()
        for slug, path in slugs:
            if slug is not None and slug in seen:
                self.note((*path, "slug"), f"{what} {slug!r} stands in the file twice; give each a slug of its own.")
            elif slug is not None:
                seen.add(slug)


def named(what: str, value: Any, number: int) -> str:
    """How an error names the thing: `site "golders-green"`, or `the 3rd`-like `site 3` when it has no slug."""
    slug = value.get("slug") if isinstance(value, dict) else None
    return f'{what} "{slug}"' if isinstance(slug, str) and len(slug) <= 60 else f"{what} {number + 1}"
