"""The one module of the domain side that knows Flask: the `Runtime` of the current application, for views and commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click
from flask import current_app
from flask.cli import with_appcontext

from core.errors import ResultUnknown
from core.outages import outage_of, summary_of
from core.runtime import Runtime

EXTENSION = "front_door"


def current_runtime() -> Runtime:
    """The runtime of the current application."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def runtime_command(command: Callable[..., None]) -> Callable[..., None]:
    """`command` for the command line, which gets the `Runtime` as its first argument; an outage is one line on stderr."""

    @with_appcontext
    @wraps(command)
    def with_runtime(*args: Any, **options: Any) -> None:
        try:
            command(current_runtime(), *args, **options)
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            end = "It is not known whether it was done." if isinstance(outage, ResultUnknown) else "Try again later."
            raise click.ClickException(f"The database did not do this: {summary_of(error)} {end}") from error

    return with_runtime
