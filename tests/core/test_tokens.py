"""References for reading aloud and tokens that open something."""

from __future__ import annotations

import pytest

from core.tokens import (
    ALPHABET,
    check_character,
    digest,
    find_reference,
    manage_token,
    new_reference,
    parse_reference,
    spoken_reference,
)


def test_a_reference_has_eight_characters_without_look_alikes() -> None:
    reference = new_reference()
    assert len(reference) == 8
    assert not set(reference) & set("01ILOU")


def test_a_reference_is_read_however_it_is_typed() -> None:
    reference = "7K4PMQ2" + check_character("7K4PMQ2")
    spoken = spoken_reference(reference)
    assert parse_reference(f" {spoken.lower()} ") == reference
    assert parse_reference(f"{reference[:4]}-{reference[4:]}") == reference


def test_every_single_wrong_character_is_noticed() -> None:
    reference = "7K4PMQ2" + check_character("7K4PMQ2")
    for place, right in enumerate(reference):
        for wrong in set(ALPHABET) - {right}:
            assert parse_reference(reference[:place] + wrong + reference[place + 1 :]) is None


def test_what_is_no_reference_is_none() -> None:
    assert parse_reference("") is None
    assert parse_reference("7K4P") is None
    assert parse_reference("7K4PMQ2é") is None


def test_a_manage_token_depends_on_the_secret_and_the_nonce_only() -> None:
    token = manage_token("secret", "nonce")
    assert token == manage_token("secret", "nonce")
    assert token not in {manage_token("other", "nonce"), manage_token("secret", "other")}
    assert len(bytes.fromhex(token)) == 32
    assert digest(token) != token


@pytest.mark.parametrize("text", ["{}", "Reference: {}", "my ref is {}!", "  {}\n", "({})", "Ref.{}", "{} for Tuesday"])
def test_a_reference_is_found_in_what_people_paste(text: str):
    reference = new_reference()
    for written in (reference, spoken_reference(reference), reference.lower()):
        assert find_reference(text.format(written)) == reference


@pytest.mark.parametrize("text", ["", "12", "Reference:", "Tuesday 24 November at 10:30am", "????????"])
def test_where_there_is_no_reference_none_is_found(text: str):
    assert find_reference(text) is None
