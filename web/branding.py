"""A council's colour as a stylesheet, kept readable: white on it, and it on white, reach 4.5 to 1. Pure."""

from __future__ import annotations

import re

FALLBACK = "#1d4f7c"
# WCAG 2.2, 1.4.3 Contrast (Minimum), https://www.w3.org/TR/WCAG22/#contrast-minimum, read 2026-11-23.
READABLE = 4.5
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

Colour = tuple[int, int, int]


def brand_css(colour: str) -> str:
    """The custom properties of a council whose colour is `colour`; a colour too pale to read is darkened first."""
    brand = readable(parse_colour(colour))
    dark, tint = mix(brand, (0, 0, 0), 0.3), mix(brand, (255, 255, 255), 0.92)
    values = {
        "--fd-brand": brand,
        "--fd-brand-dark": dark,
        "--fd-brand-tint": tint,
        "--govuk-brand-colour": brand,
        "--govuk-link-colour": brand,
        "--govuk-link-visited-colour": brand,
        "--govuk-link-hover-colour": dark,
        "--front-door-button-colour": brand,
        "--front-door-button-hover-colour": dark,
        "--front-door-button-shadow-colour": dark,
    }
    return ":root{" + ";".join(f"{name}:{hex_of(value)}" for name, value in values.items()) + "}\n"


def parse_colour(text: str) -> Colour:
    """Red, green and blue of `#rrggbb`; anything else gives the fallback, for a stylesheet must never be injected."""
    chosen = text if _HEX.fullmatch(text or "") else FALLBACK
    return int(chosen[1:3], 16), int(chosen[3:5], 16), int(chosen[5:7], 16)


def hex_of(colour: Colour) -> str:
    """`#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with `share` (0 to 1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def readable(colour: Colour) -> Colour:
    """`colour`, darkened in steps of a tenth until white text on it can be read."""
    while contrast_with_white(colour) < READABLE:
        colour = mix(colour, (0, 0, 0), 0.1)
    return colour


def contrast_with_white(colour: Colour) -> float:
    """The contrast ratio, 1 to 21, of `colour` and white. Source: WCAG 2.2, definition of contrast ratio."""
    return 1.05 / (_luminance(colour) + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
