"""The form for how somebody is reached about an appointment that is booked."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.validators import InputRequired, StopValidation

from booking.states import Contact
from booking.use_cases.change_details import HelperContact
from core.contact_values import postal_of
from core.personal_data import mask_email, mask_phone, mask_postal
from web.components.form_fields import (
    Checkbox,
    Choice,
    EmailField,
    Form,
    LongText,
    PhoneField,
    PostalField,
    PostcodeField,
    optional,
)
from web.resident.forms import offer_nothing, word_for_representative
from web.resident.reach_choices import ADDRESS_TEXTS, CONTACT_CHOICES, refuse_half, refuse_unreachable


class ContactForm(Form):
    """How to reach the resident about one appointment. What is known is shown masked, and kept where nothing is typed."""

    helper_email = EmailField(_("Your new email address (optional)"), validators=[optional()])
    drop_helper_email = Checkbox(_("Do not use my email address for this appointment"))
    helper_phone = PhoneField(
        _("Your new phone number (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-20"},
    )
    drop_helper_phone = Checkbox(_("Do not use my phone number for this appointment"))
    helper_address = PostalField(
        _("Your new postal address (optional)"),
        description=ADDRESS_TEXTS["description"],
        longest=310,
        validators=[optional()],
        render_kw={"rows": 3, "autocomplete": "street-address"},
    )
    helper_postcode = PostcodeField(
        _("The postcode of your new address (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "postal-code"},
    )
    drop_helper_address = Checkbox(_("Do not use my postal address for this appointment"))
    email = EmailField(_("New email address (optional)"), validators=[optional()])
    drop_email = Checkbox(_("Use no email address for this appointment"))
    phone = PhoneField(
        _("New phone number (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-20"},
    )
    drop_phone = Checkbox(_("Use no phone number for this appointment"))
    address = PostalField(
        _("New postal address (optional)"),
        description=ADDRESS_TEXTS["description"],
        longest=310,
        validators=[optional()],
        render_kw={"rows": 3, "autocomplete": "street-address"},
    )
    letter_postcode = PostcodeField(
        _("Postcode of the new address (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "postal-code"},
    )
    drop_address = Checkbox(_("Use no postal address for this appointment"))
    neutral = Checkbox(_("Do not say in messages what the appointment is for"))
    leave_no_message = Checkbox(_("If we ring and you do not answer, do not leave a message"))
    contact_preference = Choice(
        _("How shall we confirm and remind you?"),
        choices=list(CONTACT_CHOICES.items()),
        validators=[InputRequired(_("Choose how we should remind you"))],
    )
    notes = LongText(
        _("Is there anything else we should know? (optional)"),
        description=_("Do not write about your case here. You can tell us when we meet."),
        longest=300,
        validators=[optional()],
        render_kw={"rows": 3},
    )

    def describe_known(self, known: Contact, helper: HelperContact | None) -> None:
        """Say at the fields what is kept when they stay empty, without giving it away; and whose they are."""
        kept = [(self.email, mask_email(known.email)), (self.phone, mask_phone(known.phone))]
        if helper:
            self.email.label.text = _("Their new email address (optional)")
            self.phone.label.text = _("Their new phone number (optional)")
            word_for_representative(self)
            offer_nothing(self.email, self.phone, *([self.address, self.letter_postcode] if "address" in self else []))
            kept += [(self.helper_email, mask_email(helper.email)), (self.helper_phone, mask_phone(helper.phone))]
        if "address" in self:
            kept += [(self.address, mask_postal(known.postal))]
            kept += [(self.helper_address, mask_postal(postal_of(helper.address, helper.postcode)))] if helper else []
        for field, masked in kept:
            if masked:
                field.description = _("We have %(masked)s. Leave this empty to keep it", masked=masked)

    def helper_contact(self, known: HelperContact | None) -> HelperContact | None:
        """The contact of whoever acts for the resident after this form; None where nobody does."""
        if known is None:
            return None
        post = (known.address, known.postcode)
        if "helper_address" in self and (self.drop_helper_address.data or self.helper_address.data):
            is_dropped = self.drop_helper_address.data
            post = ("", "") if is_dropped else (self.helper_address.data, self.helper_postcode.data or "")
        return HelperContact(
            "" if self.drop_helper_email.data else self.helper_email.data or known.email,
            "" if self.drop_helper_phone.data else self.helper_phone.data or known.phone,
            *post,
        )

    def contact(self, known: Contact) -> Contact:
        """The contact after this form, where `known` is what is used now."""
        return Contact(
            email="" if self.drop_email.data else self.email.data or known.email,
            phone="" if self.drop_phone.data else self.phone.data or known.phone,
            preference=self.contact_preference.data,
            leave_no_message=bool(self.leave_no_message.data),
            postal=self._postal(known.postal),
        )

    def _postal(self, known: str) -> str:
        """The address for letters after this form."""
        if "address" not in self:
            return known
        typed = postal_of(self.address.data or "", self.letter_postcode.data or "")
        return "" if self.drop_address.data else typed or known

    def describe_name(self, *, is_neutral: bool) -> None:
        """Ask for messages that do not say what the visit is for, unless staff, or they themselves, have done so."""
        if is_neutral:
            del self.neutral

    @property
    def wants_neutral_name(self) -> bool | None:
        """Whether messages are not to say what the visit is for; None where nothing changes."""
        return True if "neutral" in self and self.neutral.data else None

    def check_reach(self, mode: str, contact: Contact, helper: dict[str, str]) -> bool:
        """Whether the appointment and its messages can reach anybody; if not, says so at the field."""
        return refuse_unreachable(self, mode, contact, helper)

    def _refuse_both(self, name: str) -> None:
        """Raises: StopValidation when something new is typed in field `name`, and its box to use none is ticked, too."""
        if self[name].data and self[f"drop_{name}"].data:
            raise StopValidation(_("You have typed a new one here, and ticked that we use none. Do one of the two"))

    def validate_email(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("email")

    def validate_phone(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("phone")

    def validate_helper_email(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("helper_email")

    def validate_helper_phone(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("helper_phone")

    def validate_address(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("address")
        refuse_half(self.address.data, self.letter_postcode.data)

    def validate_helper_address(self, _field: Any) -> None:
        """Raises: StopValidation."""
        self._refuse_both("helper_address")
        refuse_half(self.helper_address.data, self.helper_postcode.data)

    def validate_letter_postcode(self, field: Any) -> None:
        """Raises: StopValidation for half an address."""
        refuse_half(self.address.data, field.data)

    def validate_helper_postcode(self, field: Any) -> None:
        """Raises: StopValidation for half an address."""
        refuse_half(self.helper_address.data, field.data)
