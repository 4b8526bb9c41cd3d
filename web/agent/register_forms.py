"""The forms by which somebody is put on the register, looked at anew, and taken off it."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from people.residents.register_rules import LONGEST_REASON, Decision
from web.agent.register_labels import CRITERIA_LABELS
from web.components.form_fields import Choices, Form, LongText, optional
from web.components.moment_fields import DayField


class RegisterForm(Form):
    """Which criteria somebody meets, and when that is looked at anew."""

    criteria = Choices(
        _("Which of the three criteria do they meet?"),
        choices=list(CRITERIA_LABELS.items()),
        validators=[DataRequired(_("Choose which criteria they meet"))],
    )
    reason = LongText(
        _("If not all three: why should they be on the register all the same?"),
        longest=LONGEST_REASON,
        validators=[optional()],
        render_kw={"rows": 3},
    )
    review_on = DayField(
        _("Review date"),
        description=_("When one of you looks at it anew, two years ahead at most"),
        validators=[DataRequired(_("Enter the review date"))],
        render_kw={"classes": "govuk-input--width-10"},
    )

    def decision(self) -> Decision:
        """What the form says."""
        day = self.review_on.day if self.review_on.data else None
        return Decision(tuple(self.criteria.data or ()), self.reason.data or "", day or date.min)


class TakeOffForm(Form):
    """Why somebody is not on the register any more."""

    why = LongText(
        _("Why are they taken off the register?"),
        longest=LONGEST_REASON,
        validators=[DataRequired(_("Say why they are taken off the register"))],
        render_kw={"rows": 3},
    )
