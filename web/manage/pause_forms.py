"""The form by which a council pauses its messages, and what each kind does meanwhile."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from core.errors import Invalid
from core.problems import joined_texts
from core.wall_clock import wall_instant
from reminders.pauses import PauseScope
from reminders.pausing import NewPause
from web.components.form_fields import AtMost, Dropdown, Form, Text, optional
from web.components.moment_fields import ClockField, DayField
from web.labels import Labels
from web.manage.closure_forms import DAY_LOOK, LONGEST_REASON
from web.message_labels import MESSAGE_CHANNELS, MESSAGE_KINDS
from web.request_language import current_language

FIELD_OF = {"until": "until_day"}
_UNTIL_VISIT = _l("Waits until the appointment begins.")
_UNTIL_ANSWER = _l("Waits until the answer is due. The time is held no longer than without a pause.")
_THREE_DAYS = _l("Waits for three days.")
_ONE_DAY = _l("Waits for a day. Somebody has asked for it just now.")
WHILE_PAUSED: Labels = {
    "cancelled": _l("Hard to hold back: somebody may come for nothing. Waits until a day after the visit."),
    "rescheduled": _l("Hard to hold back: somebody may come at the old time. Waits until the new time."),
    "confirmation": _UNTIL_VISIT,
    "reminder": _l("Waits until the next reminder is due, or the appointment begins."),
    "offer": _UNTIL_ANSWER,
    "earlier_time": _UNTIL_ANSWER,
    "going_ahead": _l("Hard to hold back: somebody may stay away. Waits until the appointment begins."),
    "earlier_gone": _UNTIL_VISIT,
    "wish_paused": _UNTIL_VISIT,
    "arrangement": _UNTIL_VISIT,
    "several_bookings": _UNTIL_VISIT,
    "site_message": _UNTIL_VISIT,
    "missed": _l("Waits for a week."),
    "summary": _l("Waits for a week."),
    "no_summary": _l("Waits for a week."),
    "progress": _l("Waits for a week."),
    "to_confirm": _l("Waits until the answer is due. Nobody loses an appointment about which they were not asked."),
    "manage_link": _ONE_DAY,
    "text_answer": _ONE_DAY,
    "contact_changed": _THREE_DAYS,
    "handed_over": _THREE_DAYS,
}


class PauseForm(Form):
    """What is paused, why, and until when."""

    what = Dropdown(
        _l("What do you want to pause?"), default="", validators=[DataRequired(_l("Choose what you want to pause"))]
    )
    reason = Text(
        _l("Reason"),
        description=_l("Colleagues see it. For example, “The times in the summer holidays are wrong”"),
        validators=[DataRequired(_l("Enter a reason, so that colleagues know why")), AtMost(LONGEST_REASON)],
    )
    until_day = DayField(
        _l("Until which day? (optional)"),
        description=_l("Leave it empty to pause until somebody resumes"),
        validators=[optional()],
        render_kw=DAY_LOOK,
    )
    until_time = ClockField(
        _l("Until what time on that day? (optional)"),
        description=_l("Leave it empty for the beginning of the day"),
        validators=[optional()],
        render_kw=DAY_LOOK,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; a time needs its day."""
        is_valid = super().validate(extra_validators)
        if self.until_time.data and not self.until_day.data and not self.until_time.errors:
            self.refuse("until_day", gettext("Enter the day, too"))
            return False
        return bool(is_valid)

    def new_pause(self, zone: str) -> NewPause:
        """What a valid form says."""
        scope, _colon, subject = (self.what.data or "").partition(":")
        return NewPause(PauseScope(scope), subject, self.reason.data or "", self._until(zone))

    def refuse_all(self, error: Invalid) -> None:
        """Put what the use case refused at the fields."""
        for name, reasons in error.errors.items():
            self.refuse(FIELD_OF.get(name, name), joined_texts(Invalid({name: reasons}), current_language()))

    def _until(self, zone: str) -> datetime | None:
        if self.until_day.day is None:
            return None
        return wall_instant(self.until_day.day, self.until_time.wall_time or time.min, zone)


def pause_form(sent: Any, channels: Sequence[str]) -> PauseForm:
    """The form, with what was sent if anything was; of the channels by which this installation sends."""
    form = PauseForm(formdata=sent)
    form.what.choices = [
        ("", gettext("Choose")),
        (PauseScope.ALL.value, gettext("All messages")),
        *((f"channel:{one}", gettext("All by: %(channel)s", channel=MESSAGE_CHANNELS[one])) for one in channels),
        *((f"kind:{kind}", str(MESSAGE_KINDS[kind])) for kind in WHILE_PAUSED),
    ]
    return form
