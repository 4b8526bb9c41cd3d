"""The council's own facts for its public statements: [privacy] and [accessibility]. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.personal_data import KEPT_DAYS
from locations.importing import value_checks
from locations.importing.table_reader import Reader
from locations.importing.toml_fields import Field, Fields
from locations.importing.value_checks import list_of, one_of, text, whole

STATUSES = ("full", "partial", "none")

PRIVACY: Fields = {
    "controller": Field(text(200), ""),
    "address": Field(text(500), ""),
    "registration": Field(text(40), ""),
    "officer_email": Field(value_checks.email, ""),
    "officer_phone": Field(value_checks.phone, ""),
    "notice_url": Field(value_checks.web_address, ""),
    "processors": Field(list_of(text(200, may_be_empty=False)), ()),
}
KEEP_DAYS: Fields = {data_class: Field(whole(1, longest)) for data_class, longest in KEPT_DAYS.items()}
ACCESSIBILITY: Fields = {
    "status": Field(one_of(STATUSES), "partial"),
    "problems": Field(list_of(text(300, may_be_empty=False)), ()),
    "tested_by": Field(text(200), ""),
    "prepared": Field(value_checks.day),
    "reviewed": Field(value_checks.day),
    "answer_days": Field(whole(1, 60), 10),
}


def read_privacy(reader: Reader, tables: Mapping[str, Any]) -> dict[str, Any]:
    """What [privacy] says, as it is stored. What is left out has its default on the page."""
    found = tables.get("privacy", {})
    read = reader.table(found, PRIVACY, ("privacy",), "[privacy]", also=("keep_days",))
    days: dict[str, Any] = {}
    if isinstance(found, dict) and "keep_days" in found:
        days = reader.table(found["keep_days"], KEEP_DAYS, ("privacy", "keep_days"), "keep_days of [privacy]")
    kept = {data_class: number for data_class, number in days.items() if number is not None}
    return read | {"processors": list(read["processors"] or ()), "keep_days": kept}


def read_accessibility(reader: Reader, tables: Mapping[str, Any]) -> dict[str, Any]:
    """What [accessibility] says, as it is stored; days as ISO dates."""
    found = tables.get("accessibility", {})
    read = reader.table(found, ACCESSIBILITY, ("accessibility",), "[accessibility]")
    days = {key: read[key].isoformat() if read[key] else "" for key in ("prepared", "reviewed")}
    return read | days | {"problems": list(read["problems"] or ())}
