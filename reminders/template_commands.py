"""The command that checks the provider's templates, which it owns, against what this service needs."""

from __future__ import annotations

import click
from sqlalchemy import select

from core.errors import DeliveryFailed
from core.flask_context import runtime_command
from core.runtime import Runtime
from locations.tables import Authority
from reminders.channels.notify_account import Patience
from reminders.channels.notify_templates import FoundTemplate
from reminders.channels.registry import account_of

_SENDERS = select(Authority.slug, Authority.text_number, Authority.text_sender_id).order_by(Authority.slug)


@click.group("templates")
def templates_cli() -> None:
    """The templates at GOV.UK Notify."""


@templates_cli.command("check")
@runtime_command
def check_command(runtime: Runtime) -> None:
    """Print which templates there are, which personalisation they lack, and who sends each council's texts.

    Exits 1 when a template is missing or wrong.
    """
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
    with runtime.database.reading() as db:
        councils = db.execute(_SENDERS).all()
    for council in councils:
        click.echo(f"texts    {council.slug}: {_sender(council.text_number, council.text_sender_id)}")
    if not all(template.is_usable for template in found):
        raise click.exceptions.Exit(1)


def _sender(number: str, sender_id: str) -> str:
    """Who sends the texts of a council with this `text_number` and this `text_sender_id`."""
    if sender_id and number:
        return f"sent by {sender_id}, with the number {number}: they say how to reply"
    if sender_id:
        return f"sent by {sender_id}, without text_number: they do not say that anybody can reply"
    if number:
        return f"sent by the account's usual sender: {number} has no text_sender_id, so they do not say how to reply"
    return "sent by the account's usual sender"


def _line(found: FoundTemplate) -> str:
    name = f"{found.needed.name} ({found.needed.type})"
    if not found.id:
        needs = ", ".join(f"(({placeholder}))" for placeholder in sorted(found.needed.placeholders))
        return f"missing  {name}: make it with {needs}"
    faults = [f"lacks (({placeholder}))" for placeholder in found.lacking]
    faults += [f"has (({placeholder})), for which there is no value" for placeholder in found.unknown]
    return f"wrong    {name}: {'; '.join(faults)}" if faults else f"there    {name}"
