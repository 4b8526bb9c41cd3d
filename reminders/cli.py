"""Commands: the scheduler, and one pass by hand."""

from __future__ import annotations

import threading

import click
from flask.cli import with_appcontext

from core.errors import ConfigurationError
from core.runtime import Runtime, runtime
from reminders.scheduler import run, stop_on_signals, worker_of
from reminders.worker import Worker


@click.group("reminders")
def reminders_cli() -> None:
    """Send what is due."""


@reminders_cli.command("run")
@with_appcontext
def run_command() -> None:
    """Send reminders as they fall due, until stopped."""
    surroundings = runtime()
    worker = _worker(surroundings)
    stopping = threading.Event()
    stop_on_signals(stopping)
    click.echo(f"Reminders: {worker.name} is looking for what is due. Stop with Ctrl-C.")
    run(surroundings, worker, stopping)
    click.echo("Reminders: stopped.")


@reminders_cli.command("send-due")
@with_appcontext
def send_due_command() -> None:
    """Send what is due now, and say what became of it."""
    tally = _worker(runtime()).send_due()
    click.echo(f"sent {tally.sent}, failed {tally.failed}, skipped {tally.skipped}")
    if tally.postponed:
        click.echo(f"The channel refused this service (see the log); postponed {tally.postponed}")


def _worker(surroundings: Runtime) -> Worker:
    try:
        return worker_of(surroundings)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
