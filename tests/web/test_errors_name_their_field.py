"""Each line of an error summary says which field it is about: it is read far from the field, or heard without it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from wtforms import Field

import council
import planner
import web
from web.components.form_fields import Form, LongText, NameField, Text, errors_of

TOO_LONG, UNPRINTABLE, INVISIBLE = "x" * 5000, "a\x01b", "\u200b\u2060"
BAD = {"empty": "", "too long": TOO_LONG, "unprintable": UNPRINTABLE, "invisible": INVISIBLE, "a dash": "-"}
WORD = re.compile(r"[^\W\d_]{4,}")
# Words that name one thing.
SAME = {"telephone": "phone"}


def every_form() -> list[type[Form]]:
    """The forms of all pages."""
    for package in (council, planner, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return sorted(_below(Form), key=lambda form: form.__qualname__)


def _below(form: type[Form]) -> Iterator[type[Form]]:
    for one in form.__subclasses__():
        yield one
        yield from _below(one)


def words(text: str) -> set[str]:
    """The words of four letters or more, with one name for what has several."""
    return {SAME.get(word, word) for word in WORD.findall(text.casefold())}


def is_named(field: Field, error: str) -> bool:
    """Whether the error shares a word with the field's label or its name."""
    return bool(words(error) & (words(str(field.label.text)) | words(field.name.replace("_", " "))))


def empty(form_class: type[Form]) -> Any:
    """The form as nobody has filled it in; what it offers to choose from is not known here."""
    form: Any = form_class(formdata=None, meta={"csrf": False})
    for field in form:
        if getattr(field, "choices", []) is None:
            field.choices = []
    return form


def texts_of(form: Form) -> list[str]:
    """The names of the fields that somebody writes in."""
    return [field.name for field in form if isinstance(field, Text | LongText)]


def filled(form_class: type[Form], field_name: str, value: str) -> Any:
    """The form with nothing but `value` in one field."""
    form = empty(form_class)
    for name in texts_of(form):
        form[name].raw_data = [value if name == field_name else ""]
        form[name].process_formdata(form[name].raw_data)
    return form


def test_all_forms_are_looked_at() -> None:
    of_residents = {"DetailsForm", "HelperForm", "CancelForm"}
    of_staff = {"FindForm", "ResidentForm", "WalkInForm", "AppointmentSearchForm", "RecordFilterForm"}
    of_planner = {"ChangeForm", "CopyForm", "DateForm", "SessionForm"}
    assert of_residents | of_staff | of_planner <= {form.__name__ for form in every_form()}


FORMS = pytest.mark.parametrize("form_class", every_form(), ids=lambda form: form.__qualname__)


@FORMS
def test_every_error_of_a_text_names_its_field(app: Flask, form_class: type[Form]) -> None:
    with app.test_request_context("/", method="POST"):
        for name in texts_of(empty(form_class)):
            for kind, value in BAD.items():
                form = filled(form_class, name, value)
                form.validate()
                found = [error.text for error in errors_of(form) if error.target == form[name].id]
                assert all(is_named(form[name], text) for text in found), (name, kind, found)
                assert found or kind not in ("too long", "unprintable"), (name, kind)


@pytest.mark.parametrize("typed", ["\u200b\u2060", "-", "\u202e\u202d", "\u2800", "...", " \u00ad "])
def test_a_name_of_which_nothing_can_be_read_is_refused_at_its_field(app: Flask, typed: str) -> None:
    tried = set()
    with app.test_request_context("/", method="POST"):
        for form_class in every_form():
            for field in empty(form_class):
                if isinstance(field, NameField):
                    form = filled(form_class, field.name, typed)
                    form.validate()
                    is_nothing = field.flags.optional and form[field.name].data == ""
                    assert form[field.name].errors or is_nothing, (form_class, field.name)
                    tried.add(form_class.__name__)
    assert tried >= {"DetailsForm", "HelperForm", "ResidentForm", "WalkInForm"}


@FORMS
def test_every_long_text_says_how_much_it_takes(app: Flask, form_class: type[Form]) -> None:
    with app.test_request_context("/", method="POST"):
        for field in empty(form_class):
            if isinstance(field, LongText):
                html = str(field())
                assert re.search(r"You can write up to \d+ characters", html)
                assert re.search(r'data-maxlength="\d+"', html)
                assert f'id="{field.id}-info"' in html
                assert 'dir="auto"' in html
