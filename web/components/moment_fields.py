"""Fields for a day and for a time of day, with the browser's own means to choose one."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date, time
from typing import Any

from core.wall_clock import parse_day, parse_wall_time
from web.components.form_fields import Text


class DayField(Text):
    """A day, chosen or typed; `day` is what it means. None while it is empty."""

    day: date | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"render_kw": {"type": "date"} | (kwargs.get("render_kw") or {})})

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        self.day = parse_day(text)
        return self.day.isoformat()


class ClockField(Text):
    """A time of day, chosen or typed; `wall_time` is what it means. None while it is empty."""

    wall_time: time | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"render_kw": {"type": "time"} | (kwargs.get("render_kw") or {})})

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        self.wall_time = parse_wall_time(text)
        return f"{self.wall_time:%H:%M}"
