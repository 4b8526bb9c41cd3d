"""Fields for a day and for a time of day, with the browser's own means to choose one."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date, time
from typing import Any

from booking.importing.start_values import parse_start
from core.errors import InvalidValue
from core.wall_clock import check_year, parse_day, parse_wall_time
from web.components.form_fields import Text


def written_day(text: str) -> date:
    """The day that `text` means, as a browser sends it or as people write it. Raises: InvalidValue."""
    try:
        return parse_day(text)
    except InvalidValue:  # in a browser that offers no calendar people write as they do elsewhere
        try:
            day = parse_start(f"{text} 00:00").date()
        except InvalidValue as error:
            raise InvalidValue.because("day_form") from error
        return check_year(day)


def written_time(text: str) -> time:
    """The time of day that `text` means, as a browser sends it or as people write it. Raises: InvalidValue."""
    try:
        return parse_wall_time(text)
    except InvalidValue:
        try:
            return parse_start(f"2026-01-01 {text}").time()
        except InvalidValue as error:
            raise InvalidValue.because("wall_time_form") from error


class DayField(Text):
    """A day, chosen or typed; `day` is what it means. None while it is empty."""

    day: date | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"render_kw": {"type": "date"} | (kwargs.get("render_kw") or {})})

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        self.day = written_day(text)
        return self.day.isoformat()


class ClockField(Text):
    """A time of day, chosen or typed; `wall_time` is what it means. None while it is empty."""

    wall_time: time | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"render_kw": {"type": "time"} | (kwargs.get("render_kw") or {})})

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        self.wall_time = written_time(text)
        return f"{self.wall_time:%H:%M}"
