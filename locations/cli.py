"""Commands."""

from __future__ import annotations

import click


@click.group("locations")
def locations_cli() -> None:
    """Bring in a council's places, services and sessions."""
