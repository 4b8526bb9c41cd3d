"""Where the sign-in page may send somebody."""

from __future__ import annotations

import pytest

from core.redirects import safe_next


@pytest.mark.parametrize("path", ["/staff/", "/staff/sites/hill/days/2026-11-23?service=blue-badge", "/staff/calls/"])
def test_the_staffs_own_pages_are_kept(path: str):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//evil.example/staff/",
        "///evil.example/staff/",
        "https://evil.example/staff/",
        "https:/staff/",
        "javascript:alert(1)",
        "\\\\evil.example/staff/",
        "/\\evil.example/staff/",
        "/staff/..//evil.example",
        "/staff/../northbank/",
        "/staff/%2e%2e/northbank/",
        "/staff//evil.example",
        "/staff/%5cevil.example",
        "/staff/\r\nSet-Cookie: a=b",
        "/staff/%0d%0aSet-Cookie:%20a=b",
        "/staff/\u2028x",
        "/northbank/",
        "staff/",
        " /staff/",
        "/staffroom/",
        "http://[::1",
        "/staff/" + "a" * 600,
    ],
)
def test_anything_else_is_dropped(path: str):
    assert safe_next(path) == ""
