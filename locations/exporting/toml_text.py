"""Tables as TOML text, in the order in which they are given. Pure. Source: https://toml.io/en/v1.0.0, read 2026-11-25."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

# The keys whose lists of tables stand under headers of their own; others are written within the line of their key.
LISTS_OF_TABLES = frozenset(
    {
        *("wards", "services", "people", "sites", "travel", "closures", "resources", "sessions", "exceptions"),
        *("triages", "questions", "outcomes"),
    }
)
INDENT = "  "


def toml_text(tables: Mapping[str, Any]) -> str:
    """The file: a header for each table and for each member of a list of tables, with an empty line between them."""
    return "\n".join(text for name, value in tables.items() for text in _headed(name, value, 0))


def _headed(path: str, value: Any, depth: int) -> Iterator[str]:
    """The text of a table, or of each member of a list of tables."""
    is_list = isinstance(value, list)
    for table in value if is_list else [value]:
        lines = [f"[[{path}]]" if is_list else f"[{path}]"]
        lines += [f"{key} = {_literal(one)}" for key, one in table.items() if not _has_headers(key, one)]
        yield "".join(f"{INDENT * depth}{line}\n" for line in lines)
        for key, one in table.items():
            if _has_headers(key, one):
                yield from _headed(f"{path}.{key}", one, depth + 1)


def _has_headers(key: str, value: Any) -> bool:
    """Whether it is a list of tables. The resources and services of a session are lists of words."""
    return key in LISTS_OF_TABLES and not any(isinstance(one, str) for one in value)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # TOML's basic strings know every escape that JSON writes
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_literal(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return _list(value)
    return str(value)


def _list(values: list[Any]) -> str:
    """In one line; tables one to a line."""
    items = [_literal(value) for value in values]
    if values and isinstance(values[0], Mapping):
        return "[\n" + "".join(f"{INDENT}{item},\n" for item in items) + "]"
    return f"[{', '.join(items)}]"
