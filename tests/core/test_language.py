"""How names are listed in a sentence."""

from __future__ import annotations

import pytest

from core.language import language_for


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        ([], ""),
        (["Certify documents"], "Certify documents"),
        (["Certify documents", "Housing advice"], "Certify documents and Housing advice"),
        (["Births", "Deaths", "Marriages"], "Births, Deaths and Marriages"),
        (
            ["Certify documents for housing benefit", "Housing benefit and council tax"],
            "Certify documents for housing benefit; Housing benefit and council tax",
        ),
        (["Births, deaths, marriages", "Parking"], "Births, deaths, marriages; Parking"),
        (["Andover", "Parking"], "Andover and Parking"),
    ],
)
def test_names_are_listed_so_that_each_can_be_told_from_the_next(names: list[str], listed: str) -> None:
    assert language_for("en").all_of(names) == listed
