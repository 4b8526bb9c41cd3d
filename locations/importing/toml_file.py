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
class FileError:
    """One thing to put right in the file, and how."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


@dataclass
class InvalidFile(Refused):
    """The file cannot be imported. `errors` are all that was found, by line. Nothing was changed."""

    errors: tuple[FileError, ...]
    code = "invalid_file"

    def __str__(self) -> str:
        shown = [str(error) for error in self.errors[:MOST_SHOWN]]
        if len(self.errors) > MOST_SHOWN:
            shown.append(f"and {len(self.errors) - MOST_SHOWN} more")
        return "\n".join(shown)


def read_tables(content: bytes) -> tuple[str, dict[str, Any]]:
    """The file's text and its tables. Raises: InvalidFile, naming the line."""
    text = _text(content)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile((_syntax_error(text, str(error)),)) from error
    except (RecursionError, ValueError) as error:
        raise InvalidFile((FileError(1, "This is nested too deeply or holds a number too long to read."),)) from error


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        size = f"{len(content) / 1e6:.1f} MB"
        raise InvalidFile((FileError(1, f"The file has {size}; the most is 1 MB. Is it the right file?"),))
    try:
        text = content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidFile(
            (FileError(line, "This is not UTF-8 text. Save the file with the encoding UTF-8."),)
        ) from error
    if not text.strip():
        raise InvalidFile(
            (FileError(1, "The file is empty. Begin with [authority]; docs/locations-file.md has an example."),)
        )
    return text.replace("\r\n", "\n")


def _syntax_error(text: str, reason: str) -> FileError:
    found = re.search(r"\(at line (\d+), column (\d+)\)", reason)
    line = int(found[1]) if found else text.count("\n") + 1
    what = re.sub(r"\s*\(at .*\)", "", reason)
    return FileError(line, f"This is not valid TOML: {what}.")
