"""Fields that draw themselves as GOV.UK components, for every audience.

What a value may be is not decided here: each field asks the one parser of its kind and keeps what that returns.
"""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, StopValidation

from core.contact_values import parse_email, parse_phone, parse_postal_lines
from core.errors import InvalidValue, Reason
from core.text import clean_line, clean_text, parse_or_empty
from locations.postcodes import parse_postcode
from people.residents.birth_dates import parse_birth_date
from people.residents.details import parse_name
from web.components.field_problems import named_error, problem_text
from web.components.widgets import (
    Checkboxes,
    CheckboxesInLines,
    CountedTextArea,
    OneCheckbox,
    PasswordInput,
    Radios,
    Select,
    TextInput,
)
from web.request_language import current_language, format_birth_date
from web.typed_before import typed_before


@dataclass(frozen=True)
class AtMost:
    """A validator: no more characters than these."""

    longest: int

    def __call__(self, _form: object, field: Any) -> None:
        """Raises: StopValidation."""
        if len(field.data or "") > self.longest:
            raise StopValidation(problem_text(field, Reason("too_long", {"longest": self.longest})))


class _Parsed:
    """Text that a parser has to take before the field's own validators; what is typed stays when it does not."""

    data: Any

    def pre_validate(self, form: object) -> None:
        """Keep what the parser returns. Raises: StopValidation with the parser's reason."""
        try:
            self.data = parse_or_empty(self.parse, self.data or "")
        except InvalidValue as error:
            raise StopValidation(problem_text(self, error.reason)) from error

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return clean_line(text)


class Text(_Parsed, StringField):
    """A line of text, trimmed."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent, without the spaces around it."""
        self.data = str(valuelist[0]).strip(" \t\r\n") if valuelist else ""


class NameField(Text):
    """The name of a person."""

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_name(text)


class EmailField(Text):
    """An email address: the right keyboard on a telephone, no spelling marks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"type": "email", "spellcheck": "false", "autocomplete": "email"} | (
            kwargs.get("render_kw") or {}
        )
        super().__init__(*args, **kwargs)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_email(text)


class PhoneField(Text):
    """A telephone number: the right keyboard on a telephone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"type": "tel", "autocomplete": "tel"} | (kwargs.get("render_kw") or {})
        super().__init__(*args, **kwargs)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_phone(text)


class PostcodeField(Text):
    """A full postcode. `example` is one of the council's, for the text of the error."""

    example = ""

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_postcode(text, example=self.example)


class BirthDateField(Text):
    """A date of birth in any usual way of writing a day. `today` is the date at the council's places."""

    today = date.max
    day: date | None = None

    def process_data(self, value: Any) -> None:
        """Show a day that is known as it is said: 14 March 1970."""
        self.data = format_birth_date(value) if isinstance(value, date) else value

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        self.day = parse_birth_date(text, self.today)
        return text


class LongText(_Parsed, TextAreaField):
    """Several lines of text, `longest` characters at most; the page counts what is left."""

    def __init__(self, *args: Any, longest: int, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        self.widget = CountedTextArea(longest)
        super().__init__(*args, validators=[*validators, AtMost(longest)], **kwargs)

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return clean_text(text)


class PostalField(LongText):
    """The lines of a postal address above its postcode."""

    def parse(self, text: str) -> str:
        """The value as it is kept. Raises: InvalidValue."""
        return parse_postal_lines(text)


class Password(PasswordField):
    """A password, with GOV.UK's show button where scripts run."""

    widget = PasswordInput()


class _TupleChoices:
    """Choices may be given as pairs of value and label, which WTForms has deprecated."""

    def __init__(self, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, choices=_as_choices(choices), **kwargs)  # type: ignore[call-arg]


def _as_choices(given: Any) -> Any:
    if not isinstance(given, list | tuple):
        return given
    return [SelectChoice(*one) if isinstance(one, tuple) else one for one in given]


class Choice(_TupleChoices, RadioField):
    """One of a few, as radios."""

    widget = Radios()


class Choices(_TupleChoices, SelectMultipleField):
    """Any of a few, as checkboxes. Choices that do not exist are left out rather than refused."""

    widget = Checkboxes()


class ChoicesInLines(Choices):
    """The same, each with what stands in its way beside it. `refused` has the texts by the value of the choice."""

    widget = CheckboxesInLines()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refused: dict[str, list[str]] = {}

    def refuse(self, value: str, text: str) -> None:
        """Say beside the choice of this value what stands in its way."""
        self.refused.setdefault(value, []).append(text)

    @property
    def lines(self) -> list[FieldError]:
        """What stands in the way of each, leading to its box."""
        found = []
        for number, (value, label) in enumerate(self.choices, 1):
            target = f"{self.id}-{number}" if number > 1 else str(self.id)
            found += [FieldError(f"{label}: {text}", target) for text in self.refused.get(value, ())]
        return found


class Checkbox(BooleanField):
    """Yes when ticked."""

    widget = OneCheckbox()


class Dropdown(_TupleChoices, SelectField):
    """One of many."""

    widget = Select()


class FormTranslations:
    """What WTForms says of itself, from our own catalogue: that of WTForms has neither our wording nor every language."""

    def gettext(self, text: str) -> str:
        """`text` in the language of the page."""
        return current_language().translations.gettext(text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form of a text that fits `number`, its placeholders left for WTForms."""
        return current_language().translations.ngettext(singular, plural, number)


class Form(FlaskForm):
    """The base of every form: the first field that is wrong takes the focus."""

    class Meta(FlaskForm.Meta):
        """The language of the page."""

        def get_translations(self, form: object) -> FormTranslations:
            """Our own catalogue."""
            return FormTranslations()

        def wrap_formdata(self, form: object, formdata: Any) -> Any:
            """What was sent; else what was typed before the page was shown in another language."""
            sent = super().wrap_formdata(form, formdata)
            return typed_before() if sent is None and formdata is not None else sent

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything can be used; marks the first field that cannot."""
        is_valid = bool(super().validate(extra_validators))
        for field in self:
            field.errors = [named_error(field, error) for error in field.errors]
        self.focus_first_error()
        return is_valid

    def focus_first_error(self) -> None:
        """Give the first wrong field `autofocus`."""
        for field in self:
            if field.errors:
                field.render_kw = {**(field.render_kw or {}), "autofocus": True}
                return

    def refuse(self, name: str, text: str) -> None:
        """Put an error that only the use case could find on field `name`."""
        field: Field = self[name]
        field.errors = [*field.errors, text]
        self.focus_first_error()


@dataclass(frozen=True)
class FieldError:
    """One line of the error summary: the text, and the input that it leads to."""

    text: str
    target: str


def errors_of(form: Any) -> list[FieldError]:
    """The errors of `form` in the order of its fields; each leads to an input that can take the focus."""
    return [FieldError(str(field.errors[0]), str(field.id)) for field in form if field.errors]


def optional() -> Optional:
    """A field that may be left empty."""
    return Optional(strip_whitespace=True)
