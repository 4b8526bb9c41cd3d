"""Header lines in full, so that nothing that a person typed is read as header syntax.

The standard library reads a value before it stores it: it decodes encoded words inside it, and folds long names without
their quotes. A `FormattedHeader` is stored and sent as it stands. Pure. Source: RFC 5322 3.2 and 3.4, RFC 2047 2 and 5.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from core.text import one_line

LINE_LENGTH = 76  # RFC 2047 2, for a line with encoded words; RFC 5322 2.1.1 recommends 78
WORD_BYTES = 39  # 52 characters in base64, and 12 around them: "Reply-To: " and one word stay below LINE_LENGTH
ENCODED = "=?"

_PLAIN = re.compile(r"[A-Za-z0-9 ]*")
_TEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_ADDRESS = re.compile(rf"{_TEXT}(\.{_TEXT})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class FormattedHeader(str):
    """The value of a header, folded and encoded already. Assign it to the header `name` of an `EmailMessage`."""

    name: str

    def __new__(cls, name: str, value: str) -> FormattedHeader:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Any) -> str:
        """The whole header line, as `policy` ends lines."""
        return f"{self.name}: {self}".replace("\n", policy.linesep) + str(policy.linesep)


def mailbox(header: str, name: str, address: str) -> FormattedHeader:
    """The header `header` with one mailbox: `name`, cleaned by the caller, and `address`, checked by the caller."""
    if not name:
        return FormattedHeader(header, address)
    words = _phrase(name)
    is_short = len(header) + len(words) + len(address) + 5 <= LINE_LENGTH and "\n" not in words
    return FormattedHeader(header, f"{words}{' ' if is_short else chr(10) + ' '}<{address}>")


def unstructured(header: str, text: str) -> FormattedHeader:
    """The header `header` with `text`, cleaned by the caller: as it is when it is short and ASCII, else encoded."""
    fits = len(header) + 2 + len(text) <= LINE_LENGTH
    is_plain = text.isascii() and ENCODED not in text and fits
    return FormattedHeader(header, text if is_plain else _encoded(text))


def is_address(address: str) -> bool:
    """Whether `address` has the form local@domain, in any letters before the @ and in ASCII after it.

    Quoted local parts are refused, as the forms refuse them, and so is what a mail program would decode.
    """
    if ENCODED in address or one_line(address) != address or any(character.isspace() for character in address):
        return False
    return _ADDRESS.fullmatch(address) is not None


def _phrase(name: str) -> str:
    """`name` as it is, quoted, or encoded: never more than a line without a place to fold."""
    if _PLAIN.fullmatch(name) and len(name) <= LINE_LENGTH - len("Reply-To: "):
        return name
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if name.isascii() and ENCODED not in name and len(quoted) <= LINE_LENGTH - len("Reply-To: "):
        return quoted
    return _encoded(name)


def _encoded(text: str) -> str:
    """`text` as encoded words, one on each line. A word ends before a space where there is one.

    Readers drop the white space between two encoded words. Some keep it in names (CPython before 3.13); where a word
    begins with the space of the text they show two spaces and not a gap within a word.
    """
    words = []
    while text:
        cut = _fitting(text)
        if cut < len(text):
            space = text.rfind(" ", 1, cut + 1)
            cut = space if space > 0 else cut
        words.append(f"=?utf-8?b?{b64encode(text[:cut].encode()).decode()}?=")
        text = text[cut:]
    return "\n ".join(words)


def _fitting(text: str) -> int:
    """How many characters of `text` one encoded word holds: a character is never divided between two."""
    size = 0
    for position, character in enumerate(text):
        size += len(character.encode())
        if size > WORD_BYTES:
            return position
    return len(text)
