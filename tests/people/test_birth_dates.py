"""A date of birth in any usual British way of writing a day."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import InvalidValue
from people.residents.birth_dates import find_birth_date, parse_birth_date

TODAY = date(2026, 11, 23)
BORN = date(1970, 3, 14)


@pytest.mark.parametrize(
    "text",
    [
        "14 March 1970", "14th March 1970", "14th of march, 1970", "14 Mar 70", "14Mar1970", "March 14, 1970", "mar 14 1970",
        "14/03/1970", "14/3/70", "14.3.1970", "14-03-1970", "14 3 1970", "14 03 70", "14031970", "1970-03-14",
        " 14 / 3 / 1970 ",
    ],
)  # fmt: skip
def test_a_day_in_any_usual_writing_is_understood(text: str) -> None:
    assert parse_birth_date(text, TODAY) == BORN


@pytest.mark.parametrize(("text", "year"), [("1/2/26", 2026), ("1/2/27", 1927), ("24/11/26", None)])
def test_a_year_of_two_figures_is_the_latest_that_is_not_to_come(text: str, year: int | None) -> None:
    if year is None:
        with pytest.raises(InvalidValue):
            parse_birth_date(text, TODAY)
    else:
        assert parse_birth_date(text, TODAY) == date(year, 2, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "March 1970",
        "31/02/1970",
        "3/14/1970",
        "14/03/1789",
        "24 November 2026",
        "1970",
        "14 Foo 1970",
        "14/03-1970",
    ],
)
def test_what_is_no_date_of_birth_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_birth_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "born", "rest"),
    [
        ("ada 14 march 1970 n12", BORN, "ada n12"),
        ("14/03/1970 ada", BORN, "ada"),
        ("07700 900123", None, "07700 900123"),
        ("+44 7700 900123 ada", None, "+44 7700 900123 ada"),
        ("020 7946 0958", None, "020 7946 0958"),
        ("14031970", None, "14031970"),
        ("ada may", None, "ada may"),
    ],
)
def test_a_search_text_may_hold_one_and_a_telephone_number_is_none(text: str, born: date | None, rest: str) -> None:
    found, left = find_birth_date(text, TODAY)
    assert (found, " ".join(left.split())) == (born, rest)
