"""The forms by which it is noted that somebody may act for a resident, and that they may not any more."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from people.residents.mandate_rules import LONGEST_WHY, Mandated
from web.agent.mandate_labels import POWER_LABELS, PROOF_LABELS
from web.components.form_fields import (
    Choice,
    Choices,
    Dropdown,
    EmailField,
    Form,
    LongText,
    NameField,
    PhoneField,
    optional,
)
from web.components.moment_fields import DayField
from web.labels import BASES


class MandateForm(Form):
    """Who may act, on what basis, by which proof, until when, and what they may do."""

    name = NameField(
        _("Their name"), validators=[DataRequired(_("Enter the name of the person who acts for the resident"))]
    )
    basis = Dropdown(
        _("On what basis"),
        choices=[("", _("Choose")), *BASES.items()],
        validators=[DataRequired(_("Choose on what basis they act"))],
    )
    phone = PhoneField(_("Their telephone (optional)"), validators=[optional()], render_kw={"autocomplete": "off"})
    email = EmailField(_("Their email (optional)"), validators=[optional()], render_kw={"autocomplete": "off"})
    proof = Choice(
        _("Which proof have you seen?"),
        choices=list(PROOF_LABELS.items()),
        validators=[DataRequired(_("Choose which proof you have seen"))],
    )
    valid_until = DayField(
        _("The last day on which they may act (optional)"),
        description=_("Leave it empty where no day was said"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-10"},
    )
    powers = Choices(
        _("What may they do?"),
        choices=list(POWER_LABELS.items()),
        validators=[DataRequired(_("Choose what they may do"))],
    )

    def mandated(self) -> Mandated:
        """What the form says."""
        return Mandated(
            name=self.name.data or "",
            basis=self.basis.data or "",
            proof=self.proof.data or "",
            powers=tuple(self.powers.data or ()),
            valid_until=self.valid_until.day if self.valid_until.data else None,
            phone=self.phone.data or "",
            email=self.email.data or "",
        )


class EndMandateForm(Form):
    """Why somebody may not act any more."""

    why = LongText(
        _("Why may they not act any more?"),
        longest=LONGEST_WHY,
        validators=[DataRequired(_("Say why they may not act any more"))],
        render_kw={"rows": 3},
    )


def form_of(who: Mandated) -> MandateForm:
    """The form with what is noted."""
    until = who.valid_until.isoformat() if who.valid_until else ""
    return MandateForm(formdata=None, data=vars(who) | {"valid_until": until, "powers": list(who.powers)})
