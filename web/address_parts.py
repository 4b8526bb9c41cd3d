"""What a part of an address may be: what no database could hold is an address that nothing has."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, UnicodeConverter


class IdNumber(IntegerConverter):
    """The id of a row, in 63 bits."""

    regex = r"\d{1,18}"


class TextPart(UnicodeConverter):
    """Text between two slashes, without NUL, which PostgreSQL takes in no text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.regex = self.regex.replace("[^/]", r"[^/\x00]")


def install(app: Flask) -> None:
    """Make the parts of the addresses of `app` such numbers and texts."""
    app.url_map.converters |= {"int": IdNumber, "string": TextPart, "default": TextPart}
