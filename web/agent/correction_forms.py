"""The right address in place of one that did not work."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from people.residents.details import email_key, phone_key, postcode_key
from reminders.corrections import Correction
from reminders.failures import ContactPart
from web.agent.forms import OFF
from web.components.form_fields import EmailField, Form, PhoneField, PostalField, PostcodeField

IT_FAILED = _l("This is what did not work. Enter the right one, or press “This is right”")


class CorrectionForm(Form):
    """What is right of one part of somebody's contact."""

    part: ContactPart
    names: tuple[str, ...] = ()

    def correction(self) -> Correction:
        """What was typed."""
        return Correction(**{name: self[name].data or "" for name in self.names})

    def is_other_than(self, known: Mapping[str, str]) -> bool:
        """Whether it is not what failed; else the field says so."""
        if any(self[name].errors for name in self.names):
            return False
        keys = {"email": email_key, "phone": phone_key, "postcode": postcode_key}
        is_same = all(
            keys.get(name, str)(self[name].data or "") == keys.get(name, str)(known[name]) for name in self.names
        )
        if is_same:
            self.refuse(self.names[0], str(IT_FAILED))
        return not is_same


class EmailCorrection(CorrectionForm):
    """The right email address."""

    part, names = ContactPart.EMAIL, ("email",)
    email = EmailField(_l("Email"), validators=[DataRequired(_l("Enter the right email address"))], render_kw=OFF)


class PhoneCorrection(CorrectionForm):
    """The right telephone number."""

    part, names = ContactPart.PHONE, ("phone",)
    phone = PhoneField(
        _l("Telephone"),
        validators=[DataRequired(_l("Enter the right telephone number"))],
        render_kw=OFF | {"classes": "govuk-input--width-20"},
    )


class PostCorrection(CorrectionForm):
    """The right postal address."""

    part, names = ContactPart.POST, ("address", "postcode")
    address = PostalField(
        _l("Postal address"),
        description=_l("For letters. Without the postcode"),
        longest=310,
        validators=[DataRequired(_l("Enter the right postal address"))],
        render_kw=OFF | {"rows": 3},
    )
    postcode = PostcodeField(
        _l("Postcode"),
        validators=[DataRequired(_l("Enter the postcode"))],
        render_kw=OFF | {"classes": "govuk-input--width-10"},
    )


_FORMS: Mapping[ContactPart, type[CorrectionForm]] = {
    ContactPart.EMAIL: EmailCorrection,
    ContactPart.PHONE: PhoneCorrection,
    ContactPart.POST: PostCorrection,
}


def correction_form(part: ContactPart, known: Mapping[str, str] | None = None) -> CorrectionForm:
    """The form for this part: with what is known, or with what was sent where nothing is given."""
    form = _FORMS[part]
    return form() if known is None else form(formdata=None, data=dict(known))
