"""Codes of an app, held against the examples of the standard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from people.staff.one_time_codes import (
    SECONDS,
    app_link,
    clean_code,
    code_of,
    interval_at,
    key_text,
    matching_interval,
)

KEY = b"12345678901234567890"  # of RFC 6238, appendix B, for SHA-1


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """Its examples have eight figures; six are the last ones of them."""
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(KEY, interval_at(at)) == code
    assert matching_interval(KEY, code, at, after=0) == interval_at(at)


def test_a_code_works_one_interval_early_or_late_and_never_twice() -> None:
    at = datetime.fromtimestamp(1234567890, UTC)
    code, interval = code_of(KEY, interval_at(at)), interval_at(at)
    found = [matching_interval(KEY, code, at + timedelta(seconds=SECONDS * shift), after=0) for shift in range(-2, 3)]
    assert found == [None, interval, interval, interval, None]
    assert matching_interval(KEY, code, at, after=interval) is None
    assert matching_interval(KEY, code_of(KEY, interval + 1), at, after=interval) == interval + 1


def test_a_key_is_read_in_groups_and_by_a_link() -> None:
    assert key_text(KEY) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    link = urlsplit(app_link(KEY, "Testshire & Co", "ann@example.org"))
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/Testshire%20%26%20Co%3Aann%40example.org")
    assert parse_qs(link.query) == {"secret": [key_text(KEY).replace(" ", "")], "issuer": ["Testshire & Co"]}
    assert clean_code(" 12 34-56 ") == "123456"
