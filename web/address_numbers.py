"""Numbers in addresses: an id that no database could hold is an address that nothing has."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class IdNumber(IntegerConverter):
    """The id of a row, in 63 bits."""

    regex = r"\d{1,18}"


def install(app: Flask) -> None:
    """Make `<int:...>` in the addresses of `app` such a number."""
    app.url_map.converters["int"] = IdNumber
