"""Commands: the scheduler, and one pass by hand."""

from __future__ import annotations

import threading

import click

from core.errors import ConfigurationError
from core.flask_context import runtime_command
from core.garbage import collect_garbage_seldom
from core.runtime import Runtime
from reminders.operator_commands import COMMANDS
from reminders.scheduler import run, send_once, stop_on_signals, worker_of
from reminders.template_commands import templates_cli
from reminders.worker import Worker


@click.group("reminders")
def reminders_cli() -> None:
    """Send what is due, and say what became of it."""


for command in (*COMMANDS, templates_cli):
    reminders_cli.add_command(command)


@reminders_cli.command("run")
@runtime_command
def run_command(runtime: Runtime) -> None:
    """Send reminders as they fall due, until stopped."""
    worker = _worker(runtime)
    stopping = threading.Event()
    stop_on_signals(stopping)
    collect_garbage_seldom()
    click.echo(f"Reminders: {worker.name} is looking for what is due. Stop with Ctrl-C.")
    run(runtime, worker, stopping)
    click.echo("Reminders: stopped.")


@reminders_cli.command("send-due")
@runtime_command
def send_due_command(runtime: Runtime) -> None:
    """Send what is due now, and print the counts. It does what `run` does, once: heartbeat and cleanup, too."""
    counts = send_once(runtime, _worker(runtime))
    click.echo(f"sent {counts.sent}, failed {counts.failed}, skipped {counts.skipped}")
    if counts.postponed:
        click.echo(f"The channel refused this service (see the log); postponed {counts.postponed}")


def _worker(runtime: Runtime) -> Worker:
    try:
        return worker_of(runtime)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
