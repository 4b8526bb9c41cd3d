"""Commands for personal data: one pass of the retention rules, an export, an erasure."""

from __future__ import annotations

import json

import click

from booking.use_cases.rotate_links import rotate_links
from core.audit import Actor
from core.errors import NotFound, Refused
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from locations.ids_by_slug import authority_id_of
from reminders.privacy.retention import empty_expired, erase_resident, exported_resident


@click.group("privacy")
def privacy_cli() -> None:
    """Personal data: what is kept, for how long, and its end."""


@privacy_cli.command("run")
@click.option("--dry-run", is_flag=True, help="Count what would be emptied, and change nothing.")
@runtime_command
def run_command(runtime: Runtime, dry_run: bool) -> None:
    """One pass of the retention rules over every council."""
    done = "to empty" if dry_run else "emptied"
    for expired in empty_expired(runtime, dry_run=dry_run):
        total = sum(expired.rows.values())
        click.echo(f"{expired.authority}: {total} row{'' if total == 1 else 's'} {done}")
        for (data_class, table), rows in sorted(expired.rows.items()):
            click.echo(f"  {data_class:9} {table:22} {rows}")


@privacy_cli.command("export")
@click.option("--authority", required=True, metavar="SLUG")
@click.option("--reference", required=True, help="The reference of any appointment of theirs.")
@runtime_command
def export_command(runtime: Runtime, authority: str, reference: str) -> None:
    """Print all that is kept about the resident of an appointment, as JSON."""
    try:
        with runtime.database.reading() as db:
            authority_id = authority_id_of(db, authority)
        kept = exported_resident(runtime, authority_id, reference, actor=Actor.system())
    except NotFound as error:
        raise click.UsageError(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error
    click.echo(json.dumps(kept, ensure_ascii=False, indent=2))


@privacy_cli.command("erase")
@click.option("--authority", required=True, metavar="SLUG")
@click.option("--reference", required=True, help="The reference of any appointment of theirs.")
@runtime_command
def erase_command(runtime: Runtime, authority: str, reference: str) -> None:
    """Empty everything personal about the resident of an appointment. What councils count (times, places) stays."""
    try:
        with runtime.database.reading() as db:
            authority_id = authority_id_of(db, authority)
        emptied = erase_resident(runtime, authority_id, reference, actor=Actor.system())
    except (NotFound, Refused) as error:
        raise click.UsageError(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error
    click.echo(f"Erased: {sum(emptied.values())} rows emptied.")


@privacy_cli.command("rotate-links")
@runtime_command
def rotate_links_command(runtime: Runtime) -> None:
    """Close every manage link that another SECRET_KEY made, and make it anew under the current one.

    For when a key has leaked: links that were sent before stop working, and whoever asks for theirs gets one that works.
    """
    rotated = rotate_links(runtime)
    click.echo(
        f"{rotated} link{'' if rotated == 1 else 's'} made anew. Those that were sent before do not open any more."
    )
