"""Commands: bring in a rota."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from booking.importing.clashes import Clash, ImportRefused
from booking.use_cases.change_set_up import ChangedMeanwhile
from booking.use_cases.import_rota import ImportedRota, RotaNotRight, import_rota
from core.audit import Actor
from core.error_texts import text_of
from core.errors import NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from core.tokens import spoken_reference

ENGLISH = language_for(DEFAULT_LANGUAGE)


@click.group("rota")
def rota_cli() -> None:
    """Bring in who works where."""


@rota_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", "slug", required=True, metavar="SLUG", help="The council's slug.")
@click.option("--complete", is_flag=True, help="Whoever is in the file does not work on days on which it has no line.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and for whom; change nothing.")
@runtime_command
def import_command(runtime: Runtime, file: Path, *, slug: str, complete: bool, dry_run: bool) -> None:
    """Change the sessions as the rota in FILE says, a CSV or .ics file; docs/rota-file.md explains it.

    Importing a file twice changes nothing. When anything in it is wrong, every mistake is shown with its line and nothing is
    changed. Appointments that no longer fit go on the list of people to rebook.
    """
    try:
        content = file.read_bytes()
        done = import_rota(runtime, content, slug, actor=Actor.system(), is_complete=complete, is_dry_run=dry_run)
    except ImportRefused as error:
        raise _refusal(file, [_line(clash) for clash in error.clashes]) from error
    except RotaNotRight as error:
        raise _refusal(file, [f"line {line}: {what}" if line else what for line, what in error.errors]) from error
    except ChangedMeanwhile as error:
        words = "Somebody else changed a session of this rota at the same time. Nothing was imported. Run it again."
        raise click.ClickException(words) from error
    except NotFound as error:
        raise click.UsageError(text_of_error(error, ENGLISH)) from error
    for line in _report(done, is_dry_run=dry_run):
        click.echo(line)


def _refusal(file: Path, lines: list[str]) -> click.ClickException:
    for line in lines:
        click.echo(f"{file}: {line}", err=True)
    return click.ClickException("Nothing was imported. Put these right and run it again.")


def _line(clash: Clash) -> str:
    column = f", {clash.column}" if clash.column else ""
    return f"line {clash.line}{column}: {text_of(clash.reason, ENGLISH)}"


def _report(done: ImportedRota, *, is_dry_run: bool) -> Iterator[str]:
    if is_dry_run:
        yield "A dry run: nothing is changed."
    plan = done.plan
    if plan.past:
        yield f"Left out, of days that are over: {plan.past}."
    if plan.on_holidays:
        yield f"Left out, because the site is shut for a bank holiday: {plan.on_holidays}."
    if done.imported is None:
        yield "Nothing to change: everything is as the rota says."
        return
    changes = done.imported.changes
    for verb, counter in (("Added", changes.added), ("Changed", changes.changed), ("Removed", changes.removed)):
        if counter["session"]:
            yield f"{verb}: {counter['session']} {'session' if counter['session'] == 1 else 'sessions'}."
    for week in done.weeks:
        yield f"  week from {week.monday}: {week.appearing} free times more, {week.disappearing} fewer"
    if done.imported.to_rebook:
        yield f"{len(done.imported.to_rebook)} booked appointments do not fit any more. They are listed to be rebooked:"
    for one in done.imported.to_rebook:
        yield f"  {spoken_reference(one.reference)}  {one.starts_at:%Y-%m-%d %H:%M}  {one.site}"
