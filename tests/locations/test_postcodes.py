"""Postcodes to places and miles, from the copy of the ONS directory that is installed."""

from __future__ import annotations

import pytest

from core.errors import InvalidValue, Reason
from locations.postcodes import PostcodePlace, grid_miles, is_known, locate, parse_postcode

GOLDERS_GREEN_LIBRARY = PostcodePlace(524711, 187742, "NW11 8HE", exact=True)


@pytest.mark.parametrize("typed", ["NW11 8HE", "nw118he", " nw11  8he ", "NW11-8HE", "N W 1 1 8 H E", "Nw1 18he"])
def test_a_postcode_is_found_however_it_is_typed(typed: str) -> None:
    assert locate(typed) == GOLDERS_GREEN_LIBRARY


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [("NW11", "NW11"), ("nw11 9", "NW11 9"), ("NW119", "NW11 9"), ("N1", "N1"), ("N1 1", "N1 1"), ("E11", "E11")],
)
def test_part_of_a_postcode_is_the_middle_of_all_that_begin_so(typed: str, read_as: str) -> None:
    place = locate(typed)
    assert place is not None
    assert (place.postcode, place.exact) == (read_as, False)


def miles(one: PostcodePlace, other: PostcodePlace) -> float:
    """Miles between two places."""
    return grid_miles((one.easting, one.northing), (other.easting, other.northing))


def test_the_middle_of_an_outward_code_lies_among_its_postcodes() -> None:
    middle = locate("NW11")
    assert middle is not None
    assert 0 < miles(middle, GOLDERS_GREEN_LIBRARY) < 1


def test_n1_is_not_taken_for_n11() -> None:
    """Outward codes are padded in the directory, so one never swallows a longer one."""
    islington, new_southgate = locate("N1"), locate("N11")
    assert islington is not None
    assert new_southgate is not None
    assert miles(islington, new_southgate) > 4


@pytest.mark.parametrize("typed", ["", "hello", "NW11 9ZZ", "ZZ1 1AA", "QX", "ÑW11", "N", "JE2 3AB", "x" * 5000, "١١"])
def test_what_is_no_known_postcode_has_no_place(typed: str) -> None:
    assert locate(typed) is None


def test_miles_follow_the_national_grid() -> None:
    north_finchley = locate("N12 8LG")
    assert north_finchley is not None
    assert miles(GOLDERS_GREEN_LIBRARY, north_finchley) == pytest.approx(2.95, abs=0.05)
    assert grid_miles((0, 0), (1609, 0)) == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("N12 0GA", "N12 0GA"),
        ("n120ga", "N12 0GA"),
        (" n12  0ga ", "N12 0GA"),
        ("N12-0GA", "N12 0GA"),
        ("(N12 0GA).", "N12 0GA"),
        ("W1A 0AX", "W1A 0AX"),
        ("JE2 3AB", "JE2 3AB"),
        ("ZZ9 9ZZ", "ZZ9 9ZZ"),  # the shape is right; whether there is one, the look-up says
        ("N12", None),
        ("NW11 8", None),
        ("N12 0G", None),
        ("12345", None),
        ("N١٢ ٠GA", None),
        ("N12 0GA N12 0GB", None),
        ("N12\x000GA", None),
        ("not a postcode", None),
        ("", None),
    ],
)
def test_a_full_postcode_is_kept_as_people_write_it_or_refused(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(InvalidValue):
            parse_postcode(typed)
    else:
        assert parse_postcode(typed) == kept


def test_the_error_of_a_postcode_names_an_example_of_the_council_if_there_is_one() -> None:
    with pytest.raises(InvalidValue) as plain:
        parse_postcode("N12")
    assert plain.value.reason == Reason("postcode_form")
    with pytest.raises(InvalidValue) as with_example:
        parse_postcode("N12", example="NW11 9QS")
    assert with_example.value.reason == Reason("postcode_form_like", {"example": "NW11 9QS"})


@pytest.mark.parametrize(
    ("postcode", "expected"), [("N12 9HP", True), ("JE2 3AB", True), ("IM1 1AA", True), ("NW11 9ZZ", False)]
)
def test_a_postcode_is_unknown_only_in_an_area_that_the_directory_lists(postcode: str, expected: bool) -> None:
    assert is_known(postcode) is expected
