"""Commands: bring in a council's places, services and sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from booking.availability.bookings_that_fit import ServiceSlot
from booking.importing.clashes import ImportRefused
from booking.use_cases.change_set_up import InvalidEdits
from booking.use_cases.import_locations import Imported, Preview, import_file, preview_file
from booking.use_cases.import_wards import import_wards
from core.audit import Actor
from core.error_texts import text_of
from core.errors import NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.runtime import Runtime
from core.tokens import spoken_reference
from locations.catalogue_queries import catalogue_of
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.set_up_queries import stored_set_up
from locations.importing.toml_file import InvalidFile
from locations.model import Catalogue

PLURALS = {"person": "people"}


@click.group("locations")
def locations_cli() -> None:
    """Bring in a council's places, services and sessions."""


@locations_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Say what would change, for whom and for which free times; change nothing."
)
@runtime_command
def import_command(runtime: Runtime, file: Path, *, dry_run: bool) -> None:
    """Bring the council in FILE up to date; docs/locations-file.md says how to write one.

    Importing a file twice changes nothing. When anything in it is wrong, every error is shown with its line and
    nothing is changed.
    """
    try:
        lines = _previewed(runtime, file) if dry_run else _imported(runtime, file)
    except InvalidFile as error:
        for line in str(error).splitlines():
            click.echo(f"{file}: {line}", err=True)
        raise click.ClickException("Nothing was imported. Put these right and run it again.") from error
    for line in lines:
        click.echo(line)


@locations_cli.command("wards")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", "slug", required=True, help="The council's slug.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@runtime_command
def wards_command(runtime: Runtime, file: Path, slug: str, *, dry_run: bool) -> None:
    """Bring in the wards of a council from a CSV file with the columns postcode, ward and (for Welsh names) ward_cy.

    They take the place of all that it has. When anything is wrong, every error is shown and nothing is changed.
    """
    authority_id, content = _authority_id(runtime, slug), file.read_bytes()
    try:
        imported = import_wards(runtime, authority_id, content, actor=Actor.system(), dry_run=dry_run)
    except ImportRefused as error:
        language = language_for(DEFAULT_LANGUAGE)
        wrong = [f"{file}: line {one.line}: {one.column} {text_of(one.reason, language)}" for one in error.clashes]
        raise click.ClickException("\n".join(["Nothing was changed. Put these right:", *wrong])) from error
    except InvalidEdits as error:
        wrong = [one.what for one in error.errors]
        raise click.ClickException("\n".join(["Nothing was changed. Put these right:", *wrong])) from error
    for line in (["A dry run: nothing is changed."] if dry_run else []) + _report(imported):
        click.echo(line)


@locations_cli.command("begin")
@click.option(
    "--authority", "new_slug", metavar="SLUG", required=True, help="The council's slug: its address is /SLUG."
)
@click.option("--name", required=True, help="Its name, as residents see it.")
@runtime_command
def begin_command(runtime: Runtime, new_slug: str, name: str) -> None:
    """Begin a council that has nothing yet, to be set up on the screens of its first administrator."""
    if _is_there(runtime, new_slug):
        raise click.ClickException(f'There is a council "{new_slug}" already. Choose another slug.')
    try:
        import_file(runtime, toml_text({"authority": {"slug": new_slug, "name": name}}).encode(), actor=Actor.system())
    except InvalidFile as error:
        raise click.ClickException("\n".join(line.partition(": ")[2] for line in str(error).splitlines())) from error
    click.echo(f"{name} is there, with nothing in it. Add its first administrator, who signs in and opens “Set-up”:")
    click.echo(f"  flask --app wsgi staff add --email EMAIL --role authority_admin --authority {new_slug}")


@locations_cli.command("export")
@click.option("--authority", "slug", required=True, help="The council's slug.")
@runtime_command
def export_command(runtime: Runtime, slug: str) -> None:
    """Print the whole set-up of a council as the file that `import` reads.

    Brought into an empty database and exported there, it is the same again, byte by byte.
    """
    authority_id = _authority_id(runtime, slug)
    with runtime.database.reading() as db:
        click.echo(toml_text(council_file(stored_set_up(db, authority_id).values)), nl=False)


def _authority_id(runtime: Runtime, slug: str) -> int:
    with runtime.database.reading() as db:
        try:
            return catalogue_of(db, slug).authority.id
        except NotFound as error:
            raise click.ClickException(f'There is no council "{slug}".') from error


def _is_there(runtime: Runtime, slug: str) -> bool:
    with runtime.database.reading() as db:
        try:
            return bool(catalogue_of(db, slug))
        except NotFound:
            return False


def _imported(runtime: Runtime, file: Path) -> list[str]:
    return _report(import_file(runtime, file.read_bytes(), actor=Actor.system()))


def _previewed(runtime: Runtime, file: Path) -> list[str]:
    preview = preview_file(runtime, file.read_bytes())
    return ["A dry run: nothing is changed.", *_report(preview.imported), *_free_times(preview)]


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
    lines += [
        f"  {spoken_reference(one.reference)}  {one.starts_at:%Y-%m-%d %H:%M}  {one.site}  ({one.reason})"
        for one in imported.to_rebook
    ]
    lines += [f"Kept {name}: past appointments refer to it. No session opens it." for name in changes.kept]
    return lines if not changes.are_none else ["Nothing to change: everything is as the file says.", *lines]


def _free_times(preview: Preview) -> Iterator[str]:
    """For each service at each site: how many times could be booked that cannot be now, and the other way round."""
    more, fewer = (_summed(slots) for slots in (preview.capacity.appearing, preview.capacity.disappearing))
    if more.keys() | fewer.keys():
        first, last = preview.dates
        yield f"Free times from {first} to {last}:"
    for service_id, site_id in sorted(more.keys() | fewer.keys()):
        knows_both = preview.after if _knows(preview.after, service_id, site_id) else preview.before
        where = f"{knows_both.service_by_id(service_id).name}, {knows_both.site_by_id(site_id).name}"
        yield f"  {where}: {more[service_id, site_id]} more, {fewer[service_id, site_id]} fewer"


def _summed(slots: Iterable[ServiceSlot]) -> Counter[tuple[int, int]]:
    summed: Counter[tuple[int, int]] = Counter()
    for slot in slots:
        summed[slot.service_id, slot.site_id] += slot.free
    return summed


def _knows(catalogue: Catalogue, service_id: int, site_id: int) -> bool:
    return any(one.id == service_id for one in catalogue.services) and any(one.id == site_id for one in catalogue.sites)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(
        f"{number} {kind if number == 1 else PLURALS.get(kind, f'{kind}s')}" for kind, number in sorted(counter.items())
    )
