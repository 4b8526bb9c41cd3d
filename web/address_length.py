"""Addresses that are too long, refused before anything reads them: as a page, or as problem+json for a program."""

from __future__ import annotations

from flask import Flask, request

from core.errors import AddressTooLong

LONGEST_ADDRESS = 4_000  # bytes; the longest that a page of ours leads to has a few hundred


def install(app: Flask) -> None:
    """Refuse too long addresses in `app`."""
    app.before_request(_check_length)


def _check_length() -> None:
    if len(request.path.encode("utf-8", "surrogatepass")) + len(request.query_string) > LONGEST_ADDRESS:
        raise AddressTooLong
