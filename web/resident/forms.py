"""The forms of the residents' pages, with the texts for what cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, InputRequired, StopValidation

from booking.states import Contact
from core.contact_values import postal_of
from core.tokens import may_be_reference
from web import labels
from web.components.form_fields import (
    AtMost,
    Checkbox,
    Choice,
    Choices,
    EmailField,
    Form,
    LongText,
    NameField,
    PhoneField,
    PostalField,
    PostcodeField,
    Text,
    optional,
)
from web.resident.reach_choices import ADDRESS_TEXTS, CONTACT_CHOICES, refuse_half, refuse_unreachable


def offer_nothing(*fields: Any) -> None:
    """Keep the browser from filling in the details of whoever types where those of another person belong."""
    for field in fields:
        field.render_kw = {**field.render_kw, "autocomplete": "off"}


def word_for_representative(form: Any) -> None:
    """Word what both forms ask about messages and notes for somebody who acts for another person."""
    form.leave_no_message.label.text = _("If we ring and nobody answers, do not leave a message")
    form.contact_preference.label.text = _("How shall we confirm and send a reminder?")
    form.contact_preference.description = _("We write to your email address if you gave one, or else to theirs")
    form.notes.description = _("Do not write about their case here. They can tell us when we meet.")


REPRESENTATION = ("name", "basis", "email", "phone", "address", "postcode")


class WhoForm(Form):
    """Who the appointment is for."""

    who = Choice(
        _("Who is the appointment for?"),
        choices=[("me", _("Me")), ("other", _("Somebody else. I am booking for them"))],
        validators=[InputRequired(_("Choose who the appointment is for"))],
    )


class HelperForm(Form):
    """Who books for somebody else, and on what basis."""

    name = NameField(
        _("Your name"),
        validators=[DataRequired(_("Enter your name"))],
        render_kw={"autocomplete": "name"},
    )
    basis = Choice(
        _("How do you know the person you are booking for?"),
        choices=list(labels.BASES.items()),
        validators=[InputRequired(_("Choose how you know the person"))],
    )
    email = EmailField(
        _("Your email address (optional)"),
        description=_("If you give one, we write to you about the appointment"),
        validators=[optional()],
    )
    phone = PhoneField(_("Your phone number (optional)"), validators=[optional()])
    helper_address = PostalField(
        _("Your postal address (optional)"),
        description=_("Only if letters should go to you. Without the postcode"),
        longest=310,
        validators=[optional()],
        render_kw={"rows": 3, "autocomplete": "street-address"},
    )
    helper_postcode = PostcodeField(
        _("Your postcode (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "postal-code"},
    )

    def validate_helper_address(self, field: Any) -> None:
        """Raises: StopValidation for half an address."""
        refuse_half(field.data, self.helper_postcode.data)

    def validate_helper_postcode(self, field: Any) -> None:
        """Raises: StopValidation for half an address."""
        refuse_half(self.helper_address.data, field.data)

    def values(self) -> dict[str, str]:
        """What was typed, by the names of `Representation`."""
        names = {"address": "helper_address", "postcode": "helper_postcode"}
        fields = {name: self._fields.get(names.get(name, name)) for name in REPRESENTATION}
        return {name: (field.data or "") if field else "" for name, field in fields.items()}


class DetailsForm(Form):
    """The resident: only the name is needed."""

    name = NameField(
        _("Full name"),
        validators=[DataRequired(_("Enter a name"))],
        render_kw={"autocomplete": "name", "spellcheck": "false"},
    )
    email = EmailField(_("Email address (optional)"), validators=[optional()])
    phone = PhoneField(
        _("Phone number (optional)"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-20"},
    )
    leave_no_message = Checkbox(_("If we ring and you do not answer, do not leave a message"))
    neutral = Checkbox(_("Do not say in messages what the appointment is for"))
    address = PostalField(
        ADDRESS_TEXTS["label"],
        description=ADDRESS_TEXTS["description"],
        longest=310,
        validators=[optional()],
        render_kw={"rows": 3, "autocomplete": "street-address"},
    )
    postcode = PostcodeField(
        _("Postcode (optional)"),
        description=_("Give the whole postcode. It helps us find you if you ring"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "postal-code"},
    )
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

    def describe_for_mode(self, mode: str) -> None:
        """Say at the field what a visit that is held from home needs it for."""
        if mode == "phone":
            self.phone.label.text, self.phone.description = _("Phone number"), _("We will ring this number")
        if mode == "video":
            self.email.label.text, self.email.description = _("Email address"), _("We will send the link for the video")

    def describe_for_representative(self) -> None:
        """Word the questions for somebody who books for another person."""
        self.postcode.description = _("Give the whole postcode. It helps us find them if one of you rings")
        word_for_representative(self)
        offer_nothing(self.name, self.email, self.phone, self.postcode)
        if "address" in self:
            offer_nothing(self.address)

    def validate_with_reach(self, mode: str, helper: dict[str, Any] | None) -> bool:
        """Whether all fields can be used and somebody can be reached: everything that is wrong is said at once."""
        is_valid = self.validate()
        return self.check_reach(mode, helper) and is_valid

    def check_reach(self, mode: str, helper: dict[str, Any] | None) -> bool:
        """Whether the appointment and the reminders can reach anybody; if not, says so at the field."""
        postal = postal_of(self.address.data or "", self.postcode.data or "") if "address" in self else ""
        contact = Contact(
            self.email.data or "",
            self.phone.data or "",
            self.contact_preference.data,
            leave_no_message=False,
            postal=postal,
        )
        return refuse_unreachable(self, mode, contact, helper or {}, "postcode")


class MoveForm(Form):
    """What a visit by phone or video needs, where we do not have it yet."""

    email = EmailField(
        _("Email address"), description=_("We will send the link for the video"), validators=[optional()]
    )
    phone = PhoneField(
        _("Phone number"),
        description=_("We will ring this number"),
        validators=[optional()],
        render_kw={"classes": "govuk-input--width-20"},
    )

    def describe_for_representative(self) -> None:
        """For somebody who acts for another person."""
        offer_nothing(self.email, self.phone)


class NeedsForm(Form):
    """What would make the visit work for somebody."""

    class Meta:
        """It only filters: nothing is written."""

        csrf = False

    need = Choices(
        _("Choose all that you need"),
        choices=list(labels.NEEDS.items()),
        validate_choice=False,
    )
    language = Text(
        _("If you need another language, which one?"),
        validators=[AtMost(40)],
        render_kw={"classes": "govuk-input--width-20"},
    )

    def ask_for(self, modes: Collection[str]) -> None:
        """Leave out what only a place can have where nobody comes to one, but what is ticked already."""
        ticked = self.need.data or ()
        if modes and "in_person" not in modes:
            choices = self.need.choices
            self.need.choices = [one for one in choices if one.value not in labels.NEEDS_NOT_MET or one.value in ticked]

    def validate_language(self, field: Any) -> None:
        """Raises: StopValidation when another language is needed and none is named."""
        if "language" in (self.need.data or ()) and not field.data:
            raise StopValidation(_("Tell us which language"))


class CancelForm(Form):
    """Why somebody cancels, if they care to say."""

    reason = LongText(
        _("Why do you need to cancel? (optional)"),
        longest=200,
        validators=[optional()],
        render_kw={"rows": 2},
    )


class FindForm(Form):
    """Reference and surname, for those who have lost the link."""

    takes_old_references = False  # of a system from which the council has moved
    reference = Text(
        _("Reference"),
        description=_("It has 8 letters and numbers, like K7PM 4QX3. You do not need the space."),
        validators=[DataRequired(_("Enter your reference"))],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "off", "spellcheck": "false"},
    )
    surname = Text(
        _("Surname"),
        description=_("Of the person that the appointment is for"),
        validators=[DataRequired(_("Enter the surname")), AtMost(200)],
        render_kw={"classes": "govuk-input--width-20", "autocomplete": "family-name"},
    )

    def validate_reference(self, field: Any) -> None:
        """Raises: StopValidation for what cannot be a reference, by its check character. It says not which there are."""
        if not may_be_reference(field.data or "", takes_old=self.takes_old_references):
            raise StopValidation(_("Check the reference. It has 8 letters and numbers, like K7PM 4QX3"))
