"""The page of one session: what it says in words, and the forms that change it, end it, or change one of its dates."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from core.errors import InvalidValue
from core.wall_clock import TICK_MINUTES, parse_day
from locations.importing.set_up_tables import Table, fingerprint
from locations.session_facts import ExceptionFacts
from locations.session_tables import PlainSession, held_dates, session_of, table_of_session
from planner.session_context import PATTERN_KEYS, StoredSession, names_of, week_address, words_of
from planner.session_form_values import fill_choices, values_of
from planner.session_forms import LOOK, SessionForm
from web.components.form_fields import AtMost, Choice, Form, Text, optional
from web.components.moment_fields import ClockField, DayField
from web.manage.set_up_merge import ConflictInWords, conflict_lines, merged
from web.page_context import SiteContext

HOURS, OFF, USUAL = "hours", "off", "usual"
LONGEST_REASON = 200
CHANGE, END, ON_DATE = "change", "end", "date"
Sent = MultiDict[str, str]


class ChangeForm(SessionForm):
    """What a session becomes, on all its days or from one on."""

    change_from = DayField(
        _l("From which day does the change hold?"),
        description=_l("Leave it empty when it was never right, and all its days change"),
        validators=[optional()],
        render_kw=LOOK,
    )


class EndForm(Form):
    """From when on a session is no longer held."""

    from_day = DayField(
        _l("From which day is it no longer held?"),
        validators=[DataRequired(_l("Enter the first day on which it is no longer held"))],
        render_kw=LOOK,
    )


class DateForm(Form):
    """How one date differs from the others."""

    on_day = DayField(
        _l("On which day?"), validators=[DataRequired(_l("Enter on which day it is different"))], render_kw=LOOK
    )
    how = Choice(
        _l("What is different?"),
        choices=[
            (HOURS, _l("It has other hours")),
            (OFF, _l("It is not held")),
            (USUAL, _l("Nothing any more: it is as usual")),
        ],
        default=HOURS,
    )
    starts = ClockField(_l("From what time?"), validators=[optional()], render_kw=LOOK)
    ends = ClockField(_l("Until what time?"), validators=[optional()], render_kw=LOOK)
    reason = Text(
        _l("Reason (optional)"),
        description=_l("Staff see it on the day list"),
        validators=[optional(), AtMost(LONGEST_REASON)],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; other hours must be given and end after they begin."""
        is_valid = super().validate(extra_validators)
        if is_valid and self.how.data == HOURS:
            starts, ends = self.starts.wall_time, self.ends.wall_time
            if starts is None:
                self.refuse("starts", _("Enter from what time it is held"))
            if ends is None:
                self.refuse("ends", _("Enter until what time it is held"))
            for name, at in (("starts", starts), ("ends", ends)):
                if at is not None and at.minute % TICK_MINUTES:
                    self.refuse(name, _("Times go by steps of 5 minutes"))
            if starts is not None and ends is not None and ends <= starts:
                self.refuse("ends", _("It must end after it begins"))
        return is_valid and not self.errors

    def exception(self) -> ExceptionFacts | None:
        """How the date differs, as a valid form says; None when it no longer does."""
        if self.how.data == USUAL:
            return None
        if self.how.data == OFF:
            return ExceptionFacts(reason=self.reason.data or "")
        return ExceptionFacts(self.starts.wall_time, self.ends.wall_time, self.reason.data or "")


@dataclass
class SessionForms:
    """The forms of the page. `seen` is what they were made of; `conflict` what somebody else has done since."""

    change: ChangeForm
    end: EndForm
    on_date: DateForm | None
    seen: str
    conflict: ConflictInWords | None = None

    @property
    def failed(self) -> Form | None:
        """The form that cannot be used, if one was sent."""
        return next((form for form in (self.change, self.end, self.on_date) if form is not None and form.errors), None)


def forms_of(
    context: SiteContext,
    stored: StoredSession,
    *,
    sent: tuple[str, Sent] | None = None,
    shown: PlainSession | None = None,
    change_from: date | None = None,
) -> SessionForms:
    """The forms for the session as it stands, or as `shown` says; of one of them (`sent`) what was sent instead."""
    name, data = sent or ("", None)
    values = values_of(shown or stored.session) | {"change_from": change_from.isoformat() if change_from else ""}
    change = ChangeForm(formdata=data if name == CHANGE else None, meta={"csrf": False}, data=values)
    fill_choices(change, context, stored.session)
    end = EndForm(formdata=data if name == END else None, meta={"csrf": False}, prefix="end-")
    on_date = None
    if not stored.session.is_dated:
        on_date = DateForm(
            formdata=data if name == ON_DATE else None,
            meta={"csrf": False},
            prefix="date-",
            data=_date_values(stored.session, _asked_day(context, stored.session)),
        )
    return SessionForms(change, end, on_date, request.form.get("seen") or fingerprint(stored.table))


def merged_with(
    context: SiteContext, stored: StoredSession, typed: PlainSession, seen: str
) -> tuple[PlainSession, ConflictInWords]:
    """What was typed with what only the other has changed since, and what that was. When it is held goes together."""
    table = table_of_session(typed)
    conflict = conflict_lines(context, stored.key, table, stored.table, seen)
    base = conflict.base
    together = merged(table, base, stored.table)
    is_same = base is not None and _pattern_keys(base) == _pattern_keys(table)
    others = {key: value for key, value in together.items() if key not in PATTERN_KEYS}
    return session_of(others | _pattern_keys(stored.table if is_same else table)), conflict


def session_page(context: SiteContext, stored: StoredSession, forms: SessionForms) -> str:
    """The page."""
    resources, services = names_of(context, stored.session)
    day = _asked_day(context, stored.session)
    return render_template(
        "planner/session.html",
        site=context.site,
        slug=stored.session.slug,
        words=words_of(context, stored.session),
        resources=resources,
        services=services,
        forms=forms,
        failed=forms.failed,
        has_errors=forms.failed is not None,
        is_dated=stored.session.is_dated,
        exceptions=stored.session.exceptions,
        back=week_address(context, day),
        history=url_for("planner.session_history", site=context.site.slug, session=stored.session.slug),
    )


def _pattern_keys(table: Table) -> dict[str, Any]:
    return {key: table[key] for key in PATTERN_KEYS if key in table}


def _asked_day(context: SiteContext, session: PlainSession) -> date | None:
    """The day in the query, if the session is held on it; or else its next day."""
    try:
        asked = parse_day(request.args.get("date", ""))
    except InvalidValue:
        asked = context.today
    last = asked.replace(year=min(asked.year + 5, 9000), day=1)
    dates = held_dates(session, asked, last, 1)
    return dates[0] if dates else None


def _date_values(session: PlainSession, day: date | None) -> dict[str, str]:
    changed = dict(session.exceptions).get(day) if day else None
    starts, ends = session.hours.starts, session.hours.ends
    if changed is not None and changed.starts is not None and changed.ends is not None:
        starts, ends = changed.starts, changed.ends
    return {
        "on_day": day.isoformat() if day else "",
        "how": OFF if changed is not None and changed.starts is None else HOURS,
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "reason": changed.reason if changed else "",
    }
