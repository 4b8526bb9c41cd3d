"""Commands for whoever runs the service: the ledger of messages, new tries, a stop of all sending."""

from __future__ import annotations

import json
from datetime import datetime

import click

from core.errors import InvalidValue, NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from core.wall_clock import parse_instant
from locations.ids_by_slug import authority_id_of
from reminders.bounce_reports import Reading
from reminders.bounces import read_bounces
from reminders.channels.base import ChannelUnavailable
from reminders.ledger import ledger_of, pause_sending, resume_sending, retry_failed


@click.command("ledger")
@click.option("--authority", required=True, metavar="SLUG")
@runtime_command
def ledger_command(runtime: Runtime, authority: str) -> None:
    """Print what became of every message that was ever owed, as JSON."""
    try:
        with runtime.database.reading() as db:
            counts = ledger_of(db, authority_id_of(db, authority))
    except NotFound as error:
        raise click.UsageError(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error
    click.echo(json.dumps(counts))


@click.command("retry-failed")
@click.option("--since", metavar="ISO", help="Only what failed since this instant, such as 2026-11-24T18:00+00:00.")
@runtime_command
def retry_failed_command(runtime: Runtime, since: str | None) -> None:
    """Give messages that failed new tries, while they are of use."""
    click.echo(f"due again: {retry_failed(runtime, _instant(since) if since else None)}")


@click.command("pause")
@runtime_command
def pause_command(runtime: Runtime) -> None:
    """Stop all sending, until `resume`."""
    pause_sending(runtime)
    click.echo("Nothing is sent until `reminders resume`.")


@click.command("resume")
@runtime_command
def resume_command(runtime: Runtime) -> None:
    """Go on sending after `pause`."""
    click.echo("Sending goes on." if resume_sending(runtime) else "Sending was not stopped.")


@click.command("bounces")
@runtime_command
def bounces_command(runtime: Runtime) -> None:
    """Read the mailbox of BOUNCE_MAILBOX once, fail what came back, and print what was read, as JSON."""
    if not runtime.settings.bounce_mailbox:
        raise click.ClickException("BOUNCE_MAILBOX is not set, so there is no mailbox to read.")
    try:
        found = read_bounces(runtime)
    except ChannelUnavailable as error:
        raise click.ClickException(f"The mailbox could not be read: {error.detail}") from error
    click.echo(json.dumps({reading.value: found[reading] for reading in Reading}))


COMMANDS: tuple[click.Command, ...] = (
    ledger_command,
    retry_failed_command,
    pause_command,
    resume_command,
    bounces_command,
)


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except InvalidValue as error:
        raise click.BadParameter(
            "not an instant with a zone, such as 2026-11-24T18:00+00:00", param_hint="--since"
        ) from error
