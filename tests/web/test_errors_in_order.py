"""The errors of every form stand in the order of its fields on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from web.components.form_fields import Form

pytestmark = pytest.mark.databases("sqlite")
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FIELD = re.compile(r"{{ form\.([a-z_]+)\(")


def forms(of: type[Any] = Form) -> Iterator[type[Any]]:
    """Every class of a form, as the application has imported them."""
    for one in of.__subclasses__():
        yield one
        yield from forms(one)


def fields_of(form: type[Any]) -> list[str]:
    """The names of its fields in the order in which its errors are listed: that of their making."""
    found = {name: value for name in dir(form) if hasattr(value := getattr(form, name), "creation_counter")}
    return sorted(found, key=lambda name: found[name].creation_counter)


def test_the_fields_of_a_form_are_made_in_the_order_of_the_page(app: Flask) -> None:
    wrong, seen = [], 0
    every = {tuple(fields_of(form)) for form in forms()}
    for path in sorted(TEMPLATES.rglob("*.html")):
        shown = list(dict.fromkeys(FIELD.findall(path.read_text())))
        fitting = [names for names in every if set(shown) <= set(names)]
        if len(shown) < 2 or not fitting:
            continue
        seen += 1
        if all([name for name in names if name in shown] != shown for names in fitting):
            wrong.append(f"{path.relative_to(TEMPLATES)}: {shown}")
    assert seen > 10
    assert not wrong, "\n".join(wrong)
