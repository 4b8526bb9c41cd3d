"""The form of a case number is a plain pattern, and a number is the same however it is spaced."""

from __future__ import annotations

import pytest

from core.errors import InvalidValue
from locations.case_numbers import example_of, has_form, is_form, number_key, parse_case_number


@pytest.mark.parametrize(
    ("form", "number", "fits"),
    [
        ("", "anything at all 1", True),
        ("HB######", "HB123456", True),
        ("HB######", "hb 12-34 56", True),
        ("HB######", "HB12345", False),
        ("HB######", "HB1234567", False),
        ("HB######", "HC123456", False),
        ("@@ ## ## ## @", "QQ123456C", True),
        ("@@ ## ## ## @", "Q1123456C", False),
        ("?-?", "a9", True),
        ("HB####, CTB-####", "ctb 1234", True),
        ("HB####, CTB-####", "ctb 12345", False),
    ],
)
def test_a_number_has_a_form_sign_by_sign(form: str, number: str, fits: bool) -> None:
    assert has_form(form, number) is fits


def test_an_example_has_the_form() -> None:
    for form in ("HB######", "@@ ## ## ## @", "?-?, ####", "##########" * 3):
        assert has_form(form, example_of(form))
    assert (example_of("HB######"), example_of("@@-####"), example_of("")) == ("HB123456", "AB-1234", "")


@pytest.mark.parametrize(
    ("form", "is_one"),
    [
        ("HB######", True),
        ("@@-####, ?????", True),
        ("HB", False),
        ("####,", False),
        ("[0-9]+#", False),
        ("é###", False),
        ("#" * 41, False),
    ],
)
def test_a_form_differs_from_case_to_case_and_has_no_sign_with_another_meaning(form: str, is_one: bool) -> None:
    assert is_form(form) is is_one


def test_a_number_is_the_same_with_other_spaces_and_capitals() -> None:
    assert number_key("hb 12-34/56.") == number_key("HB123456") == "HB123456"
    assert parse_case_number("  HB 1 ") == "HB 1"
    for nothing in ("-", " . ", ""):
        with pytest.raises(InvalidValue):
            parse_case_number(nothing)
