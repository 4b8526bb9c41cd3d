"""A table with personal columns: on which of its rows the rules of retention work, and what an emptied column has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, ColumnElement, Date, LargeBinary, String, Table, and_, cast
from sqlalchemy.orm import Session

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class PersonalTable:
    """A table with personal columns.

    `in_authority(id)`, `of_resident(id)` and `is_older(instant)` are conditions on its rows. `are_rows_deleted` where a
    row is nothing but the personal value; `set_besides` is written when personal columns are emptied, and `after_emptied`
    is called with the ids of the rows.
    """

    table: Table
    in_authority: Callable[[int], Condition]
    of_resident: Callable[[int], Condition]
    is_older: Callable[[datetime], Condition]
    are_rows_deleted: bool = False
    set_besides: Mapping[str, str] = field(default_factory=dict)
    after_emptied: Callable[[Session, Sequence[int]], None] | None = None

    def columns_of(self, data_class: str) -> list[Column[Any]]:
        """The table's columns that hold personal data of this class."""
        return [column for column in self.table.c if column.info.get("personal") == data_class]

    def classes(self) -> list[str]:
        """The classes of personal data in this table."""
        return sorted({column.info["personal"] for column in self.table.c if "personal" in column.info})


def empty_value(column: Column[Any]) -> Any:
    """What stands in an emptied column: NULL where it may, else nothing of its type."""
    if column.nullable:
        return None
    return b"" if isinstance(column.type, LargeBinary) else column.info["empty"]


def is_filled(column: Column[Any]) -> Condition:
    """Whether anything stands in the column."""
    if isinstance(column.type, JSON):
        return and_(column.is_not(None), cast(column, String).not_in(("[]", "{}", "null")))
    if isinstance(column.type, Date):
        return column.is_not(None)
    if isinstance(column.type, Boolean):
        return column.is_(True)
    empty: Any = b"" if isinstance(column.type, LargeBinary) else ""
    return and_(column.is_not(None), column != empty)
