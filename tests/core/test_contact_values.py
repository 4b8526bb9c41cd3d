"""What an email address and a telephone number may be, case by case."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contact_values import LONGEST_EMAIL, parse_email, parse_phone, takes_texts
from core.errors import InvalidValue

EMAILS = [
    # what is typed, what is kept, or None when it is refused
    ("robin@example.org", "robin@example.org"),
    ("  Robin.Sample+council@EXAMPLE.org ", "Robin.Sample+council@example.org"),
    ("\u202arobin@example.org\u202c", "robin@example.org"),
    ("jose\u0301@example.org", "josé@example.org"),
    ("ann@bücher.example.org", "ann@bücher.example.org"),
    ("ann@xn--bcher-kva.example.org", "ann@bücher.example.org"),  # one domain, written in two ways
    ("محمد@مثال.إختبار", "محمد@مثال.إختبار"),
    ("x" * 65 + "@example.org", "x" * 65 + "@example.org"),  # RFC 5321 allows 64, some servers more
    ("robin@" + "a." * 124 + "uk", None),  # 256 characters
    ("a@b", None),
    ("a b@example.org", None),
    ("a@@b", None),
    ("robin@", None),
    ("@example.org", None),
    ("robin.@example.org", None),
    ("robin@localhost", None),
    ("robin@[127.0.0.1]", None),
    ("Robin <robin@example.org>", None),
    ("robin@example.org\r\nBcc: x@example.org", None),
    ("a\x00b@example.org", None),
    ("N12", None),
    ("", None),
]
PHONES = [
    ("07700 900123", "07700 900123"),
    (" (020)  7946-0000 ", "(020) 7946-0000"),
    ("07700/900123", "07700/900123"),
    ("07700 900123 ext 4", "07700 900123 ext 4"),
    ("116 123", "116 123"),
    ("0800 1111", "0800 1111"),
    ("+44 (0)7700 900123", "+44 (0)7700 900123"),
    ("0044 7700 900123", "0044 7700 900123"),
    ("+48 22 123 45 67", "+48 22 123 45 67"),
    ("+1 212 555 0123", "+1 212 555 0123"),
    ("\u202a+44 7700 900123\u202c", "+44 7700 900123"),
    ("٠٧٧٠٠ ٩٠٠١٢٣", "٠٧٧٠٠ ٩٠٠١٢٣"),  # Arabic figures, kept as they were written
    ("01632 960100", "01632 960100"),
    ("016977 2345", "016977 2345"),  # one of the few shorter ones
    ("020 8359", None),
    ("0116 123", None),  # half of a number in Leicester, not the helpline
    ("020 8359 12", None),
    ("020 8359 123", None),
    ("8359 1234", None),  # without the code of the area
    ("07700 90012", None),
    ("+44 20 8359", None),
    ("+1 212 555", None),
    ("123", None),
    ("07700 900123 or 020 7946 0000", None),
    ("ask my daughter", None),
    ("+999 123456", None),
    ("9" * 20, None),
    ("0770" + " - " * 40 + "0900123", None),
    ("07700\x00900123", None),
    ("", None),
]


@pytest.mark.parametrize(("typed", "kept"), EMAILS)
def test_an_email_address_is_kept_in_its_usual_form_or_refused(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(InvalidValue):
            parse_email(typed)
    else:
        assert parse_email(typed) == kept
        assert parse_email(kept) == kept


@pytest.mark.parametrize(("typed", "kept"), PHONES)
def test_a_telephone_number_is_kept_as_it_was_written_or_refused(typed: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(InvalidValue):
            parse_phone(typed)
    else:
        assert parse_phone(typed) == kept
        assert parse_phone(kept) == kept


@pytest.mark.parametrize(
    ("number", "does"),
    [
        ("07700 900123", True),
        ("+44 7700 900123", True),
        ("٠٧٧٠٠ ٩٠٠١٢٣", True),
        ("07624 300123", True),  # the Isle of Man
        ("07640 300123", False),  # a pager
        ("070 1234 5678", False),  # a personal number
        ("020 7946 0000", False),
        ("01632 960100", False),
        ("116 123", False),
        ("+1 212 555 0123", True),  # its country says nothing of what it is
        ("+49 30 901820", False),
        ("", False),
    ],
)
def test_texts_arrive_at_mobile_telephones(number: str, does: bool) -> None:
    assert takes_texts(number) is does


@given(st.text(max_size=300))
def test_no_text_fails_in_another_way(text: str) -> None:
    for parse in (parse_email, parse_phone):
        with suppress(InvalidValue):
            assert len(parse(text)) <= LONGEST_EMAIL
