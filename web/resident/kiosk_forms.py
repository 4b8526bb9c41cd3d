"""The forms of a kiosk: who has come, and for what somebody comes without an appointment."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import InputRequired, optional

from locations.model import ServiceFacts
from web.components.form_fields import AtMost, Checkbox, Choice, Form, NameField, PhoneField, Text
from web.components.moment_fields import ClockField


def text_field() -> PhoneField:
    """The number of who waits outside."""
    return PhoneField(
        _("Mobile number (optional)"),
        description=_(
            "If you want to wait outside: we send a text when it is your turn. The number is deleted after your visit"
        ),
        validators=[optional()],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-20"},
    )


class ArrivalForm(Form):
    """A reference or what a scanner types, or surname and time."""

    code = Text(
        _("Your reference"),
        description=_("It is in our messages. Or hold the QR code from the page of your appointment under the scanner"),
        validators=[optional(), AtMost(500)],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-input--width-20"},
    )
    surname = Text(
        _("Surname"),
        validators=[optional(), AtMost(200)],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-input--width-20"},
    )
    starts = ClockField(
        _("Time of your appointment"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-5"},
    )
    text_to = text_field()

    def validate(self, extra_validators: object = None) -> bool:
        """Whether there is enough to look for."""
        is_valid = bool(super().validate(extra_validators))
        has_name = (self.surname.data or "").strip() and self.starts.wall_time
        if is_valid and not has_name and not (self.code.data or "").strip():
            self.refuse("code", gettext("Enter your reference, or your surname and the time of your appointment"))
            return False
        return is_valid

    def focus_code(self) -> None:
        """Give the code the cursor: a scanner types where it is."""
        self.code.render_kw = {**self.code.render_kw, "autofocus": True}


class KioskTicketForm(Form):
    """Who comes without an appointment, and for what."""

    service = Choice(_("What do you come for?"), validators=[InputRequired(_("Choose what you come for"))])
    name = NameField(
        _("First name (optional)"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-input--width-20"},
    )
    shows_name = Checkbox(_("Show my first name when I am called"))
    text_to = text_field()


def kiosk_ticket_form(services: Iterable[ServiceFacts]) -> KioskTicketForm:
    """The form with these services to choose from."""
    form = KioskTicketForm()
    form.service.choices = [(service.slug, service.name) for service in services]
    return form
