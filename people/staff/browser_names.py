"""Which browser on which device an agent string names: two of a few codes, by which nobody can be known again."""

from __future__ import annotations

from typing import NamedTuple

OTHER = "other"
# In this order: each browser's string has the words of those after it. Source: https://developer.mozilla.org/en-US/docs/
# Web/HTTP/Guides/Browser_detection_using_the_user_agent, read 2026-11-27.
BROWSERS = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)
DEVICES = (
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Android", "android"),
    ("CrOS", "chromebook"),
    ("Windows", "windows"),
    ("Macintosh", "mac"),
    ("Linux", "linux"),
)
LONGEST_READ = 500  # characters of what a browser says of itself


class BrowserName(NamedTuple):
    """Codes of a browser and of what it runs on; both empty where nothing was said."""

    browser: str = ""
    device: str = ""


def browser_name(agent: str) -> BrowserName:
    """The codes in what a browser says of itself. The string itself is not kept."""
    said = agent[:LONGEST_READ]
    return BrowserName(_first(BROWSERS, said), _first(DEVICES, said)) if said else BrowserName()


def _first(codes: tuple[tuple[str, str], ...], said: str) -> str:
    return next((code for word, code in codes if word in said), OTHER)
