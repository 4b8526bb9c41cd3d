"""Commands: batches of receipts that go to the back office by themselves."""

from __future__ import annotations

import click

from booking.use_cases.deliver_batches import deliver_batches
from core.flask_context import runtime_command
from core.runtime import Runtime


@click.group("receipts")
def receipts_cli() -> None:
    """Hand receipts and certified copies to the back office."""


@receipts_cli.command("deliver")
@runtime_command
def deliver_command(runtime: Runtime) -> None:
    """Put the batches that are due into the folder of each council, as the scheduler does, and print the counts."""
    counts = deliver_batches(runtime)
    click.echo(f"arrived {counts['arrived']}, told {counts['told']}, failed {counts['failed']}")
    if counts["failed"]:
        raise click.ClickException("A batch did not arrive. The page of batches says why; it is tried again.")
