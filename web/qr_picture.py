"""QR codes for the camera of a telephone, as the lines of a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_L


@dataclass(frozen=True)
class QrPicture:
    """A square of `size` modules, without its margin; of each dark line its column, row and length."""

    size: int
    dark: tuple[tuple[int, int, int], ...]


def qr_picture(text: str) -> QrPicture:
    """The code of `text`. Raises: qrcode.exceptions.DataOverflowError for what no code can hold."""
    code = QRCode(error_correction=ERROR_CORRECT_L, border=0)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    return QrPicture(len(rows), tuple(line for y, row in enumerate(rows) for line in _dark_lines(row, y)))


def _dark_lines(row: list[bool], y: int) -> list[tuple[int, int, int]]:
    lines, x = [], 0
    for is_dark, run in groupby(row):
        length = len(list(run))
        if is_dark:
            lines.append((x, y, length))
        x += length
    return lines
