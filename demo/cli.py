"""Commands: demo data."""

from __future__ import annotations

import os
import secrets

import click

from core.errors import Refused
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import text_of_error
from core.runtime import Runtime
from demo.demo_staff import SIGN_INS
from demo.load import Loaded, load_councils, load_scale
from demo.own_councils import has_authorities, has_real_authorities, take_in_empty_councils
from demo.scale import Size


@click.group("demo")
def demo_cli() -> None:
    """Demo data."""


@demo_cli.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing when the database has an authority already.")
@click.option("--sites", type=click.IntRange(1, 1000), help="Sites of the synthetic authority `scale`.")
@click.option("--resources", type=click.IntRange(1, 10_000), help="Its desks, in all.")
@click.option("--days", type=click.IntRange(1, 365), help="Days ahead that are partly booked.")
@click.option("--fill", type=click.IntRange(0, 100), help="Per cent of those days that is booked.")
@click.option("--history", type=click.IntRange(0, 10_000_000), help="Past appointments.")
@runtime_command
def load_command(runtime: Runtime, *, if_empty: bool, **sizes: int | None) -> None:
    """Load the demo councils; or, with any size given, the synthetic authority `scale`."""
    if runtime.settings.is_demo:
        take_in_empty_councils(runtime.database)
    if if_empty and has_authorities(runtime.database):
        click.echo("The database is not empty: nothing was loaded.")
        return
    if has_real_authorities(runtime.database):
        raise click.ClickException("This database has councils that are not of the demo: nothing was loaded.")
    given_sizes = {name: size for name, size in sizes.items() if size is not None}
    if given_sizes:
        _load_scale(runtime, Size(**given_sizes))
    else:
        _load_councils(runtime)


def _load_scale(runtime: Runtime, size: Size) -> None:
    if size.resources < size.sites:
        raise click.UsageError("Give at least one resource for each site.")
    try:
        _report(load_scale(runtime, size))
    except Refused as error:
        raise click.ClickException(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error


def _load_councils(runtime: Runtime) -> None:
    click.echo("Loading demo data. This takes some seconds.")
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
    loaded = load_councils(runtime, password)
    for one in loaded:
        _report(one)
    if not loaded:
        click.echo("The demo councils are there already: nothing was loaded.")
    elif any(one.slug == "barnet" for one in loaded):
        click.echo(f"Sign in as {', '.join(SIGN_INS)} with the password: {password}")


def _report(loaded: Loaded) -> None:
    click.echo(f"Loaded {loaded.slug} with {loaded.appointments:,} appointments.")
