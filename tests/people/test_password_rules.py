"""Which passwords staff may have."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from people.staff.password_rules import check_password

FACTS = ("probe@example.org", "Jo Quillfeather")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password!2026",
        "P@ssw0rd2026!",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcabcabcabc",
        "qwertyuiop12",
        "asdfghjkl;'#",
        "123456789012",
        "19540617195406",
        "liverpool2026",
        "Summer2026!!!",
        "councilcouncil",
        "welcome to london",
        "letmeinletmein",
        "probe@example.org",
        "quillfeather1",
        "QuillfeatherJo2026",
        "            ",
    ],
)
def test_what_is_guessed_first_is_refused(password: str):
    with pytest.raises(Invalid) as refused:
        check_password(password, facts=FACTS)
    assert [reason.code for reason in refused.value.errors["password"]] == ["password_too_easy"]


@pytest.mark.parametrize("password", ["", "short", "elevenchars"])
def test_a_short_one_is_refused_by_its_length(password: str):
    with pytest.raises(Invalid) as refused:
        check_password(password, facts=FACTS)
    assert [reason.code for reason in refused.value.errors["password"]] == ["password_too_short"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "three random words",
        "maple-rocket-harbour",
        "tea on the green hill",
        "kT9#vLq2xWzP",
        "żółty parasol deszcz",
        "سبعة قوارب زرقاء",
        "小さな青い船が三隻あります",
        "a password for demo people",
    ],
)
def test_three_random_words_and_random_characters_are_taken(password: str):
    check_password(password, facts=FACTS)
