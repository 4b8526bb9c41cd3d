"""A test that somebody may not do something must not pass because nobody could have sent it as the test did."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MISSING = {403, 404}


def lenient(tree: ast.AST) -> list[int]:
    """The lines that take a form's refusal, as one without a token gets, for that of whoever has no right to it."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and "status_code" in ast.dump(node.left):
            parts = getattr(node.comparators[0], "elts", [])
            values = {one.value for one in parts if isinstance(one, ast.Constant)}
            if 400 in values and values & MISSING and values <= {400, 401, 403, 404}:
                found.append(node.lineno)
    return found


def test_no_refusal_is_tried_with_a_form_that_would_be_refused_for_anybody() -> None:
    where = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        for line in lenient(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not where


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("assert client.post(page).status_code in (400, 404)", True),
        ("assert answer.status_code in {403, 400}", True),
        ("assert answer.status_code in (303, 400, 404, 409)", False),
        ("assert client.post(page, data=sent).status_code == 404", False),
    ],
)
def test_the_check_finds_them(code: str, is_found: bool) -> None:
    assert bool(lenient(ast.parse(code))) is is_found
