"""The QR code of a key: what is drawn is what the library worked out, with a finder in three of its corners."""

from __future__ import annotations

import pytest
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_L

from web.qr_picture import qr_picture


@pytest.mark.parametrize(
    "text", ["x", "otpauth://totp/Testshire%20Council:ann@example.org?secret=" + "A2" * 16, "é" * 400]
)
def test_every_dark_module_is_drawn_once(text: str) -> None:
    code = QRCode(error_correction=ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    dark = [(x, y) for y, row in enumerate(code.get_matrix()) for x, is_dark in enumerate(row) if is_dark]
    picture = qr_picture(text)
    drawn = [(at, y) for x, y, length in picture.dark for at in range(x, x + length)]
    assert drawn == dark
    for left, top in ((0, 0), (picture.size - 7, 0), (0, picture.size - 7)):
        ring = {(x, y) for x in range(7) for y in range(7) if 0 in (x, y) or 6 in (x, y)}
        middle = {(x, y) for x in range(2, 5) for y in range(2, 5)}
        corner = {(x - left, y - top) for x, y in drawn if left <= x < left + 7 and top <= y < top + 7}
        assert corner == ring | middle
