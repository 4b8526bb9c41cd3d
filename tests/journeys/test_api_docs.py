"""A programmer reads the API's page, at two widths."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


def test_the_api_can_be_read_on_its_page(page: Page, axe: Callable[[Page], None]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs")
    axe(page)
    page.get_by_role("link", name="Every free slot").click()
    expect(page.get_by_role("heading", name="Every free slot")).to_be_in_viewport()
    ours = page.url.partition("/api/docs")[0]
    assert asked
    assert all(url.startswith((ours, "data:")) for url in asked)
