"""A field for a whole number between two others."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from flask_babel import LazyString
from wtforms import StringField
from wtforms.validators import StopValidation

from core.text import is_blank
from web.components.widgets import TextInput

LONGEST = 9  # digits


class WholeNumber(StringField):
    """A number from `least` to `most`, with `message` where it is none: figures on a telephone's keyboard."""

    widget = TextInput()
    data: Any

    def __init__(
        self, *args: Any, least: int, most: int, message: str | LazyString, required: bool = True, **kwargs: Any
    ) -> None:
        look = {"inputmode": "numeric", "classes": "govuk-input--width-3", "autocomplete": "off"}
        kwargs["render_kw"] = look | (kwargs.get("render_kw") or {})
        super().__init__(*args, **kwargs)
        self.least, self.most, self.message, self.required = least, most, message, required

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent, without the spaces around it."""
        self.data = str(valuelist[0]).strip(" \t\r\n") if valuelist else ""

    def pre_validate(self, form: object) -> None:
        """Keep the number. Raises: StopValidation with the message."""
        text = str("" if self.data is None else self.data)
        if not self.required and is_blank(text):
            self.data = None
            return
        is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST
        if not is_number or not self.least <= int(text) <= self.most:
            raise StopValidation(str(self.message))
        self.data = int(text)
