"""What a form of the set-up has sent, kept for its sender until they are done: each answer is a page of its own."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from core.browser_states import read_entry, write_entry
from web.page_context import StaffContext

KEPT = timedelta(hours=12)
_KEY = re.compile(r"[0-9a-f]{16}")


def keep(context: StaffContext, value: dict[str, Any]) -> str:
    """The key under which this is kept for whoever is signed in, until they sign out or a day's work is over."""
    key = secrets.token_hex(8)
    database, now = context.runtime.database, context.now
    write_entry(database, _owner(context), f"set-up:{key}", value, now=now, expires_at=now + KEPT)
    return key


def kept(context: StaffContext, key: str) -> dict[str, Any] | None:
    """What is kept under this key for whoever is signed in, or None."""
    return read_entry(context.db, _owner(context), f"set-up:{key}", context.now) if _KEY.fullmatch(key) else None


def _owner(context: StaffContext) -> str:
    return f"staff-session-{context.staff.session_id}"
