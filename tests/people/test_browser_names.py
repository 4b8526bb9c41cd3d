"""What a browser says of itself, in plain codes."""

from __future__ import annotations

import pytest

from people.staff.browser_names import BROWSERS, DEVICES, OTHER, browser_name
from web.account import browser_labels

MOZILLA, WEBKIT = "Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = f"{MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", ("firefox", "windows")),
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0", ("edge", "windows")),
        (
            f"{MOZILLA} (Linux; Android 14; SM-S911B) {WEBKIT} SamsungBrowser/26.0 Chrome/122.0 Safari/537.36",
            ("samsung", "android"),
        ),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/130.0 Safari/537.36", ("chrome", "chromebook")),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/130.0 Safari/537.36 OPR/115.0", ("opera", "linux")),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.1 Safari/605.1.15", ("safari", "mac")),
        (f"{IPHONE} CriOS/130.0 Mobile/15E148 Safari/604.1", ("chrome", "iphone")),
        ("curl/8.5.0", (OTHER, OTHER)),
        ("", ("", "")),
        ("x" * 100_000, (OTHER, OTHER)),
    ],
)
def test_the_browser_and_the_device_of_an_agent_string(said: str, meant: tuple[str, str]) -> None:
    assert browser_name(said) == meant


def test_every_code_has_its_words() -> None:
    assert {code for _word, code in BROWSERS} | {OTHER, ""} == browser_labels.BROWSERS.keys()
    assert {code for _word, code in DEVICES} | {OTHER, ""} == browser_labels.DEVICES.keys()
