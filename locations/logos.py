"""A council's logo: a small PNG that holds nothing but its picture, as the base64 text that the set-up keeps. Pure.

Whatever is uploaded is decoded and drawn anew, so that nothing of the file itself is served: no metadata, no second picture
behind the first, no file that is a picture and something else as well.
"""

from __future__ import annotations

import binascii
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps

from core.errors import InvalidValue

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
LARGEST_UPLOAD = 1_000_000  # bytes
MOST_PIXELS = 25_000_000  # of an upload: a picture of a camera; it takes 100 MB while it is read
WIDTH, HEIGHT = 480, 160  # at most, twice what pages show
MOST_BYTES = 40_000  # of the PNG
COLOURS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})  # what a picture consists of
_DIGEST_LENGTH = 16
# What Pillow raises on files that are broken, or made to break it.
_BROKEN = (
    *(OSError, EOFError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
    *(SyntaxError, RuntimeError, AssertionError, MemoryError, struct.error),
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Logo:
    """A logo as pages show it; `digest` is another for another picture."""

    content: bytes
    digest: str
    width: int
    height: int


def logo_text(upload: bytes) -> str:
    """The text of the logo that is made of an uploaded picture. Raises: InvalidValue."""
    if not upload:
        raise InvalidValue.because("logo_missing")
    if len(upload) > LARGEST_UPLOAD:
        raise InvalidValue.because("logo_too_large", most=LARGEST_UPLOAD // 1_000_000)
    if b"<svg" in upload[:4096].lower():
        raise InvalidValue.because("logo_drawing")
    return b64encode(_encoded(_picture(upload))).decode("ascii")


@lru_cache(maxsize=64)
def logo_of(text: str) -> Logo | None:
    """The logo that the set-up keeps as `text`, None for nothing."""
    if not text:
        return None
    content = b64decode(text)
    width, height = struct.unpack(">II", content[16:24])
    return Logo(content, sha256(content).hexdigest()[:_DIGEST_LENGTH], width, height)


def is_logo(text: str) -> bool:
    """Whether this is the text of a logo as `logo_text` makes it."""
    try:
        content = b64decode(text, validate=True)
        if len(content) > MOST_BYTES or b64encode(content).decode("ascii") != text or not _is_plain_png(content):
            return False
        with Image.open(BytesIO(content), formats=("PNG",)) as picture:
            picture.load()
            return picture.width <= WIDTH and picture.height <= HEIGHT
    except (*_BROKEN, *_BOMBS, binascii.Error):
        return False


def _picture(upload: bytes) -> Image.Image:
    """The first picture of the file, the right way up, no larger than a logo. Raises: InvalidValue."""
    too_many = InvalidValue.because("logo_too_many_pixels", most=MOST_PIXELS // 1_000_000)
    try:
        with Image.open(BytesIO(upload), formats=FORMATS) as found:
            is_vast = found.width * found.height > MOST_PIXELS
            upright = Image.new("RGBA", (1, 1)) if is_vast else ImageOps.exif_transpose(found).convert("RGBA")
    except _BOMBS as error:
        raise too_many from error
    except _BROKEN as error:
        raise InvalidValue.because("logo_no_picture") from error
    if is_vast:
        raise too_many
    upright.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    drawn = Image.new("RGBA", upright.size)
    drawn.paste(upright)
    return drawn


def _encoded(picture: Image.Image) -> bytes:
    """The picture as a PNG of at most MOST_BYTES: with fewer colours, and then smaller, where it must be."""
    content = _png(picture)
    while len(content) > MOST_BYTES:
        content = _png(picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE))
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
    return content


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def _is_plain_png(content: bytes) -> bool:
    """Whether the bytes are one PNG with the chunks of its picture alone, and nothing behind it."""
    if not content.startswith(_SIGNATURE):
        return False
    at, kind = len(_SIGNATURE), b""
    while at < len(content) and kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind not in _CHUNKS:
            return False
        at += 12 + length
    return bool(kind == b"IEND" and at == len(content))
