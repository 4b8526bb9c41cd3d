"""Anonymisation walks the marks on columns, so that each column with words about somebody must have one."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Column, LargeBinary, String, Table, Text

import wsgi  # noqa: F401 (importing it maps every table)
from core.audit import AuditEntry
from core.database import Base, table_of
from core.personal_data import KEPT_DAYS, personal

ABOUT_SOMEBODY = {"residents", "appointments", "representatives", "notifications"}
SHORTEST_WORDS = 200  # a column of this length takes a sentence
# The content of these is ours: tokens, codes, ids and the names of staff.
NOT_PERSONAL = {
    "appointments.slot_token",
    "audit_entries.actor_name",
    "audit_entries.facts",
    "calls.slot_token",
    "proposals.slot_token",
    "delivery_attempts.provider_reference",
    "resident_views.facts",
}


def refers_to_somebody(table: Table) -> bool:
    """Whether rows of `table` are about a resident."""
    others = {key.column.table.name for key in table.foreign_keys}
    return table.name in ABOUT_SOMEBODY or bool(others & ABOUT_SOMEBODY) or table is table_of(AuditEntry)


def takes_words(column: Column[object]) -> bool:
    """Whether a sentence fits into `column`."""
    kind = column.type
    is_long = isinstance(kind, String) and kind.length is not None and kind.length >= SHORTEST_WORDS
    return is_long or isinstance(kind, Text | JSON | LargeBinary)


def test_every_column_with_words_about_somebody_says_what_class_they_are() -> None:
    tables = [table for table in Base.metadata.sorted_tables if refers_to_somebody(table)]
    columns = [column for table in tables for column in table.columns if takes_words(column)]
    unmarked = {f"{column.table.name}.{column.name}" for column in columns if "personal" not in column.info}
    assert unmarked == NOT_PERSONAL
    assert len(columns) > len(unmarked)


@pytest.mark.parametrize(("data_class", "days"), KEPT_DAYS.items())
def test_a_mark_says_the_class_and_how_long_it_is_kept(data_class: str, days: int) -> None:
    assert personal(data_class) == {"personal": data_class, "kept_days": days, "empty": ""}
