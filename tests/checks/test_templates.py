"""HTML is written in templates alone, in lines that can be read and compared."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
LONGEST_LINE = 160
# The hidden field of every form that writes comes from one function.
MODULES_WITH_HTML = frozenset({"web/template_helpers.py"})

TAGS = (
    "a abbr b body br button caption dd details div dl dt em fieldset footer form h1 h2 h3 h4 head header hr html i img"
)
TAGS += (
    " input label legend li link main meta nav ol option p script section select small span strong style summary svg"
)
TAGS += " table tbody td textarea tfoot th thead time title tr u ul"
# A tag with what may follow its name: an attribute, the end, or in an f-string a value.
TAG = re.compile(rf"</?(?:{'|'.join(TAGS.split())})(?=[\s/>]|$)")


def long_lines() -> dict[str, int]:
    """How many lines of each template are too long; templates without any are left out."""
    lines = {
        file.relative_to(TEMPLATES).as_posix(): file.read_text(encoding="utf-8").splitlines()
        for file in sorted(TEMPLATES.rglob("*"))
        if file.is_file()
    }
    counts = {name: sum(len(line) > LONGEST_LINE for line in of_file) for name, of_file in lines.items()}
    return {name: count for name, count in counts.items() if count}


def texts(source: str) -> Iterator[str]:
    """The string literals of a module and the literal parts of its f-strings, without docstrings."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node.value


def has_html(source: str) -> bool:
    """Whether a string literal of the module holds a tag."""
    return any(TAG.search(text) for text in texts(source))


def modules_with_html() -> set[str]:
    """The modules of pages and of the API that hold HTML."""
    files = (
        file for package in ("web", "planner", "council", "api") for file in sorted((ROOT / package).rglob("*.py"))
    )
    return {file.relative_to(ROOT).as_posix() for file in files if has_html(file.read_text(encoding="utf-8"))}


def test_no_line_of_a_template_is_too_long() -> None:
    assert long_lines() == {}


def test_no_module_holds_html() -> None:
    assert modules_with_html() == MODULES_WITH_HTML


@pytest.mark.parametrize(
    "source", ['x = "<p>Hello</p>"', 'x = f"<li>{name}</li>"', "x = '<td class=\"a\">'", 'x = "</a>"']
)
def test_html_in_a_literal_is_found(source: str) -> None:
    assert has_html(source)


@pytest.mark.parametrize("source", ['"""Returns <p>."""', 'x = "/<slug>/<date>"', 'x = "1 < 2"', 'x = r"(?P<name>a)"'])
def test_docstrings_and_addresses_are_no_html(source: str) -> None:
    assert not has_html(source)
