"""What a use case needs of its surroundings: settings, store and clock, made once by `wsgi.create_app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from core.clock import Clock
from core.database import Database
from core.settings import Settings

EXTENSION = "front_door"


@dataclass(frozen=True)
class Runtime:
    """The surroundings of one running application."""

    settings: Settings
    database: Database
    clock: Clock


def runtime() -> Runtime:
    """The surroundings of the current application."""
    return cast(Runtime, current_app.extensions[EXTENSION])
