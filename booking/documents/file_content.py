"""A picture or a PDF that somebody sends, as it is kept: written anew, so that nothing of the file itself is left. Pure.

A picture is decoded and drawn again. Of a PDF only the pages are taken over, without scripts, forms, links and files within.
What a file is, its content says; neither its name nor what the browser calls it is looked at.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import pikepdf
from PIL import Image, ImageOps

from core.errors import InvalidValue

JPEG, PDF = "image/jpeg", "application/pdf"
SUFFIXES = {JPEG: ".jpg", PDF: ".pdf"}
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST_FILE = 10_000_000  # bytes: a photograph of a telephone has 3 to 6 million
MOST_FILES = 20  # of one visit
MOST_PAGES = 40
MOST_PIXELS = 50_000_000  # of a camera; it takes 150 MB while it is read
LONGEST_EDGE = 2400  # pixels: an A4 page at 200 dots per inch
_PDF_BEGINS = b"%PDF-"
_SEARCHED = 1024  # bytes in which a PDF begins (ISO 32000-1, annex H, note 13)
_PAGE_KEYS = frozenset({"/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Parent", "/UserUnit"})
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


def _clean_picture(upload: bytes) -> bytes:
    """The first picture of the file, the right way up, as a JPEG without metadata. Raises: InvalidValue."""
    too_many = InvalidValue.because("document_too_many_pixels", most=MOST_PIXELS // 1_000_000)
    try:
        with Image.open(BytesIO(upload), formats=FORMATS) as found:
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
    found.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # a JPEG is read in the smaller size at once
    turned = ImageOps.exif_transpose(found)
    turned.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS)
    return turned.convert("RGBA")


def _clean_pdf(upload: bytes) -> CleanFile:
    """A PDF of the pages alone. Raises: InvalidValue."""
    try:
        with pikepdf.open(BytesIO(upload)) as found:
            if found.is_encrypted:
                raise InvalidValue.because("document_has_password")
            pages = len(found.pages)
            if not 1 <= pages <= MOST_PAGES:
                raise InvalidValue.because("document_too_many_pages", most=MOST_PAGES)
            content = _pages_alone(found)
    except pikepdf.PasswordError as error:
        raise InvalidValue.because("document_has_password") from error
    except (pikepdf.PdfError, *_BROKEN) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue.because("document_unreadable") from error
    return CleanFile(PDF, content, pages)


def _pages_alone(found: pikepdf.Pdf) -> bytes:
    with suppress(pikepdf.PdfError):  # what is filled in stays to be read, as a part of the page
        found.flatten_annotations()
    with pikepdf.new() as kept:
        for page in found.pages:
            kept.pages.append(page)
        for page in kept.pages:
            for key in set(page.obj.keys()) - _PAGE_KEYS:
                del page.obj[key]
        written = BytesIO()
        kept.save(written)
    return written.getvalue()
