"""The command that keeps the database up to date."""

from __future__ import annotations

import click

from core.database import upgrade
from core.flask_context import runtime_command
from core.runtime import Runtime


@click.command("migrate")
@runtime_command
def migrate_cli(runtime: Runtime) -> None:
    """Bring the database up to date."""
    upgrade(runtime.settings.database_url)
    click.echo("The database is up to date.")
