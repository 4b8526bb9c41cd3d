"""What is kept of a file that somebody sends, and what is refused."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from booking.documents.file_content import LONGEST_EDGE, clean_file
from booking.documents.file_store import FileStore
from booking.documents.pdf_pages import LARGEST_FILE, MOST_PAGES
from booking.documents.stamped_pdf import StampText, certified_pdf
from core.errors import InvalidValue, NotFound, Unavailable

STAMP = StampText(
    "Testshire", "Certified copy", "A true copy.", (("Original", "Pasbort Ŵyn"), ("For", "محمد")), "Check it."
)


def picture(file_format: str = "JPEG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    """A picture of one colour."""
    written = BytesIO()
    Image.new("RGB", size, "red").save(written, file_format, **options)
    return written.getvalue()


def pdf(pages: int = 1, encryption: pikepdf.Encryption | None = None) -> bytes:
    """A PDF that runs a script when it is opened, and has a file and a link within."""
    written = BytesIO()
    with pikepdf.new() as made:
        for _number in range(pages):
            page = made.add_blank_page()
            page.obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)"))
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(2)")
        made.attachments["virus.exe"] = b"MZ"
        made.save(written, encryption=encryption)
    return written.getvalue()


def test_a_picture_is_drawn_anew_without_what_the_camera_wrote_and_no_larger_than_it_has_to_be() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "at home"  # turned, and a description
    kept = clean_file(picture(size=(LONGEST_EDGE * 2, 1000), exif=exif) + b"<script>")
    with Image.open(BytesIO(kept.content)) as found:
        assert (found.format, found.size, dict(found.getexif())) == ("JPEG", (500, LONGEST_EDGE), {})
    assert b"script" not in kept.content


def test_thin_lines_of_a_black_and_white_scan_are_still_there() -> None:
    scan = Image.new("1", (3500, 200), 1)
    for x in range(10, 3500, 35):
        scan.paste(0, (x, 0, x + 1, 200))
    written = BytesIO()
    scan.save(written, "PNG")
    with Image.open(BytesIO(clean_file(written.getvalue()).content)) as found:
        row = found.convert("L").crop((0, 60, found.width, 61)).tobytes()
    dark = [x for x, shade in enumerate(row) if shade < 225]
    assert 1 + sum(after - before > 1 for before, after in pairwise(dark)) == 100


def test_of_a_pdf_only_the_pages_are_kept() -> None:
    sent = pdf(2)
    kept = clean_file(sent)
    assert (kept.media_type, kept.pages) == ("application/pdf", 2)
    assert b"JavaScript" in sent
    for word in (b"JavaScript", b"OpenAction", b"virus.exe", b"EmbeddedFiles"):
        assert word not in kept.content


def test_a_pdf_that_unpacks_to_more_than_may_be_kept_is_refused() -> None:
    written = BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.pages[0].obj.Resources = pikepdf.Dictionary(
            Padding=made.make_indirect(pikepdf.String("A" * LARGEST_FILE * 2))
        )
        made.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert len(written.getvalue()) < LARGEST_FILE / 10
    with pytest.raises(InvalidValue):
        clean_file(written.getvalue())


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "document_missing"),
        (b"hello", "document_unreadable"),
        (b"\x89PNG\r\n\x1a\n broken", "document_unreadable"),
        (b"%PDF-1.7 broken", "document_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "document_unreadable"),
        (picture("BMP"), "document_unreadable"),
        (b"x" * (LARGEST_FILE + 1), "file_too_large"),
        (pdf(MOST_PAGES + 1), "document_too_many_pages"),
        (pdf(encryption=pikepdf.Encryption(owner="o", user="u")), "document_has_password"),
        (pdf(encryption=pikepdf.Encryption(owner="o", user="")), "document_has_password"),
        (picture("PNG", (10_000, 6_000)), "document_too_many_pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_kept_is_refused_by_its_content(sent: bytes, why: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        clean_file(sent)
    assert refused.value.reason.code == why


@pytest.mark.parametrize("sent", [picture(), pdf(3)], ids=["picture", "pdf"])
def test_a_certified_copy_is_a_pdf_with_a_page_before_the_copy(sent: bytes) -> None:
    kept = clean_file(sent)
    copy = clean_file(certified_pdf(kept, STAMP, "http://127.0.0.1/testshire/certified/ABCDE"))
    assert copy.pages == kept.pages + 1


def test_files_are_encrypted_bound_to_their_name_and_opened_by_older_keys(tmp_path: Path) -> None:
    store = FileStore(tmp_path, (b"1" * 32,))
    first, second = store.write(b"a passport"), store.write(b"a rent book")
    on_disk = {path.name: path for path in tmp_path.rglob("*") if path.is_file()}
    assert set(on_disk) == {first, second}
    assert b"passport" not in on_disk[first].read_bytes()
    assert FileStore(tmp_path, (b"2" * 32, b"1" * 32)).read(first) == b"a passport"
    with pytest.raises(Unavailable):
        FileStore(tmp_path, (b"2" * 32,)).read(first)
    on_disk[first].write_bytes(on_disk[second].read_bytes())
    with pytest.raises(Unavailable):
        store.read(first)
    store.delete(first)
    with pytest.raises(NotFound):
        store.read(first)
