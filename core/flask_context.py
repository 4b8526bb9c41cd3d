"""The one module of the domain side that knows Flask: the `Runtime` of the current application, for views and commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click
from click.core import ParameterSource
from flask import current_app
from flask.cli import with_appcontext

from core.error_texts import text_of
from core.errors import InvalidValue, ResultUnknown
from core.language import DEFAULT_LANGUAGE, language_for
from core.outages import outage_of, summary_of
from core.runtime import Runtime
from core.text import clean_line

EXTENSION = "front_door"
LONGEST_OPTION = 500  # twice what any name, address or slug may have


def current_runtime() -> Runtime:
    """The runtime of the current application."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def runtime_command(command: Callable[..., None]) -> Callable[..., None]:
    """`command` for the command line, which gets the `Runtime` as its first argument.

    An outage, and an option that nobody can have meant, is one line on stderr.
    """

    @with_appcontext
    @wraps(command)
    def with_runtime(*args: Any, **options: Any) -> None:
        _check_texts(click.get_current_context())
        try:
            command(current_runtime(), *args, **options)
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            end = "It is not known whether it was done." if isinstance(outage, ResultUnknown) else "Try again later."
            raise click.ClickException(f"The database did not do this: {summary_of(error)} {end}") from error

    return with_runtime


def _check_texts(context: click.Context) -> None:
    """Check what is typed for each option that takes a text: an empty one is most often a variable that was not set.

    Raises: click.BadParameter.
    """
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        if not isinstance(value, str) or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        try:
            text = clean_line(value, LONGEST_OPTION)
        except InvalidValue as error:
            reason = text_of(error.reason, language_for(DEFAULT_LANGUAGE))
            raise click.BadParameter(reason, context, parameter) from error
        if not text:
            raise click.BadParameter("it is empty; give it a value, or leave it out.", context, parameter)
