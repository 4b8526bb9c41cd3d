"""The command that keeps the database up to date."""

from __future__ import annotations

import click
from alembic.util.exc import CommandError

from core.flask_context import runtime_command
from core.revisions import NEWEST, CannotGoBack, migrate_to
from core.runtime import Runtime


@click.command("migrate")
@click.option(
    "--to", "revision", default=NEWEST, metavar="REVISION", help="A revision, forward or backward; head, base."
)
@runtime_command
def migrate_cli(runtime: Runtime, revision: str) -> None:
    """Bring the database up to date, or to REVISION. Two at once take turns.

    Going back drops what later revisions added, with all that it holds: make a backup first.
    """
    try:
        migrate_to(runtime.settings.database_url, revision, runtime.settings.secret_key)
    except CannotGoBack as error:
        raise click.ClickException(f"{error} Nothing was changed. Restore a backup instead.") from error
    except CommandError as error:
        raise click.UsageError(f"There is no revision {revision!r}. migrations/versions/ has them.") from error
    click.echo("The database is up to date." if revision == NEWEST else f"The database is at {revision}.")
