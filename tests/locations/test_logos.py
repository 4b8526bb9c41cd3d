"""A logo is drawn anew from whatever picture is uploaded; what is no picture, or too much of one, is refused in words."""

from __future__ import annotations

from base64 import b64decode, b64encode
from io import BytesIO
from random import Random
from typing import Any
from zlib import crc32

import pytest
from PIL import Image, PngImagePlugin

from core.errors import InvalidValue
from locations import logos
from locations.logos import HEIGHT, LARGEST_UPLOAD, MOST_BYTES, WIDTH, is_logo, logo_of, logo_text

SECRET = b"Taken at 51.5 N, 0.1 W"


def picture(kind: str, size: tuple[int, int] = (900, 300), mode: str = "RGB") -> bytes:
    """A picture of noise, the hardest to make small, with something in its metadata."""
    drawn = Image.frombytes("RGB", size, Random(1).randbytes(size[0] * size[1] * 3)).convert(mode)
    written, notes = BytesIO(), PngImagePlugin.PngInfo()
    notes.add_text("Comment", SECRET.decode())
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    more: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": notes},
        "GIF": {"comment": SECRET},
        "JPEG": {"exif": exif},
        "WEBP": {"exif": exif},
    }
    drawn.save(written, kind, **more[kind])
    return written.getvalue()


@pytest.mark.parametrize("kind", logos.FORMATS)
def test_every_kind_of_picture_becomes_a_small_png_without_metadata(kind: str) -> None:
    upload = picture(kind)
    assert SECRET in upload
    text = logo_text(upload)
    logo = logo_of(text)
    assert logo is not None
    assert is_logo(text)
    assert len(logo.content) <= MOST_BYTES
    assert (logo.width <= WIDTH, logo.height <= HEIGHT, SECRET in logo.content) == (True, True, False)
    assert abs(logo.width / logo.height - 3) < 0.1
    assert logo_of("") is None


def test_a_picture_keeps_what_is_transparent_and_stands_upright() -> None:
    clear = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    clear.putpixel((0, 0), (255, 0, 0, 255))
    written = BytesIO()
    clear.save(written, "PNG")
    drawn = Image.open(BytesIO(b64decode(logo_text(written.getvalue()))))
    assert (drawn.getpixel((0, 0)), drawn.getpixel((39, 19))) == ((255, 0, 0, 255), (0, 0, 0, 0))
    turned, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6  # lies on its side
    Image.new("RGB", (40, 20)).save(turned, "JPEG", exif=exif)
    logo = logo_of(logo_text(turned.getvalue()))
    assert logo is not None
    assert (logo.width, logo.height) == (20, 40)


REFUSED = {
    "logo_missing": b"",
    "logo_drawing": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "logo_too_large": b"\x89PNG" + b"0" * LARGEST_UPLOAD,
    "logo_no_picture": b"%PDF-1.7 no picture at all",
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_is_no_picture_is_refused_with_its_reason(code: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        logo_text(REFUSED[code])
    assert refused.value.reason.code == code


def test_a_picture_of_too_many_pixels_is_refused_unread() -> None:
    header = picture("PNG", (10, 10))
    vast = header[:16] + (60_000).to_bytes(4, "big") + (60_000).to_bytes(4, "big") + header[24:]
    with pytest.raises(InvalidValue):
        logo_text(vast)
    written = BytesIO()
    Image.new("1", (6000, 5000)).save(written, "PNG")
    with pytest.raises(InvalidValue) as refused:
        logo_text(written.getvalue())
    assert refused.value.reason.code == "logo_too_many_pixels"


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # what Pillow says of broken metadata
def test_whatever_is_broken_is_refused_and_nothing_else_is_raised() -> None:
    random = Random(7)
    for kind in logos.FORMATS:
        whole = picture(kind, (60, 20))
        for _ in range(60):
            broken = bytearray(whole)
            for _ in range(random.randrange(1, 6)):
                broken[random.randrange(len(broken))] = random.randrange(256)
            cut = bytes(broken[: random.randrange(len(broken))])
            for content in (bytes(broken), cut):
                try:
                    assert is_logo(logo_text(content))
                except InvalidValue:
                    continue


def with_odd_exif(kind: str) -> bytes:
    """A picture on its side with a value of every type in its EXIF, among them a ratio and places on earth."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x011A], exif[0x0102] = 6, "Town hall", 72.5, (8, 8, 8)
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.5), 5: b"\x00"})
    exif.get_ifd(0x8769).update({0x9000: b"0230", 0x829A: 0.01})
    written = BytesIO()
    Image.new("RGB", (16, 8), (200, 20, 20)).save(written, kind, exif=exif)
    return written.getvalue()


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # what Pillow says of broken metadata
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_broken_metadata_of_a_picture_is_refused_in_words_or_does_no_harm(kind: str) -> None:
    random, whole = Random(11), with_odd_exif(kind)
    begins = max(whole.find(mark) for mark in (b"II*\x00", b"MM\x00*"))
    ends = whole.find(b"0230", begins) + 60
    seen = set()
    for _ in range(300):
        broken = bytearray(whole)
        for _ in range(random.randrange(1, 4)):
            broken[random.randrange(begins, min(ends, len(broken)))] = random.choice(
                (0, 1, 2, 5, 7, 12, 255, random.randrange(256))
            )
        if kind == "PNG":
            _sign_chunks(broken)
        try:
            assert is_logo(logo_text(bytes(broken)))
            seen.add("accepted")
        except InvalidValue as error:
            seen.add(error.reason.code)
    assert seen == {"accepted", "logo_no_picture"}


def _sign_chunks(png: bytearray) -> None:
    """Let the check sums be right, so that what is broken is read."""
    at = 8
    while at < len(png):
        ends = at + 8 + int.from_bytes(png[at : at + 4], "big")
        png[ends : ends + 4] = crc32(png[at + 4 : ends]).to_bytes(4, "big")
        at = ends + 4


def test_a_file_takes_a_logo_only_as_an_export_has_it() -> None:
    png = b64decode(logo_text(picture("PNG", (60, 20))))
    with_notes = picture("PNG", (60, 20))
    for content in (
        with_notes,
        png + b"<script>",
        png[:-1],
        picture("JPEG"),
        picture("PNG", (900, 300)),
        b"",
        b"\x89PNG\r\n",
    ):
        assert not is_logo(b64encode(content).decode())
    assert not is_logo("no base64")
    assert not is_logo(b64encode(png).decode() + "\n")
    assert is_logo(b64encode(png).decode())
