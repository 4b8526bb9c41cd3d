"""What an agent types about a resident."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired, StopValidation

from core.contact_values import EMAIL_IN_TEXT, takes_texts
from core.language import LANGUAGES
from people.residents.birth_dates import find_birth_date
from people.residents.details import EMAIL_ONLY, NEEDS, ResidentDetails
from people.residents.search import read_search
from people.residents.tables import Resident
from web import labels
from web.components.form_fields import (
    AtMost,
    BirthDateField,
    Checkbox,
    Choice,
    Choices,
    EmailField,
    Form,
    NameField,
    PhoneField,
    PostalField,
    PostcodeField,
    Text,
    optional,
)
from web.language_labels import MESSAGE_LANGUAGES, code_of_language
from web.message_labels import LETTER_FORMATS

OFF = {"autocomplete": "off", "spellcheck": "false"}


HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]")


def are_hours(_form: Any, field_: Any) -> None:
    """Two times of day, such as 10:00-12:00, with whatever line or space between them. Raises: StopValidation."""
    text = re.sub(r"\s*[-\u2010-\u2015]\s*", "-", (field_.data or "").strip())
    if text and (not HOURS.fullmatch(text) or text[:5] == text[6:]):
        raise StopValidation(_("Enter two times of day, such as 10:00-12:00"))
    field_.data = text


class ResidentForm(Form):
    """A resident as the agent writes them down: only the name is needed."""

    name = NameField(_("Full name"), validators=[DataRequired(_("Enter a name"))], render_kw=OFF)
    phone = PhoneField(_("Telephone"), validators=[optional()], render_kw=OFF | {"classes": "govuk-input--width-20"})
    date_of_birth = BirthDateField(
        _("Date of birth"),
        description=_("If they tell you. For example, 14 3 1970"),
        validators=[optional()],
        render_kw=OFF | {"classes": "govuk-input--width-20"},
    )
    email = EmailField(_("Email"), validators=[optional()], render_kw=OFF)
    address = PostalField(
        _("Postal address"),
        description=_("For letters. Without the postcode"),
        longest=310,
        validators=[optional()],
        render_kw=OFF | {"rows": 3},
    )
    postcode = PostcodeField(
        _("Postcode"), validators=[optional()], render_kw=OFF | {"classes": "govuk-input--width-10"}
    )
    contact_preference = Choice(
        _("How do they want to hear from us?"), choices=list(labels.CONTACT_PREFERENCES.items()), default="email"
    )
    do_not_text = Checkbox(_("Do not text"))
    leave_no_message = Checkbox(_("Leave no message when nobody answers"))
    uses_neutral_name = Checkbox(_("Name no service, only “your appointment”"))
    letter_format = Choice(
        _("In which form do they need what we write?"),
        description=_("Easy read, braille and audio are made by staff, also in place of emails and texts"),
        choices=list(LETTER_FORMATS.items()),
        default="",
    )
    message_language = Choice(
        _("In which language do they want us to write and speak?"),
        choices=list(MESSAGE_LANGUAGES.items()),
        default="",
        validate_choice=False,
    )
    safe_hours = Text(
        _("Only ring and text between these times"),
        description=_("If they ask for it, for example, 10:00-12:00"),
        validators=[optional(), are_hours],
        render_kw=OFF | {"classes": "govuk-input--width-10"},
    )
    language = Text(
        _("Language, if they need another than English"),
        validators=[optional(), AtMost(40)],
        render_kw=OFF | {"classes": "govuk-input--width-20"},
    )
    support_needs = Choices(_("Support needs"), choices=list(labels.NEEDS.items()), validate_choice=False)

    def validate_contact_preference(self, field_: Any) -> None:
        """Raises: StopValidation for a way that cannot reach them."""
        if field_.data == "text" and (self.do_not_text.data or not takes_texts(self.phone.data or "")):
            raise StopValidation(
                _("Text needs the number of a mobile telephone that may be texted. Choose another way")
            )
        if field_.data == "call" and not self.phone.data:
            raise StopValidation(_("A call needs a telephone number. Choose another way, or enter it"))
        if field_.data == "letter" and self.address.data and not self.postcode.data:
            raise StopValidation(_("A letter needs the postcode too. Choose another way, or enter it"))

    def validate_letter_format(self, field_: Any) -> None:
        """Raises: StopValidation for email in place of letters to nowhere."""
        if field_.data == EMAIL_ONLY and not self.email.data:
            raise StopValidation(_("Enter their email address too, or choose another form"))

    def _message_language(self) -> str:
        """The language that was chosen; where nobody was asked, the one that was typed, as far as we write in it."""
        chosen = self.message_language.data
        return chosen if chosen in LANGUAGES else code_of_language(self.language.data or "")

    def person(self) -> ResidentDetails:
        """The person whom the form describes."""
        return ResidentDetails(
            name=self.name.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
            postcode=self.postcode.data or "",
            language=self.language.data or "",
            message_language=self._message_language(),
            support_needs=tuple(code for code in NEEDS if code in (self.support_needs.data or ())),
            contact_preference=self.contact_preference.data or "email",
            do_not_text=bool(self.do_not_text.data),
            leave_no_message=bool(self.leave_no_message.data),
            safe_hours=self.safe_hours.data or "",
            uses_neutral_name=bool(self.uses_neutral_name.data),
            date_of_birth=self.date_of_birth.day if self.date_of_birth.data else None,
            address=self.address.data or "",
            letter_format=self.letter_format.data or "",
        )


# The facts of a resident that the form has.
FORM_FACTS = (
    "name", "phone", "email", "postcode", "date_of_birth", "contact_preference", "do_not_text", "leave_no_message",
    "safe_hours", "uses_neutral_name", "language", "message_language", "support_needs", "address", "letter_format",
)  # fmt: skip
FACTS = tuple(name for name in ResidentDetails.__dataclass_fields__)


def facts_of(resident: Resident) -> dict[str, Any]:
    """The form's first values for a resident who is known."""
    return {name: getattr(resident, name) for name in FACTS}


def carried_over(text: str, today: date) -> dict[str, Any]:
    """The search text as the first values of a new resident: number, postcode, email and date each in its own field."""
    asked = read_search(text, today)
    rest = " ".join(find_birth_date(text, today)[1].split())
    values: dict[str, Any] = {"email": asked.email, "date_of_birth": asked.born}
    if asked.email:
        rest = EMAIL_IN_TEXT.sub("", rest).strip()
    digits = sum(character.isdigit() for character in rest)
    if asked.phone and digits >= 4:
        values["phone"] = "".join(c for c in rest if c.isdigit() or c in "+ ()-").strip()
        rest = "".join(c for c in rest if not (c.isdigit() or c in "+()")).strip(" -")
    elif asked.postcode:
        words = rest.split()
        kept = [word for word in words if not any(c.isdigit() for c in word)]
        values["postcode"] = " ".join(word for word in words if word not in kept).upper()
        rest = " ".join(kept)
    values["name"] = rest.title() if rest.islower() else rest
    return {name: value for name, value in values.items() if value}
