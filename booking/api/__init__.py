"""The JSON API."""

from __future__ import annotations

from flask import Flask


def install(app: Flask) -> None:
    """Register the API on `app`."""
