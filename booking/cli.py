"""Commands: bring in a council's places, services and sessions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from booking.use_cases.import_locations import Imported, import_file
from core.audit import Actor
from core.flask_context import runtime_command
from core.runtime import Runtime
from locations.importing.toml_file import InvalidFile

PLURALS = {"person": "people"}


@click.group("locations")
def locations_cli() -> None:
    """Bring in a council's places, services and sessions."""


@locations_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@runtime_command
def import_command(runtime: Runtime, file: Path) -> None:
    """Bring the council in FILE up to date; docs/locations-file.md says how to write one.

    Importing a file twice changes nothing. When anything in it is wrong, every error is shown with its line and
    nothing is changed.
    """
    try:
        imported = import_file(runtime, file.read_bytes(), actor=Actor.system())
    except InvalidFile as error:
        for line in str(error).splitlines():
            click.echo(f"{file}: {line}", err=True)
        raise click.ClickException("Nothing was imported. Put these right and run it again.") from error
    for line in _report(imported):
        click.echo(line)


def _report(imported: Imported) -> list[str]:
    """What happened, line by line."""
    changes = imported.changes
    lines = [
        f"{verb}: {_counted(counter)}."
        for verb, counter in (("Added", changes.added), ("Changed", changes.changed), ("Removed", changes.removed))
        if counter
    ]
    if imported.in_closures:
        lines.append(f"{imported.in_closures} booked appointments fall into a closure. They are on its list to rebook.")
    if imported.new_misfits:
        lines.append(
            f"{imported.new_misfits} booked appointments do not fit the new plan. They are listed to be rebooked."
        )
    lines += [f"Kept {name}: past appointments refer to it. No session opens it." for name in changes.kept]
    return lines if not changes.are_none else ["Nothing to change: everything is as the file says.", *lines]


def _counted(counter: Counter[str]) -> str:
    return ", ".join(
        f"{number} {kind if number == 1 else PLURALS.get(kind, f'{kind}s')}" for kind, number in sorted(counter.items())
    )
