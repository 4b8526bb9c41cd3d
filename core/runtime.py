"""What a use case needs of the running service: settings, database and clock, made once by `wsgi.create_app`."""

from __future__ import annotations

from dataclasses import dataclass

from core.clock import Clock
from core.database import Database
from core.settings import Settings


@dataclass(frozen=True)
class Runtime:
    """The services of one running application."""

    settings: Settings
    database: Database
    clock: Clock

    def __post_init__(self) -> None:
        self.database.secret_keys = self.settings.secret_keys
