"""Commands for staff and API keys."""

from __future__ import annotations

import click


@click.group("staff")
def staff_cli() -> None:
    """Members of staff."""


@click.group("api-key")
def api_key_cli() -> None:
    """Keys for programs."""
