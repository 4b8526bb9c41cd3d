"""The command that keeps the database up to date."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext

from core.database import upgrade
from core.runtime import EXTENSION


@click.command("migrate")
@with_appcontext
def migrate_cli() -> None:
    """Bring the database up to date."""
    upgrade(current_app.extensions[EXTENSION].settings.database_url)
    click.echo("The database is up to date.")
