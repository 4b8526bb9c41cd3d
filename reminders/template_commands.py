"""The command that checks the provider's templates, which it owns, against what this service needs."""

from __future__ import annotations

import click

from core.errors import DeliveryFailed
from core.flask_context import runtime_command
from core.runtime import Runtime
from reminders.channels.notify_account import Patience
from reminders.channels.notify_templates import FoundTemplate
from reminders.channels.registry import account_of


@click.group("templates")
def templates_cli() -> None:
    """The templates at GOV.UK Notify."""


@templates_cli.command("check")
@runtime_command
def check_command(runtime: Runtime) -> None:
    """Print which templates there are and which personalisation they lack; exit 1 when something is missing."""
    settings = runtime.settings
    if not settings.notify_api_key:
        raise click.ClickException("NOTIFY_API_KEY is not set, so there is no account to look at.")
    try:
        found = account_of(settings.notify_api_key, settings.notify_base_url, runtime.database).look_for_templates(
            Patience()
        )
    except DeliveryFailed as error:
        raise click.ClickException(f"GOV.UK Notify did not say which templates there are: {error.detail}") from error
    for template in found:
        click.echo(_line(template))
    if not all(template.is_usable for template in found):
        raise click.exceptions.Exit(1)


def _line(found: FoundTemplate) -> str:
    name = f"{found.needed.name} ({found.needed.type})"
    if not found.id:
        needs = ", ".join(f"(({placeholder}))" for placeholder in sorted(found.needed.placeholders))
        return f"missing  {name}: make it with {needs}"
    faults = [f"lacks (({placeholder}))" for placeholder in found.lacking]
    faults += [f"has (({placeholder})), for which there is no value" for placeholder in found.unknown]
    return f"wrong    {name}: {'; '.join(faults)}" if faults else f"there    {name}"
