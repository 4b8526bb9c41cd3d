"""Commands."""

from __future__ import annotations

import click


@click.group("reminders")
def reminders_cli() -> None:
    """Send what is due."""
