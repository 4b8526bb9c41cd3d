"""What an agent types on pages that are about no call: a search, and the record of a resident that is not saved yet.

It is kept on the server for whoever is signed in, so that these pages have addresses without names and numbers, and
Back, another page or a new sign-in shows them again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from core.browser_states import delete_entries, names_of, read_entry, write_entry
from core.text import printable
from web.agent.forms import FORM_FACTS
from web.page_context import StaffContext

SEARCH_KEPT = timedelta(hours=1)
RECORD_KEPT = timedelta(hours=24)  # as long as a call that nobody has ended
SEARCH, RECORD = "search:", "record:"
OF_RESIDENT = "resident-"  # what the key of changed details begins with; a new resident has a random one
KEY = re.compile(rf"[0-9a-f]{{16}}|{OF_RESIDENT}[0-9]{{1,18}}")
FIELDS = (*FORM_FACTS, "seen", "was")
WRITTEN_BY_HAND = ("name", "phone", "email", "postcode", "date_of_birth", "language", "address")
LONGEST_VALUE = 2_000
MOST_VALUES = 20


@dataclass(frozen=True)
class UnsavedRecord:
    """A record that somebody began to write and has not saved; `name` may be empty."""

    key: str
    name: str

    @property
    def resident_id(self) -> int | None:
        """The resident whose details they are; None for a new one."""
        return resident_id_of(self.key)


def new_key() -> str:
    """The key of a new search or a new resident."""
    return secrets.token_hex(8)


def key_of_resident(resident_id: int) -> str:
    """The key of the changed details of a resident."""
    return f"{OF_RESIDENT}{resident_id}"


def resident_id_of(key: str) -> int | None:
    """The resident whose details are kept under this key; None for a new one."""
    is_known = KEY.fullmatch(key) and key.startswith(OF_RESIDENT)
    return int(key.removeprefix(OF_RESIDENT)) if is_known else None


def save_search(context: StaffContext, text: str) -> str:
    """The key under which the search text is kept for a while."""
    key = new_key()
    _write(context, SEARCH + key, {"text": text}, SEARCH_KEPT)
    return key


def search_of(context: StaffContext, key: str) -> str:
    """The search text of this key; empty when there is none any more."""
    kept = _read(context, SEARCH, key)
    return str(kept["text"]) if kept else ""


def record_values(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """What stands in the fields of a resident's form, as it was typed."""
    return {
        name: [printable(text)[:LONGEST_VALUE] for text in form.getlist(name)[:MOST_VALUES]]
        for name in FIELDS
        if name in form
    }


def keep_record(context: StaffContext, key: str, values: Mapping[str, Iterable[str]]) -> None:
    """Keep what is typed under this key; nothing where nothing has been written yet."""
    is_written = any(text.strip() for name in WRITTEN_BY_HAND for text in values.get(name, ()))
    if KEY.fullmatch(key) and (is_written or _read(context, RECORD, key) is not None):
        _write(context, RECORD + key, {name: list(texts) for name, texts in values.items()}, RECORD_KEPT)


def record_of(context: StaffContext, key: str) -> MultiDict[str, str] | None:
    """What is kept under this key as a form's fields; None when nothing is."""
    kept = _read(context, RECORD, key)
    return None if kept is None else MultiDict({name: list(texts) for name, texts in kept.items()})


def drop_record(context: StaffContext, key: str) -> None:
    """Forget what is kept under this key: it is saved, or not wanted."""
    if KEY.fullmatch(key):
        delete_entries(context.runtime.database, _owner(context), RECORD + key)


def unsaved_records(context: StaffContext) -> tuple[UnsavedRecord, ...]:
    """The records that whoever is signed in has not saved, the one touched last first."""
    names = names_of(context.db, _owner(context), context.now)
    keys = [name.removeprefix(RECORD) for name in names if name.startswith(RECORD)]
    kept = [(key, record_of(context, key)) for key in keys]
    return tuple(UnsavedRecord(key, fields.get("name", "").strip()) for key, fields in kept if fields is not None)


def _owner(context: StaffContext) -> str:
    return f"staff {context.staff.staff_id}"


def _read(context: StaffContext, kind: str, key: str) -> dict[str, Any] | None:
    if not KEY.fullmatch(key):
        return None
    return read_entry(context.db, _owner(context), kind + key, context.now)


def _write(context: StaffContext, name: str, value: dict[str, Any], kept: timedelta) -> None:
    write_entry(context.runtime.database, _owner(context), name, value, now=context.now, expires_at=context.now + kept)
