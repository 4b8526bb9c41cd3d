"""A picture or a PDF that somebody sends, as it is kept: written anew, so that nothing of the file itself is left. Pure.

A picture is decoded and drawn again. Of a PDF only the pages are taken over, without scripts, forms, links and files within.
What a file is, its content says; neither its name nor what the browser calls it is looked at.
"""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from booking.documents.pdf_pages import LARGEST_FILE, MOST_PAGES, PDF_SECONDS
from core.errors import InvalidValue
from core.settings import ROOT

JPEG, PDF = "image/jpeg", "application/pdf"
SUFFIXES = {JPEG: ".jpg", PDF: ".pdf"}
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_FILES = 20  # of one visit
MOST_PIXELS = 50_000_000  # of a camera; it takes 150 MB while it is read
LONGEST_EDGE = 2400  # pixels: an A4 page at 200 dots per inch
_PDF_BEGINS = b"%PDF-"
_SEARCHED = 1024  # bytes in which a PDF begins (ISO 32000-1, annex H, note 13)
_PAGES_ALONE = "booking.documents.pdf_pages"
_WITHOUT_SHADES = {"1": "L", "P": "RGBA"}
_TURNS = Lock()  # one picture at a time: a large one takes memory while it is read
_TURN_SECONDS = 3.0
# What Pillow raises on files that are broken, or made to break it.
_BROKEN = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
    *(SyntaxError, RuntimeError, AssertionError, MemoryError, struct.error),
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class CleanFile:
    """A file that can be kept and shown: a JPEG picture, or a PDF of so many pages."""

    media_type: str
    content: bytes
    pages: int = 1


def clean_file(upload: bytes) -> CleanFile:
    """What is kept of an uploaded file. Raises: InvalidValue."""
    if not upload:
        raise InvalidValue.because("document_missing")
    if len(upload) > LARGEST_FILE:
        raise InvalidValue.because("file_too_large", most=LARGEST_FILE // 1_000_000)
    if _PDF_BEGINS in upload[:_SEARCHED]:
        return _clean_pdf(upload)
    return CleanFile(JPEG, _clean_picture(upload))


@contextmanager
def _turn() -> Iterator[None]:
    """Raises: InvalidValue when others take too long."""
    if not _TURNS.acquire(timeout=_TURN_SECONDS):
        raise InvalidValue.because("document_busy")
    try:
        yield
    finally:
        _TURNS.release()


def _clean_picture(upload: bytes) -> bytes:
    """The first picture of the file, the right way up, as a JPEG without metadata. Raises: InvalidValue."""
    too_many = InvalidValue.because("document_too_many_pixels", most=MOST_PIXELS // 1_000_000)
    try:
        with _turn(), Image.open(BytesIO(upload), formats=FORMATS) as found:
            is_vast = found.width * found.height > MOST_PIXELS
            upright = Image.new("RGBA", (1, 1)) if is_vast else _upright(found)
    except _BOMBS as error:
        raise too_many from error
    except _BROKEN as error:
        raise InvalidValue.because("document_unreadable") from error
    if is_vast:
        raise too_many
    drawn = Image.new("RGB", upright.size, "white")
    drawn.paste(upright, mask=upright.getchannel("A"))
    written = BytesIO()
    drawn.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()


def _upright(found: Image.Image) -> Image.Image:
    """The picture the right way up, no larger than it is kept."""
    # Without shades, thin lines of a scan would be left out as it is made smaller.
    shaded = found.convert(_WITHOUT_SHADES[found.mode]) if found.mode in _WITHOUT_SHADES else found
    shaded.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    return ImageOps.exif_transpose(shaded).convert("RGBA")


def _clean_pdf(upload: bytes) -> CleanFile:
    """A PDF of the pages alone, made in a process of its own with little memory and time. Raises: InvalidValue."""
    try:
        with _turn():
            done = subprocess.run(  # noqa: S603 - our own module; what was sent is its input alone
                [sys.executable, "-m", _PAGES_ALONE],
                input=upload,
                capture_output=True,
                timeout=PDF_SECONDS,
                cwd=ROOT,
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise InvalidValue.because("document_slow") from error
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise InvalidValue.because("document_unreadable")
    what, _, count = head.decode().partition(" ")
    if what == "document_has_password":
        raise InvalidValue.because("document_has_password")
    if what == "document_too_many_pages":
        raise InvalidValue.because("document_too_many_pages", most=MOST_PAGES)
    if what == "file_too_large":
        raise InvalidValue.because("file_too_large", most=LARGEST_FILE // 1_000_000)
    if what != "pages":
        raise InvalidValue.because("document_unreadable")
    return CleanFile(PDF, content, int(count))
