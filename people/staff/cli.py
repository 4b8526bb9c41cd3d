"""Commands for staff and API keys. A mistake is one clear line on stderr, and exit code 2."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import click

from core.audit import Actor
from core.errors import Invalid, NotFound
from core.flask_context import runtime_command
from core.language import DEFAULT_LANGUAGE, language_for
from core.problems import joined_texts, text_of_error
from core.runtime import Runtime
from locations.ids_by_slug import authority_id_of, site_id_of
from people.staff import accounts
from people.staff.accounts import NewStaff, RoleScope
from people.staff.api_keys import keys_of
from people.staff.key_changes import make_key, revoke
from people.staff.policy import Role, Scope
from people.staff.tables import ApiKey


def _explaining(command: Callable[..., None]) -> Callable[..., None]:
    """`command`, whose mistakes are explained instead of traced."""

    @wraps(command)
    def explained(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Invalid as error:
            raise click.UsageError(joined_texts(error, language_for(DEFAULT_LANGUAGE))) from error
        except NotFound as error:
            raise click.UsageError(text_of_error(error, language_for(DEFAULT_LANGUAGE))) from error

    return explained


@click.group("staff")
def staff_cli() -> None:
    """Members of staff."""


@staff_cli.command("add")
@click.option("--email", required=True, help="Their email address; it is what they sign in with.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--authority", required=True, metavar="SLUG")
@click.option("--site", metavar="SLUG", help="The one site at which they have the role; all sites when left out.")
@click.option("--name", default="", help="Their name, as colleagues see it.")
@runtime_command
@_explaining
def add(runtime: Runtime, email: str, role: str, authority: str, site: str | None, name: str) -> None:
    """Add a member of staff, or give one a further role. Asks for the password, or reads STAFF_PASSWORD.

    Somebody who is there already keeps their password. Two at once take turns.
    """
    with runtime.database.reading() as db:
        authority_id = authority_id_of(db, authority)
        scope = RoleScope(authority_id, site_id_of(db, authority_id, site) if site else None)
        is_known = accounts.is_known(db, email)
    password = "" if is_known else _password()
    with runtime.database.writing_in_turn() as db:
        new = NewStaff(email=email, role=role, scope=scope, password=password, name=name)
        member = accounts.add_staff(db, new, actor=Actor.system(), now=runtime.clock.now())
        added = member.email
    click.echo(f"{added} is {role.replace('_', ' ')}{f' at {site}' if site else ''} for {authority}.")
    click.echo(f"They sign in at {runtime.settings.public_url}/staff/sign-in.")


def _password() -> str:
    given = os.environ.get("STAFF_PASSWORD")
    if given is not None:
        return given
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@staff_cli.command("list")
@click.option("--authority", required=True, metavar="SLUG")
@runtime_command
@_explaining
def list_staff(runtime: Runtime, authority: str) -> None:
    """Who works for an authority: email, name, roles with their sites, and whether the account was ended."""
    with runtime.database.reading() as db:
        entries = accounts.staff_of_authority(db, authority_id_of(db, authority))
    for entry in entries:
        roles = ", ".join(f"{role} at {site}" if site else role for role, site in entry.roles) or "no role"
        click.echo(f"{entry.email}  {entry.name}  {roles}{'' if entry.is_active else '  deactivated'}")


@staff_cli.command("set-password")
@click.option("--email", required=True)
@runtime_command
@_explaining
def set_password(runtime: Runtime, email: str) -> None:
    """Give somebody a new password, and sign them out everywhere. Asks for it, or reads STAFF_PASSWORD."""
    password = _password()
    with runtime.database.writing() as db:
        ended = accounts.set_password(db, email, password, actor=Actor.system(), now=runtime.clock.now())
    click.echo(f"The password is set; {_sessions(ended)} ended.")


@staff_cli.command("rename")
@click.option("--email", required=True)
@click.option("--name", required=True, help="Their name, as colleagues see it.")
@runtime_command
@_explaining
def rename(runtime: Runtime, email: str, name: str) -> None:
    """Give somebody another name."""
    with runtime.database.writing() as db:
        member = accounts.rename_staff(db, email, name, actor=Actor.system(), now=runtime.clock.now())
        new_name = member.name
    click.echo(f"Their name is {new_name}.")


@staff_cli.command("remove-role")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--authority", required=True, metavar="SLUG")
@click.option("--site", metavar="SLUG", help="The site at which they have it; left out for a role at all sites.")
@runtime_command
@_explaining
def remove_role(runtime: Runtime, email: str, role: str, authority: str, site: str | None) -> None:
    """Take a role away, from the next page on."""
    with runtime.database.writing() as db:
        authority_id = authority_id_of(db, authority)
        site_id = site_id_of(db, authority_id, site) if site else None
        accounts.remove_role(
            db, email, role, RoleScope(authority_id, site_id), actor=Actor.system(), now=runtime.clock.now()
        )
    click.echo(f"{email} is {role.replace('_', ' ')}{f' at {site}' if site else ''} no more.")


@staff_cli.command("sign-out")
@click.option("--email", required=True)
@runtime_command
@_explaining
def sign_out(runtime: Runtime, email: str) -> None:
    """Sign somebody out everywhere, at once."""
    with runtime.database.writing() as db:
        ended = accounts.end_sessions(db, email, actor=Actor.system(), now=runtime.clock.now())
    click.echo(f"{_sessions(ended)} ended.")


@staff_cli.command("remove-second-step")
@click.option("--email", required=True)
@runtime_command
@_explaining
def remove_second_step(runtime: Runtime, email: str) -> None:
    """Let somebody who lost their telephone sign in with the password alone, and sign them out everywhere."""
    with runtime.database.writing() as db:
        ended = accounts.take_second_step(db, email, actor=Actor.system(), now=runtime.clock.now())
    click.echo(f"The second step is taken away; {_sessions(ended)} ended.")


@staff_cli.command("deactivate")
@click.option("--email", required=True)
@runtime_command
@_explaining
def deactivate(runtime: Runtime, email: str) -> None:
    """End an account and all its sessions at once. Visits that are booked with them stay: shut the adviser as well."""
    with runtime.database.writing() as db:
        ended = accounts.deactivate_staff(db, email, actor=Actor.system(), now=runtime.clock.now())
    click.echo(f"Deactivated; {_sessions(ended)} ended.")


@staff_cli.command("reactivate")
@click.option("--email", required=True)
@runtime_command
@_explaining
def reactivate(runtime: Runtime, email: str) -> None:
    """Take up an ended account again, with its roles and its password."""
    with runtime.database.writing() as db:
        member = accounts.reactivate_staff(db, email, actor=Actor.system(), now=runtime.clock.now())
        taken_up = member.email
    click.echo(f"{taken_up} can sign in again.")


def _sessions(number: int) -> str:
    return f"{number} session{'' if number == 1 else 's'}"


@click.group("api-key")
def api_key_cli() -> None:
    """Keys for programs."""


@api_key_cli.command("create")
@click.option("--name", required=True, help="Which program uses it.")
@click.option("--authority", required=True, metavar="SLUG")
@click.option("--scope", "scopes", required=True, multiple=True, type=click.Choice([scope.value for scope in Scope]))
@runtime_command
@_explaining
def create(runtime: Runtime, name: str, authority: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it, alone, on the last line. It cannot be shown again."""
    with runtime.database.reading() as db:
        authority_id = authority_id_of(db, authority)
    key = make_key(runtime, authority_id, name, scopes, actor=Actor.system())
    click.echo("Keep this key safe: it is not shown again.", err=True)
    click.echo(key.text)


@api_key_cli.command("list")
@click.option("--authority", required=True, metavar="SLUG")
@runtime_command
@_explaining
def list_keys(runtime: Runtime, authority: str) -> None:
    """The keys of an authority: how each begins, its scopes, when it was made, and whether it still works."""
    with runtime.database.reading() as db:
        keys = keys_of(db, authority_id_of(db, authority))
    for key in keys:
        state = _state_of(key, runtime.clock.now())
        click.echo(f"fd_{key.prefix}  {'+'.join(key.scopes):9}  {key.created_at:%Y-%m-%d}  {state}  {key.name}")


def _state_of(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.ends_at:
        return f"{'ended' if key.ends_at <= now else 'ends'} {key.ends_at:%Y-%m-%d}"
    return "works"


@api_key_cli.command("revoke")
@click.option("--authority", required=True, metavar="SLUG")
@click.argument("prefix")
@runtime_command
@_explaining
def revoke_key(runtime: Runtime, authority: str, prefix: str) -> None:
    """End a key at once. PREFIX is how it begins, as `api-key list` shows it."""
    with runtime.database.writing() as db:
        authority_id = authority_id_of(db, authority)
        key = revoke(db, authority_id, prefix.removeprefix("fd_"), actor=Actor.system(), now=runtime.clock.now())
        name = key.name
    click.echo(f"Revoked the key of {name}.")
