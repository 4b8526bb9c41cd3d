"""What an agent types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.errors import Invalid
from people.residents.details import Representation
from web.agent.call_request import Typed, check_reason, read_typed, typed_fields
from web.agent.forms import carried_over
from web.agent.typed_helper import representation_of

HODAN = Representation("Hodan Yusuf", "family")


@pytest.mark.parametrize(
    ("typed", "carried"),
    [
        ("amina yusuf", {"name": "Amina Yusuf"}),
        ("McDonald", {"name": "McDonald"}),
        ("07700 900123", {"phone": "07700 900123"}),
        ("Amina 07700900123", {"name": "Amina", "phone": "07700900123"}),
        ("+44 7700 900123", {"phone": "+44 7700 900123"}),
        ("a.b@example.org", {"email": "a.b@example.org"}),
        ("patel n12 0ga", {"name": "Patel", "postcode": "N12 0GA"}),
        ("محمد", {"name": "محمد"}),
        ("", {}),
    ],
)
def test_what_was_typed_into_the_search_fills_the_fields_of_a_new_resident(typed: str, carried: dict[str, str]) -> None:
    assert carried_over(typed, date(2026, 11, 23)) == carried


def test_who_calls_for_themselves_has_no_representative() -> None:
    assert representation_of(Typed(), None) is None


def test_a_known_representative_is_selected_with_one_click() -> None:
    assert representation_of(Typed(caller="rep-7"), HODAN) == HODAN


def test_somebody_new_needs_a_name_and_a_basis() -> None:
    with pytest.raises(Invalid) as refused:
        representation_of(Typed(caller="other", rep_email="nowhere"), None)
    assert set(refused.value.errors) == {"rep_name", "rep_basis", "rep_email"}


@pytest.mark.parametrize(
    ("address", "postcode", "refused_at"),
    [
        ("1 Sample Street", "", "rep_postcode"),
        ("", "N12 9HP", "rep_address"),
        ("1 Sample Street", "nowhere", "rep_postcode"),
    ],
)
def test_the_address_of_somebody_new_is_whole_or_left_out(address: str, postcode: str, refused_at: str) -> None:
    typed = Typed(
        caller="other", rep_name="Hodan Yusuf", rep_basis="family", rep_address=address, rep_postcode=postcode
    )
    with pytest.raises(Invalid) as refused:
        representation_of(typed, None)
    assert set(refused.value.errors) == {refused_at}
    whole = representation_of(replace(typed, rep_address="1 Sample Street\nAnytown", rep_postcode="n129hp"), None)
    assert whole is not None
    assert (whole.address, whole.postcode) == ("1 Sample Street\nAnytown", "N12 9HP")


def test_a_name_alone_says_that_somebody_else_is_calling() -> None:
    typed = read_typed({"rep_name": "  Hodan   Yusuf ", "rep_basis": "family"})
    assert representation_of(typed, None) == HODAN


def test_the_council_must_say_why() -> None:
    check_reason(Typed(asked_by="resident"), is_cancelling=True)
    for is_cancelling in (True, False):
        with pytest.raises(Invalid):
            check_reason(Typed(asked_by="authority"), is_cancelling=is_cancelling)


def test_only_the_fields_that_a_form_has_are_kept_and_nothing_that_no_database_takes() -> None:
    form = {"call_note": " Rang\x00 twice ", "site_notes": "", "q": "amina", "answer-certify-0": "Yes", "name": "Amina"}
    assert typed_fields(form) == {"call_note": "Rang twice", "site_notes": "", "answer-certify-0": "Yes"}
