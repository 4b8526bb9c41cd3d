"""Commands: bring in the open bookings of another system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from booking.importing.clashes import Clash, ImportRefused
from booking.use_cases.import_appointments import ImportedAppointments, import_appointments
from core.audit import Actor
from core.error_texts import text_of
from core.errors import NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from core.tokens import spoken_reference

ENGLISH = language_for(DEFAULT_LANGUAGE)


@click.group("appointments")
def appointments_cli() -> None:
    """Bring in the open bookings of another system."""


@appointments_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", "slug", required=True, metavar="SLUG", help="The council's slug.")
@click.option("--dry-run", is_flag=True, help="Say what would be made and what clashes; change nothing.")
@click.option("--tell", is_flag=True, help="Send each resident a confirmation. Without it they only get reminders.")
@runtime_command
def import_command(runtime: Runtime, file: Path, *, slug: str, dry_run: bool, tell: bool) -> None:
    """Make appointments of the open bookings in FILE; docs/appointments-file.md explains its columns.

    All of them are made, or none: everything that clashes is listed, with its line and what to do. Importing a file twice
    changes nothing. The references of the other system find the appointments from then on.
    """
    try:
        content = file.read_bytes()
        done = import_appointments(runtime, content, slug, actor=Actor.system(), is_told=tell, is_dry_run=dry_run)
    except ImportRefused as error:
        for clash in error.clashes:
            click.echo(f"{file}: {_line(clash)}", err=True)
        count = len(error.clashes)
        raise click.ClickException(
            f"Nothing was imported. Put {'this' if count == 1 else f'these {count}'} right and run it again."
        ) from error
    except NotFound as error:
        raise click.UsageError(text_of_error(error, ENGLISH)) from error
    for line in _report(done, tell=tell, is_dry_run=dry_run):
        click.echo(line)


def _line(clash: Clash) -> str:
    column = f", {clash.column}" if clash.column else ""
    text = text_of(clash.reason, ENGLISH)
    return f"line {clash.line}{column}: {text if text.endswith('.') else f'{text}.'}"


def _report(done: ImportedAppointments, *, tell: bool, is_dry_run: bool) -> Iterator[str]:
    if is_dry_run:
        yield "A dry run: nothing is changed."
    if done.known:
        yield f"Imported before, and left as they are: {done.known}."
    if not done.made:
        yield "Nothing to import: every booking of the file is there already."
        return
    yield f"{'To be made' if is_dry_run else 'Made'}: {len(done.made)} appointments."
    if not is_dry_run:
        for old, reference in done.made:
            yield f"  {old}  {spoken_reference(reference)}"
    told = "Their residents get a confirmation" if tell else "Nobody is told now"
    yield f"{told}; reminders are sent as usual."
