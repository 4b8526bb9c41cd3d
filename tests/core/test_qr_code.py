"""QR codes, held against those that another encoder draws and another reader reads."""

from __future__ import annotations

import hashlib

import pytest

from core.qr_code import dark_runs, qr_rows


# segno 1.6.6 draws the same for those that are full (17, 230, 586 and 858 bytes); zxing-cpp 3.1.1 reads all of them.
@pytest.mark.parametrize(
    ("length", "size", "digest"),
    [
        (1, 21, "f195dbbdf146dae0"),
        (17, 21, "780c2f8f1fbea2f8"),
        (60, 33, "70c26cf2f34e3c81"),
        (230, 53, "988ac6588e5b5683"),
        (231, 57, "a9dfc811b5cf9eb8"),
        (586, 81, "33cf90f36ecb4610"),
        (858, 97, "bd579f9f51a54978"),
    ],
)
def test_a_code_is_drawn_as_others_draw_and_read_it(length: int, size: int, digest: str) -> None:
    rows = qr_rows("".join(chr(65 + (at * at * 7 + at) % 26) for at in range(length)))
    assert rows is not None
    assert {len(rows), *map(len, rows)} == {size}
    assert hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] == digest
    drawn = {(at, y) for x, y, run in dark_runs(rows) for at in range(x, x + run)}
    assert drawn == {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module == "1"}


def test_what_is_too_long_has_no_code() -> None:
    assert qr_rows("x" * 858) is not None
    assert qr_rows("x" * 859) is None
    assert qr_rows("é" * 430) is None
