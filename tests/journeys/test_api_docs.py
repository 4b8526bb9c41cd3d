"""A programmer reads the API's page, at two widths, with nothing from elsewhere and within the content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


def test_the_api_can_be_read_on_its_page(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs")
    expect(page.locator(".opblock")).to_have_count(12)
    page.locator(".opblock-summary", has_text="/api/v1/availability").click()
    expect(page.get_by_text("A support need that must be met")).to_be_visible()
    ours = page.url.partition("/api/docs")[0]
    assert asked
    assert all(url.startswith((ours, "data:")) for url in asked)
