"""The pages of a PDF alone, in a process of its own: `python -m booking.documents.pdf_pages`, PDF in, PDF out. Pure.

A PDF of a few bytes may unpack to any size. Here it gets little memory and time, and the service goes on whatever happens.
The first line of what is written is "pages N" before the PDF, or why it is refused.
"""

from __future__ import annotations

import resource
import sys
from io import BytesIO

import pikepdf

LARGEST_FILE = 10_000_000  # bytes: a photograph of a telephone has 3 to 6 million
MOST_PAGES = 40
PDF_SECONDS = 8.0  # of a clock; a request has nine
CPU_SECONDS = 4
_MEMORY = 700_000_000  # bytes, with the libraries
_PAGE_KEYS = frozenset({"/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Parent", "/UserUnit"})


def pages_alone(upload: bytes) -> tuple[str, bytes]:
    """The first line and the PDF. Raises: pikepdf.PdfError for what cannot be read."""
    try:
        with pikepdf.open(BytesIO(upload)) as found:
            if found.is_encrypted:
                return "document_has_password", b""
            pages = len(found.pages)
            if not 1 <= pages <= MOST_PAGES:
                return "document_too_many_pages", b""
            content = _copied(found)
            return (f"pages {pages}", content) if len(content) <= LARGEST_FILE else ("file_too_large", b"")
    except pikepdf.PasswordError:
        return "document_has_password", b""


def _copied(found: pikepdf.Pdf) -> bytes:
    if "/AcroForm" in found.Root:  # what is filled in stays to be read, as a part of the page
        found.generate_appearance_streams()
    found.flatten_annotations()
    with pikepdf.new() as kept:
        for page in found.pages:
            kept.pages.append(page)
        for page in kept.pages:
            for key in set(page.obj.keys()) - _PAGE_KEYS:
                del page.obj[key]
        written = BytesIO()
        # Objects stand one by one, so that the size of the file says how much there is to read.
        kept.save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return written.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    line, content = pages_alone(sys.stdin.buffer.read())
    sys.stdout.buffer.write(line.encode() + b"\n" + content)
