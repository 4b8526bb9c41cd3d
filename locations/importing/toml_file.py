"""The bytes of a file as TOML tables, or the reason why not."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from core.errors import Refused

MOST_BYTES = 1_000_000  # the whole of a large county is about 200 kB
MOST_SHOWN = 50


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to put right in the file, and how."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


@dataclass
class BadFile(Refused):
    """The file cannot be imported. `mistakes` are all of them, by line. Nothing was changed."""

    mistakes: tuple[Mistake, ...]
    code = "bad_file"

    def __str__(self) -> str:
        shown = [str(mistake) for mistake in self.mistakes[:MOST_SHOWN]]
        if len(self.mistakes) > MOST_SHOWN:
            shown.append(f"and {len(self.mistakes) - MOST_SHOWN} more")
        return "\n".join(shown)


def read_tables(content: bytes) -> tuple[str, dict[str, Any]]:
    """The file's text and its tables. Raises: BadFile, naming the line."""
    text = _text(content)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadFile((_syntax_mistake(text, str(error)),)) from error
    except (RecursionError, ValueError) as error:
        raise BadFile((Mistake(1, "This is nested too deeply or holds a number too long to read."),)) from error


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        size = f"{len(content) / 1e6:.1f} MB"
        raise BadFile((Mistake(1, f"The file has {size}; the most is 1 MB. Is it the right file?"),))
    try:
        text = content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile((Mistake(line, "This is not UTF-8 text. Save the file with the encoding UTF-8."),)) from error
    if not text.strip():
        raise BadFile(
            (Mistake(1, "The file is empty. Begin with [authority]; docs/locations-file.md has an example."),)
        )
    return text.replace("\r\n", "\n")


def _syntax_mistake(text: str, reason: str) -> Mistake:
    found = re.search(r"\(at line (\d+), column (\d+)\)", reason)
    line = int(found[1]) if found else text.count("\n") + 1
    what = re.sub(r"\s*\(at .*\)", "", reason)
    return Mistake(line, f"This is not valid TOML: {what}.")
