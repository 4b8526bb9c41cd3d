"""The form of a session in plain words."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms.validators import DataRequired

from core.wall_clock import TICK_MINUTES
from locations.importing.parse_sessions import SINCE
from locations.importing.recurrence_rules import YEARS_LOOKED_AT
from locations.importing.value_checks import WEEKDAYS
from locations.school_holidays import IN_HOLIDAYS, IN_TERM
from locations.session_facts import SessionHours
from locations.session_patterns import DAYS_OF_MONTH, LAST, WEEKS_OF_MONTH, Pattern, Repeats, first_dates
from locations.session_tables import Exceptions, PlainSession
from planner.release_fields import ReleaseExample, WrongSharesError, read_lines
from web.components.form_fields import AtMost, Checkbox, Choice, Choices, Dropdown, Form, LongText, Text, optional
from web.components.moment_fields import ClockField, DayField
from web.session_texts import WEEKS

LOOK = {"classes": "govuk-input--width-10"}
NUMBER = {"classes": "govuk-input--width-10", "inputmode": "numeric"}
MOST_PERCENT, MOST_HOURS = 100, 24 * 60
LONGEST_RELEASES = 300
NEEDS_WEEKDAYS = (Repeats.WEEKLY, Repeats.FORTNIGHTLY, Repeats.MONTHLY)
# Where what the file's rules refuse stands on the form.
FIELD_OF = {"days": "weekdays", "rrule": "repeats", "date": "first_date", "exceptions": "first_date"}


class SessionForm(Form):
    """When a session is held, who or what is open then, and for which services."""

    resources = Choices(lazy_gettext("Who or what is open?"))
    services = Choices(lazy_gettext("For which services?"))
    starts = ClockField(
        lazy_gettext("From what time?"),
        validators=[DataRequired(lazy_gettext("Enter from what time it is held"))],
        render_kw=LOOK,
    )
    ends = ClockField(
        lazy_gettext("Until what time?"),
        validators=[DataRequired(lazy_gettext("Enter until what time it is held"))],
        render_kw=LOOK,
    )
    break_starts = ClockField(
        lazy_gettext("A break from (optional)"),
        description=lazy_gettext("Nobody can be booked in it"),
        validators=[optional()],
        render_kw=LOOK,
    )
    break_ends = ClockField(lazy_gettext("A break until (optional)"), validators=[optional()], render_kw=LOOK)
    repeats = Choice(
        lazy_gettext("How often is it held?"),
        choices=[
            (Repeats.WEEKLY.value, lazy_gettext("Every week")),
            (Repeats.FORTNIGHTLY.value, lazy_gettext("Every second week")),
            (Repeats.MONTHLY.value, lazy_gettext("Every month, on a day of the week")),
            (Repeats.DAY_OF_MONTH.value, lazy_gettext("Every month, on a date")),
            (Repeats.ONCE.value, lazy_gettext("Once")),
        ],
        default=Repeats.WEEKLY.value,
    )
    weekdays = Choices(lazy_gettext("On which days?"), description=lazy_gettext("Not for a date of the month, or once"))
    first_date = DayField(
        lazy_gettext("First day"),
        description=lazy_gettext("For once, the day itself. Every week may go without a first day"),
        validators=[optional()],
        render_kw=LOOK,
    )
    last_date = DayField(
        lazy_gettext("Last day"),
        description=lazy_gettext("Leave it empty when there is no end"),
        validators=[optional()],
        render_kw=LOOK,
    )
    weeks = Choices(
        lazy_gettext("In which weeks of the month?"),
        description=lazy_gettext("Only for every month, on a day of the week"),
        choices=[(str(week), WEEKS[week]) for week in WEEKS_OF_MONTH],
    )
    month_day = Dropdown(
        lazy_gettext("On which date of the month?"),
        description=lazy_gettext("Only for every month, on a date"),
        choices=[
            ("", lazy_gettext("None")),
            *((str(day), lazy_gettext("last day") if day == LAST else str(day)) for day in DAYS_OF_MONTH),
        ],
        default="",
    )
    school = Choice(
        lazy_gettext("And in school holidays?"),
        choices=[
            ("", lazy_gettext("As at other times")),
            (IN_TERM, lazy_gettext("Not in school holidays")),
            (IN_HOLIDAYS, lazy_gettext("Only in school holidays")),
        ],
        default="",
    )
    drop_in = Checkbox(
        lazy_gettext("Drop in: people come without an appointment"),
        description=lazy_gettext("Its times cannot be booked. Residents see when they can come"),
    )
    reserved_percent = Text(
        lazy_gettext("Kept for staff, in percent (optional)"),
        description=lazy_gettext("The last part of the session, for callers and for people who walk in"),
        validators=[optional(), AtMost(3)],
        render_kw=NUMBER,
    )
    release_hours = Text(
        lazy_gettext("For everybody so many hours before (optional)"),
        description=lazy_gettext("When what is kept for staff can be booked by residents"),
        validators=[optional(), AtMost(4)],
        render_kw=NUMBER,
    )

    releases = LongText(
        lazy_gettext("When residents can book which share of it (optional)"),
        description=lazy_gettext(
            "One share on each line: percent, days before, and the time of day. For example: 50, 28, 09:00. "
            "With the share for staff they make 100 percent. Leave it empty, and all is free to book at once"
        ),
        validators=[optional()],
        longest=LONGEST_RELEASES,
        render_kw={"rows": "4"},
    )

    lengths: Mapping[str, tuple[str, int]]  # each service's name and minutes
    example: ReleaseExample | None = None
    school_days_off: frozenset[date] = frozenset()
    rule = ""

    def is_used(self, *names: str) -> bool:
        """Whether something stands in one of these fields, or is wrong there."""
        return any(self[name].data or self[name].errors for name in names)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used together, and it is held on some day."""
        super().validate(extra_validators)
        checks = {
            self._check_choices: ("repeats", "month_day"),
            self._check_dates: ("repeats", "first_date", "last_date"),
            self._check_hours: ("starts", "ends"),
            self._check_break: ("starts", "ends", "break_starts", "break_ends"),
            self._check_numbers: ("reserved_percent", "release_hours", "releases"),
        }
        for check, fields in checks.items():
            if not any(self[name].errors for name in fields):
                check()
        if not self.errors:
            self._check_held()
        self.focus_first_error()
        return not self.errors

    @property
    def pattern(self) -> Pattern:
        """When it is held, as a valid form says; what the kind does not use is left out."""
        repeats = Repeats(self.repeats.data)
        weeks = tuple(week for week in WEEKS_OF_MONTH if str(week) in self.weeks.data)
        return Pattern(
            repeats,
            weekdays=tuple(word for word in WEEKDAYS if word in self.weekdays.data and repeats in NEEDS_WEEKDAYS),
            weeks=weeks if repeats is Repeats.MONTHLY else (),
            month_day=int(self.month_day.data) if repeats is Repeats.DAY_OF_MONTH else 0,
            first_date=self.first_date.day,
            last_date=None if repeats is Repeats.ONCE else self.last_date.day,
            rule=self.rule if repeats is Repeats.RULE else "",
        )

    def session(self, slug: str, exceptions: Exceptions = ()) -> PlainSession:
        """The session that a valid form says. An exception on a day on which it is not held is left out."""
        pattern = self.pattern
        held = pattern.repeats is not Repeats.ONCE
        return PlainSession(
            slug=slug,
            pattern=pattern,
            hours=SessionHours(
                self.starts.wall_time or time.min,
                self.ends.wall_time or time.min,
                int(self.reserved_percent.data or 0),
                int(self.release_hours.data or 0),
                self.break_starts.wall_time,
                self.break_ends.wall_time,
                drop_in=bool(self.drop_in.data),
                releases=read_lines(self.releases.data or "", int(self.reserved_percent.data or 0)),
            ),
            resources=tuple(self.resources.data),
            services=tuple(self.services.data),
            exceptions=tuple(one for one in exceptions if held and first_dates(pattern, one[0], one[0], 1)),
            school=(self.school.data or "") if held else "",
            school_days_off=self.school_days_off,
        )

    def refuse_path(self, path: tuple[Any, ...], text: str) -> None:
        """Put what the rules of the file refuse at the field that it is about."""
        name = str(path[0]) if path else "repeats"
        name = FIELD_OF.get(name, name)
        self.refuse(name if name in self else "repeats", text)

    def _check_choices(self) -> None:
        repeats = Repeats(self.repeats.data)
        if repeats in NEEDS_WEEKDAYS and not self.weekdays.data:
            self.refuse("weekdays", gettext("Choose at least one day of the week"))
        if repeats is Repeats.MONTHLY and not self.weeks.data:
            self.refuse("weeks", gettext("Choose at least one week of the month"))
        if repeats is Repeats.DAY_OF_MONTH and not self.month_day.data:
            self.refuse("month_day", gettext("Choose the date of the month"))
        if self.school.data and not self.school_days_off:
            self.refuse(
                "school", gettext("The school holidays are not known yet. An administrator enters them in the set-up")
            )
        if not self.resources.data:
            self.refuse("resources", gettext("Choose who or what is open"))
        if not self.services.data:
            self.refuse("services", gettext("Choose at least one service"))

    def _check_dates(self) -> None:
        first, last = self.first_date.day, self.last_date.day
        if first is None and self.repeats.data != Repeats.WEEKLY:
            self.refuse("first_date", gettext("Enter the first day"))
        if first is not None and last is not None and last < first:
            self.refuse("last_date", gettext("The last day must not be before the first day"))

    def _check_hours(self) -> None:
        starts, ends = self.starts.wall_time or time.min, self.ends.wall_time or time.min
        for field, at in (("starts", starts), ("ends", ends)):
            if at.minute % TICK_MINUTES:
                self.refuse(field, gettext("Times go by steps of 5 minutes"))
        if ends <= starts:
            self.refuse("ends", gettext("It must end after it begins"))
            return
        minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
        for slug in self.services.data:
            name, needed = self.lengths.get(slug, ("", 0))
            if needed > minutes:
                facts = {"service": name, "needed": needed, "minutes": minutes}
                self.refuse(
                    "services",
                    gettext("%(service)s takes %(needed)s minutes, and the session has %(minutes)s", **facts),
                )

    def _check_break(self) -> None:
        begins, stops = self.break_starts.wall_time, self.break_ends.wall_time
        for field, at in (("break_starts", begins), ("break_ends", stops)):
            if at is not None and at.minute % TICK_MINUTES:
                self.refuse(field, gettext("Times go by steps of 5 minutes"))
        if (begins is None) != (stops is None):
            field = "break_starts" if begins is None else "break_ends"
            self.refuse(field, gettext("Enter both times of the break, or neither"))
        elif begins is not None and stops is not None:
            starts, ends = self.starts.wall_time or time.min, self.ends.wall_time or time.min
            if not starts < begins < stops < ends:
                self.refuse("break_starts", gettext("The break must lie within the hours and end after it begins"))

    def _check_numbers(self) -> None:
        texts = {
            "reserved_percent": gettext("Kept for staff must be a whole number from 0 to %(most)s", most=MOST_PERCENT),
            "release_hours": gettext("The hours before must be a whole number from 0 to %(most)s", most=MOST_HOURS),
        }
        for name, most in (("reserved_percent", MOST_PERCENT), ("release_hours", MOST_HOURS)):
            text = self[name].data or "0"
            if not (text.isascii() and text.isdecimal() and int(text) <= most):
                self.refuse(name, texts[name])
        if not self.errors and self.drop_in.data and int(self.reserved_percent.data or 0):
            self.refuse(
                "reserved_percent", gettext("Nothing is kept for staff where people come without an appointment")
            )
        if not self.errors:
            self._check_releases()
        if not self.errors and int(self.release_hours.data or 0) and not int(self.reserved_percent.data or 0):
            self.refuse("reserved_percent", gettext("Enter how much is kept for staff"))

    def _check_releases(self) -> None:
        try:
            releases = read_lines(self.releases.data or "", int(self.reserved_percent.data or 0))
        except WrongSharesError as wrong:
            self.refuse("releases", str(wrong))
            return
        if releases and self.drop_in.data:
            self.refuse("releases", gettext("There are no shares where people come without an appointment"))

    def _check_held(self) -> None:
        pattern = self.pattern
        first = pattern.first_date or SINCE
        last = pattern.last_date or first + timedelta(days=366 * YEARS_LOOKED_AT)
        if not first_dates(pattern, first, last, 1):
            self.refuse("repeats", gettext("It is never held: no such day comes between its first and its last day"))
