"""A stylesheet for pages whose lines begin on the right: what stands on the left stands on the right, and the reverse.

The whole sheet is mirrored as it is served, ours and that of GOV.UK alike, rather than written with logical properties,
which the oldest browsers do not know. Pure.
"""

from __future__ import annotations

import re

# `css` has no braces or semicolons within strings.
DECLARATION = re.compile(r"(?<=[{;\s])([a-z-]+)(\s*:\s*)([^;{}]+)(?=[;}])")
SIDE = re.compile(r"\b(left|right)\b")
OTHER_SIDE = {"left": "right", "right": "left"}
SIDED_VALUES = frozenset({"text-align", "float", "clear", "background-position", "transform-origin"})
# Of their values, the second is the right one, the fourth the left one.
FOUR_SIDES = frozenset({"margin", "padding", "border-width", "border-style", "border-color", "inset", "scroll-margin"})
TURN = re.compile(r"\b(rotate|translateX|skewX)\(\s*(-?)")
POLYGON = re.compile(r"polygon\(([^()]*)\)")
PART = re.compile(r"(?:[^\s(]|\([^()]*(?:\([^()]*\)[^()]*)*\))+")


def mirrored_css(css: str) -> str:
    """The sheet with left and right exchanged. Mirrored twice it is what it was."""
    return DECLARATION.sub(lambda found: _name(found[1]) + found[2] + _value(found[1], found[3]), css)


def _exchanged(text: str) -> str:
    return SIDE.sub(lambda found: OTHER_SIDE[found[1]], text)


def _name(name: str) -> str:
    return name if name.startswith("--") else _exchanged(name)


def _value(name: str, value: str) -> str:
    if name in SIDED_VALUES:
        return _exchanged(value)
    if name in FOUR_SIDES:
        return _reordered(value, (0, 3, 2, 1))
    if name == "border-radius":
        return _reordered(value, (1, 0, 3, 2))
    if name == "transform":
        return TURN.sub(lambda found: f"{found[1]}({'' if found[2] else '-'}", value)
    if name == "clip-path":
        return POLYGON.sub(lambda found: f"polygon({','.join(map(_point, found[1].split(',')))})", value)
    return value


def _reordered(value: str, order: tuple[int, ...]) -> str:
    """The value with its four parts in another order, the spaces between them as they are; any other value as it is."""
    parts = list(PART.finditer(value.partition("!")[0]))
    if len(parts) != len(order):
        return value
    pieces, at = [], 0
    for part, number in zip(parts, order, strict=True):
        pieces += [value[at : part.start()], parts[number].group()]
        at = part.end()
    return "".join(pieces) + value[at:]


def _point(point: str) -> str:
    """A corner of a polygon on the other side: 0 is 100% there."""
    x, space, y = point.strip().partition(" ")
    opposite = {"0": "100%", "0%": "100%", "100%": "0"}
    return f"{opposite.get(x, x)}{space}{y}"
