"""The lines of a TOML file on which its values begin: tomllib gives values and no lines, and an error must name its line.

Only for text that tomllib has read: a small scanner walks over headers, keys and values, and trusts the syntax.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Where a value lies: ("sites", 0, "sessions", 2, "starts")."""

_TOKEN = re.compile(
    r'''(?P<comment>\#[^\n]*)|(?P<long>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5})'''
    r"""|(?P<quoted>"(?:\\.|[^"\\\n])*"|'[^'\n]*')|(?P<newline>\n)|(?P<sign>[\[\]{}=,.])|(?P<bare>[^\s\[\]{}=,.#"']+)""",
    re.DOTALL,
)


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line on which `path` begins, or else the nearest table that contains it; 1 when none is in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def find_lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table, key and list item in TOML `text`."""
    return _Scanner(text).scan()


class _Scanner:
    """One walk over the text. `table` is the path of the header above; `counts` numbers the tables of each list."""

    def __init__(self, text: str) -> None:
        self.tokens = [(match.lastgroup or "", match[0], match.start()) for match in _TOKEN.finditer(text)]
        self.starts = _line_starts(text)
        self.position = 0
        self.table: Path = ()
        self.counts: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}

    def scan(self) -> Mapping[Path, int]:
        while self.position < len(self.tokens):
            kind, text, _ = self.tokens[self.position]
            if kind in ("comment", "newline"):
                self.position += 1
            elif text == "[":
                self._header()
            else:
                self._assignment(self.table)
        return self.lines

    def _header(self) -> None:
        line = self._line()
        is_list = self.tokens[self.position + 1][1] == "["
        self.position += 2 if is_list else 1
        names = self._names("]")
        self.position += 2 if is_list else 1
        path: Path = ()
        for name in names[:-1]:
            path = self._inside((*path, name))
        path = (*path, names[-1])
        if is_list:
            self.counts[path] = self.counts.get(path, -1) + 1
            self.lines.setdefault(path, line)
            path = (*path, self.counts[path])
        self.table = path
        self.lines.setdefault(path, line)

    def _inside(self, path: Path) -> Path:
        """The path itself, or for a list of tables its newest member."""
        return (*path, self.counts[path]) if path in self.counts else path

    def _assignment(self, parent: Path) -> None:
        line = self._line()
        path = (*parent, *self._names("="))
        for length in range(len(parent) + 1, len(path) + 1):
            self.lines.setdefault(path[:length], line)
        self.position += 1
        self._value(path)

    def _names(self, end: str) -> list[str]:
        """The parts of a dotted key, up to the sign that ends it."""
        names = []
        while self.tokens[self.position][1] != end:
            kind, text, _ = self.tokens[self.position]
            if kind == "quoted":
                names.append(json.loads(text) if text[0] == '"' else text[1:-1])
            elif kind == "bare":
                names.append(text)
            self.position += 1
        return names

    def _value(self, path: Path) -> None:
        text = self.tokens[self.position][1]
        if text == "[":
            self._list(path)
        elif text == "{":
            self._inline_table(path)
        else:  # a plain value may be several tokens: 1.5, or 2026-11-23 09:00
            while self.position < len(self.tokens) and not self._ends_plain_value():
                self.position += 1

    def _ends_plain_value(self) -> bool:
        kind, text, _ = self.tokens[self.position]
        return kind in ("newline", "comment") or text in (",", "]", "}")

    def _list(self, path: Path) -> None:
        self.position += 1
        number = 0
        while (text := self._past_blanks()) != "]":
            if text == ",":
                number += 1
                self.position += 1
                continue
            self.lines.setdefault((*path, number), self._line())
            self._value((*path, number))
        self.position += 1

    def _inline_table(self, path: Path) -> None:
        self.position += 1
        while (text := self._past_blanks()) != "}":
            if text == ",":
                self.position += 1
            else:
                self._assignment(path)
        self.position += 1

    def _past_blanks(self) -> str:
        while self.tokens[self.position][0] in ("newline", "comment"):
            self.position += 1
        return self.tokens[self.position][1]

    def _line(self) -> int:
        return bisect_right(self.starts, self.tokens[self.position][2])


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]
