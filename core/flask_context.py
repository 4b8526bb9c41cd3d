"""The one module of the domain side that knows Flask: the `Runtime` of the current application, for views and commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import current_app
from flask.cli import with_appcontext

from core.runtime import Runtime

EXTENSION = "front_door"


def current_runtime() -> Runtime:
    """The runtime of the current application."""
    return cast(Runtime, current_app.extensions[EXTENSION])


def runtime_command(command: Callable[..., None]) -> Callable[..., None]:
    """`command` for the command line, which gets the `Runtime` as its first argument."""

    @with_appcontext
    @wraps(command)
    def with_runtime(*args: Any, **options: Any) -> None:
        command(current_runtime(), *args, **options)

    return with_runtime
