"""Which of our modules a piece of work crosses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PACKAGES = frozenset({"locations", "people", "booking", "reminders", "web", "api", "planner"})
# What stands around every request, whatever it asks for: hooks, the guards with their look-ups, the language.
AROUND = frozenset(
    {
        "locations.model",
        "web.address_length",
        "web.admission",
        "web.turns",
        "web.credentials_seen",
        "web.app",
        "web.response_headers",
        "web.template_helpers",
        "web.assets",
        "web.compression",
        "web.crawlers",
        "web.public_address",
        "web.monitoring",
        "api.installation",
        "web.request_hooks",
        "web.request_language",
        "web.staff_guard",
        "web.agent.typed_text",
        "api.key_guard",
        "api.key_limits",
        "people.staff.access_marks",
        "people.staff.api_keys",
        "people.staff.policy",
        "people.staff.sign_in_sessions",
    }
)
ENGINE = "booking.availability"


@contextmanager
def modules_crossed() -> Iterator[set[str]]:
    """The modules of domain, pages and API whose functions run in the block; the engine's modules count as one."""
    crossed: set[str] = set()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if event == "call" and name.partition(".")[0] in PACKAGES and name not in AROUND:
            crossed.add(ENGINE if name.startswith(f"{ENGINE}.") else name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield crossed
    finally:
        sys.setprofile(before)
