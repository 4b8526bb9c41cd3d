"""The inputs for the keys of a table of the set-up, made from the checks of the file: each shows a value and reads it back.

What a value may be is the file's to say. An input only turns text into the kind of value that the check expects.
"""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField

from core.errors import InvalidValue
from locations.bank_holidays import DIVISIONS
from locations.importing import value_checks
from locations.importing.amount_checks import amount
from locations.importing.set_up_tables import plain
from locations.importing.toml_fields import Field, Fields
from locations.importing.value_checks import Check, ListCheck, OneOfCheck, TextCheck, WholeCheck
from locations.own_words import translated_key
from web.components.field_problems import problem_text
from web.components.form_fields import Choice, Choices, Dropdown, Form, Text
from web.components.moment_fields import written_day, written_time
from web.components.widgets import CountedTextArea
from web.manage.field_texts import text_of_field
from web.manage.field_words import WORDS
from web.manage.session_field_texts import FieldText
from web.request_language import languages_of

FEW = 6  # choices that stand as radios
LINE = 300  # characters of a text that stands in one line
YES, NO = "yes", "no"
LOOKS: Mapping[Any, Mapping[str, str]] = {
    value_checks.email: {"type": "email", "spellcheck": "false"},
    value_checks.phone: {"type": "tel"},
    value_checks.web_address: {"type": "url", "spellcheck": "false"},
    value_checks.wall_time: {"type": "time", "classes": "govuk-input--width-10"},
    value_checks.day: {"type": "date", "classes": "govuk-input--width-10"},
    value_checks.colour: {"spellcheck": "false", "classes": "govuk-input--width-10"},
    amount: {"inputmode": "decimal", "classes": "govuk-input--width-5"},
    value_checks.postcode: {"spellcheck": "false", "classes": "govuk-input--width-10"},
}
WRITTEN: Mapping[Any, Callable[[str], date | time]] = {
    value_checks.day: written_day,
    value_checks.wall_time: written_time,
}
Typed = MultiDict[str, str]


class Area(TextAreaField):
    """Several lines. Whether there are too many characters is the check's to say."""

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        self.widget = CountedTextArea(longest)
        super().__init__(*args, **kwargs)


def form_of(kind: str, fields: Fields, typed: Typed, prefix: str = "") -> Form:
    """The form for a table of this kind, filled with what was typed. An optional choice of a row may be left open."""
    inputs = {
        name: _input(field, text_of_field(kind, name), in_row=bool(prefix))
        for name, field in fields.items()
        if _is_asked(name, typed.get(f"{prefix}{name}"))
    }
    form: Form = type("TableForm", (Form,), inputs)(formdata=typed, prefix=prefix, meta={"csrf": False})
    return form


def is_shown(name: str) -> bool:
    """Whether the form of its thing has this key: slugs are made from names, several alike are added one by one, and the
    logo and the order of the first page have pages of their own."""
    return name not in ("slug", "count", "logo", "service_order")


def _is_asked(name: str, given: str | None) -> bool:
    """Whether the form has this key here: a translation where the council has the language, or where there is one."""
    translated = translated_key(name)
    return is_shown(name) and (translated is None or bool(given) or translated[1] in languages_of(g.get("authority")))


def _input(field: Field, text: FieldText, *, in_row: bool) -> Any:
    check, hint = field.check, str(text.hint or "")
    look: dict[str, Any] = dict(LOOKS.get(check, {}) if callable(check) else {})
    if isinstance(check, WholeCheck):
        look |= {"inputmode": "numeric", "classes": "govuk-input--width-5"}
        return Text(text.label, description=f"{hint}. {_range(check)}" if hint else _range(check), render_kw=look)
    if isinstance(check, TextCheck) and check.longest > LINE:
        return Area(text.label, description=hint, longest=check.longest)
    if isinstance(check, ListCheck):
        return _list_input(check, text, hint)
    if check is value_checks.slug:  # of something else, which whoever shows the form fills in
        return Dropdown(text.label, description=hint, choices=[], validate_choice=False)
    choices = _choices(check, field, in_row=in_row)
    if choices:
        kind = Choice if len(choices) <= FEW and not in_row else Dropdown
        return kind(text.label, description=hint, choices=choices, validate_choice=False)
    return Text(text.label, description=hint, render_kw=look)


def _range(check: WholeCheck) -> str:
    facts = {"least": check.least, "most": check.most}
    if check.step > 1:
        return str(gettext("From %(least)s to %(most)s, in steps of %(step)s", **facts, step=check.step))
    return str(gettext("From %(least)s to %(most)s", **facts))


def _names_others(check: ListCheck) -> bool:
    """Whether its items are the slugs of other things, of which the page offers those that there are."""
    return check.item is value_checks.slug


def _list_input(check: ListCheck, text: FieldText, hint: str) -> Any:
    if _names_others(check):
        return Choices(text.label, description=hint, choices=[], validate_choice=False)
    if isinstance(check.item, OneOfCheck):
        choices = [(one, WORDS[one]) for one in check.item.choices]
        return Choices(text.label, description=hint, choices=choices, validate_choice=False)
    if isinstance(check.item, TextCheck):
        return Area(text.label, description=hint, longest=5000)
    return Text(text.label, description=hint, render_kw={"spellcheck": "false"})


def _choices(check: Check, field: Field, *, in_row: bool) -> list[tuple[str, Any]]:
    if check is value_checks.yes_no:
        own = [(YES, _l("Yes")), (NO, _l("No"))]
        return own if field.default is not None else [*own, ("", _l("As everywhere in the council"))]
    known: Iterable[str] = check.choices if isinstance(check, OneOfCheck) else ()
    if check is value_checks.division:
        known = DIVISIONS
    choices: list[tuple[str, Any]] = [(one, WORDS[one]) for one in known]
    return [("", gettext("Choose one")), *choices] if choices and in_row else choices


def shown(fields: Fields, table: Mapping[str, Any]) -> Typed:
    """The values of a table as its form shows them, those that hold when a key is left out included."""
    typed: Typed = MultiDict()
    for name, field in fields.items():
        value = table.get(name, plain(field.default))
        typed.setlist(name, _texts(field.check, value))
    return typed


def _texts(check: Check, value: Any) -> list[str]:
    if value is None:
        return [""]
    if isinstance(value, bool):
        return [YES if value else NO]
    if isinstance(check, ListCheck):
        if isinstance(check.item, OneOfCheck) or _names_others(check):
            return [str(one) for one in value]
        return ["\n".join(value)] if isinstance(check.item, TextCheck) else [", ".join(value)]
    return [str(value)]


def read(fields: Fields, form: Form) -> dict[str, Any]:
    """The table that a form says. What is empty, or as it is when left out, is left out.

    A number, day or time of day that is none stays text, and is refused at its field.
    """
    table: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in form:
            continue
        value = _value(field.check, form[name].data)
        if isinstance(field.check, WholeCheck) and isinstance(value, str):
            form.refuse(name, gettext("Enter a whole number for “%(field)s”", field=form[name].label.text))
        if field.check in WRITTEN and isinstance(value, str):
            value = _written(form, name, value, WRITTEN[field.check])
        if value is not None and (field.required or value != plain(field.default)):
            table[name] = value
    return table


def _written(form: Form, name: str, text: str, parse: Callable[[str], date | time]) -> str:
    """A day or time as the file takes it, however people write it; what is none is refused at its field."""
    try:
        return str(plain(parse(text)))
    except InvalidValue as error:
        form.refuse(name, problem_text(form[name], error.reason))
        return text


def _value(check: Check, data: Any) -> Any:
    if isinstance(check, ListCheck):
        return _items(check, data)
    text = str(data or "").replace("\r\n", "\n").strip()
    if not text:
        return "" if isinstance(check, TextCheck) and check.may_be_empty else None
    if isinstance(check, WholeCheck):
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else text
    return text == YES if check is value_checks.yes_no and text in (YES, NO) else text


def _items(check: ListCheck, data: Any) -> list[str]:
    if isinstance(check.item, OneOfCheck) or _names_others(check):
        return list(data or ())
    lines = [line.strip() for line in str(data or "").replace("\r", "\n").split("\n")]
    if isinstance(check.item, TextCheck):
        return [line for line in lines if line]
    words = (word.strip().lower() for line in lines for word in line.split(","))
    return [re.sub(r"\s+", "-", word) for word in words if word]
