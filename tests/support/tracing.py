"""Which of our modules a piece of work crosses."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PACKAGES = frozenset({"locations", "people", "booking", "reminders", "web", "api", "planner", "council"})
# What stands around every request, whatever it asks for: hooks, the guards with their look-ups, the language.
AROUND = frozenset(
    {
        "locations.authority_brand",
        "locations.model",
        "locations.own_words",
        "web.address_length",
        "web.admission",
        "web.body_limits",
        "web.turns",
        "web.resident.kiosk_clearing",
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
        "web.language_switch",
        "web.typed_before",
        "web.staff_guard",
        "web.agent.typed_text",
        "api.key_guard",
        "api.key_limits",
        "api.request_limits",
        "people.staff.access_marks",
        "people.staff.api_keys",
        "people.staff.policy",
        "people.staff.sign_in_sessions",
    }
)
ENGINE = "booking.availability"
GENERATED = "<string>"  # what a decorator wrote, the constructor of a value: nobody follows it
DOMAIN = ("core", "locations", "people", "booking", "reminders")  # each calls those before it; all others call these


class Crossed(set[str]):
    """Modules, and the calls among all of ours that went up, from a package to one that may import it."""

    def __init__(self) -> None:
        super().__init__()
        self.upward: set[tuple[str, str]] = set()


@contextmanager
def modules_crossed() -> Iterator[Crossed]:
    """The modules of domain, pages and API whose functions run in the block; the engine's modules count as one."""
    crossed = Crossed()

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        name = _module_of(frame)
        if event != "call" or frame.f_code.co_filename == GENERATED or _package_of(name) not in {*PACKAGES, *DOMAIN}:
            return
        caller = _caller_of(frame)
        if caller and _height(caller) < _height(name):
            crossed.upward.add((caller, name))
        if _package_of(name) in PACKAGES and name not in AROUND:
            crossed.add(ENGINE if name.startswith(f"{ENGINE}.") else name)

    before = sys.getprofile()
    gc.collect()
    gc.disable()  # it would run what other work has left to be done at its end
    sys.setprofile(note)
    try:
        yield crossed
    finally:
        sys.setprofile(before)
        gc.enable()


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _package_of(module: str) -> str:
    return module.partition(".")[0]


def _height(module: str) -> int:
    package = _package_of(module)
    return DOMAIN.index(package) if package in DOMAIN else len(DOMAIN)


def _caller_of(frame: FrameType) -> str:
    """The nearest of our modules that led to the call, perhaps through a library; empty for none."""
    before = frame.f_back
    while before is not None and _package_of(_module_of(before)) not in {*PACKAGES, *DOMAIN}:
        before = before.f_back
    return _module_of(before) if before else ""
