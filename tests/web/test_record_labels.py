"""Every code that the program writes into the audit or the access log, and every screen, has words for the record."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from booking.use_cases.move_visit import ACTIONS
from core.settings import ROOT
from tests.support.architecture import PACKAGES
from web.record_labels import AUDIT_ACTIONS, SCREENS, VIEW_PURPOSES

CODE = re.compile(r"[a-z]+(_[a-z]+)*")
# The functions that write an entry, or hand the code on to one that does, and at which place of their arguments it stands.
OF_AUDIT = {"record": 2, "_write_down": 2, "record_change": 3, "record_wish": 2, "_record": 2, "set_state": 6} | {
    "record_of_documents": 2
}
OF_VIEWS = {"log_access": 4, "log_view": 0, "log_merging": 1, "log_people": 1, "_viewed": 2, "resident_card": 2}
OF_VIEWS |= {"log_documents": 2}
# Codes that are no literal where they are written, by the module that puts them together.
ASSEMBLED = {
    "booking/use_cases/book.py": {"booked", "imported"},
    "booking/use_cases/move_visit.py": {"moved", "corrected", *ACTIONS.values()},
    "booking/use_cases/calls.py": {"caller_checked", "caller_not_checked"},
    "web/manage/closure_file_views.py": {"closure_list_exported"},
}
# Of other things that are called `record`.
NOT_THE_AUDIT = {"reminders/worker.py", "reminders/channel_queue.py", "web/admission.py", "demo/load.py"} | {
    "web/site/arrangement_views.py",
    "web/site/outcome_views.py",
}
HANDED_ON = {"action", "what", "purpose"}  # the code is an argument of the function that writes it
NO_PAGES = {"provider_callbacks", "health", "demo", "api_pages", "static"}


def codes(writers: dict[str, int]) -> Iterator[tuple[str, ast.expr]]:
    """The module and the argument of each call that writes an entry."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and name not in NOT_THE_AUDIT:
                    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    if called in writers and len(node.args) > writers[called]:
                        yield name, node.args[writers[called]]


def literals(module: str, argument: ast.expr) -> set[str]:
    """The codes that the argument may be. Raises: AssertionError for one that nobody can read off."""
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    if isinstance(argument, ast.IfExp):
        return literals(module, argument.body) | literals(module, argument.orelse)
    if module in ASSEMBLED:
        return ASSEMBLED[module]
    assert isinstance(argument, ast.Name), f"{module}: {ast.unparse(argument)}"
    assert argument.id in HANDED_ON, f"{module}: {ast.unparse(argument)}"
    return set()


@pytest.mark.parametrize(
    ("writers", "table", "more"),
    [
        (OF_AUDIT, AUDIT_ACTIONS, {"demo_loaded"}),
        (OF_VIEWS, VIEW_PURPOSES, {"call"}),  # what `resident_card` writes unless it is told otherwise
    ],
)
def test_every_code_has_words_and_no_words_are_for_nothing(
    writers: dict[str, int], table: dict[str, object], more: set[str]
) -> None:
    found = {code for module, argument in codes(writers) for code in literals(module, argument)}
    assert [code for code in found if not CODE.fullmatch(code)] == []
    assert set(table) == found | more


@pytest.mark.databases("sqlite")
def test_every_screen_has_words(app: Flask) -> None:
    assert set(SCREENS) == set(app.blueprints) - NO_PAGES
