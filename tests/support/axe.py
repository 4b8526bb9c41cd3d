"""Asks axe whether a page is accessible, and says plainly what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_accessible(page: Page) -> None:
    """Fails with every violation that axe finds on `page`, when it has loaded, and where."""
    page.wait_for_load_state()
    violations = Axe().run(page).response["violations"]
    assert not violations, f"{page.url}\n" + "\n".join(_words(violations))


def _words(violations: list[dict[str, Any]]) -> Iterator[str]:
    for violation in violations:
        yield f"{violation['id']} ({violation['impact']}): {violation['help']}"
        yield from (f"    {node['html']}" for node in violation["nodes"])
