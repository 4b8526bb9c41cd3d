"""A certified copy: a PDF whose first page says what was certified, with a QR code to check it, and then the copy. Pure.

The words are those of the caller. A letter that the font lacks is written in Latin letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import font_roboto
import pikepdf
from anyascii import anyascii
from fontTools.ttLib import TTFont
from fpdf import FPDF
from PIL import Image
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from booking.documents.file_content import JPEG, CleanFile

_MARGIN, _LINE, _CODE_SIZE = 20, 7, 60  # mm
_FAMILY = "Roboto"


@dataclass(frozen=True)
class StampText:
    """What the stamp page says: `lines` are pairs of what and whose, `check` explains how the copy is checked."""

    council: str
    title: str
    statement: str
    lines: tuple[tuple[str, str], ...]
    check: str
    language: str = "en"


def certified_pdf(file: CleanFile, text: StampText, link: str) -> bytes:
    """The PDF with its stamp page, whose QR code leads to `link`."""
    with pikepdf.new() as whole:
        for part in (_stamp_page(text, link), _as_pdf(file)):
            with pikepdf.open(BytesIO(part)) as pages:
                whole.pages.extend(pages.pages)
        whole.Root.Lang = pikepdf.String(text.language)
        whole.docinfo["/Title"], whole.docinfo["/Subject"] = text.title, link
        written = BytesIO()
        whole.save(written)
    return written.getvalue()


def _as_pdf(file: CleanFile) -> bytes:
    if file.media_type != JPEG:
        return file.content
    page = _new_pdf()
    with Image.open(BytesIO(file.content)) as picture:
        is_wide = picture.width > picture.height
    page.add_page(orientation="landscape" if is_wide else "portrait")
    page.image(
        BytesIO(file.content), _MARGIN / 2, _MARGIN / 2, page.w - _MARGIN, page.h - _MARGIN, keep_aspect_ratio=True
    )
    return bytes(page.output())


def _new_pdf() -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_margin(_MARGIN)
    return pdf


def _stamp_page(text: StampText, link: str) -> bytes:
    pdf = _new_pdf()
    pdf.add_font(_FAMILY, "", font_roboto.Roboto)
    pdf.add_font(_FAMILY, "B", font_roboto.RobotoBold)
    pdf.add_page()
    _write(pdf, text.council, 12)
    _write(pdf, text.title, 22, "B")
    pdf.ln(2)
    _write(pdf, text.statement, 12)
    pdf.ln(4)
    for label, value in text.lines:
        _write(pdf, label, 10, "B")
        _write(pdf, value, 12)
        pdf.ln(1)
    pdf.ln(4)
    _write(pdf, text.check, 11)
    _write(pdf, link, 10)
    pdf.ln(3)
    _draw_code(pdf, link)
    return bytes(pdf.output())


def _write(pdf: FPDF, text: str, points: int, weight: str = "") -> None:
    pdf.set_font(_FAMILY, weight, points)
    pdf.multi_cell(0, max(_LINE, points * 0.45), readable(text), new_x="LMARGIN", new_y="NEXT", align="L")


def _draw_code(pdf: FPDF, link: str) -> None:
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(link)
    code.make(fit=True)
    rows = code.get_matrix()
    if pdf.will_page_break(_CODE_SIZE):
        pdf.add_page()
    size, left, top = _CODE_SIZE / len(rows), pdf.get_x(), pdf.get_y()
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                pdf.rect(left + x * size, top + y * size, size, size, style="F")


@lru_cache(maxsize=1)
def _known_letters() -> frozenset[int]:
    with TTFont(font_roboto.Roboto) as font:
        return frozenset(font.getBestCmap())


def readable(text: str) -> str:
    """The text in letters that the font has; of others, what they are in Latin letters."""
    known = _known_letters()
    return "".join(letter if ord(letter) in known else anyascii(letter) for letter in text)
