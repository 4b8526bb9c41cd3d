"""What a value may be is said once: no module beside the parsers has a rule of its own for any kind of value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.architecture import Module, our_modules

# The modules that may hold a rule of the kind, and why.
ALLOWED = {
    "email address": {
        "core.contact_values",  # the parser
        "reminders.channels.smtp",  # takes addresses out of what a mail server answers
        "reminders.channels.bounce_mailboxes",  # and a server of reports
        "reminders.channels.notify_answers",  # and out of what the provider of texts answers
        "reminders.channels.headers",  # and out of names in a header
        "core.spreadsheet_cells",  # what a spreadsheet would run
    },
    "library of contact values": {
        "core.contact_values",  # the parsers
        "people.residents.details",  # the key by which numbers are compared
    },
    "postcode": {"locations.postcodes"},
    "control characters": {
        "core.text",
        "booking.calendar.ical",  # what a line of a calendar file cannot hold
        "core.spreadsheet_cells",  # what a spreadsheet would run
    },
    "day or instant": {
        "core.wall_clock",  # the parsers
        "core.clock",  # what a database answers
        "core.environment",  # what whoever runs the service sets
        "booking.use_cases.holds",  # what this service kept
        "booking.use_cases.calls",  # the same
        "booking.merging.records",  # the same
        "locations.bank_holidays",  # what GOV.UK publishes
        "reminders.due_times",  # a time of day of a plan that was checked
        "locations.importing.value_checks",  # a time of day, in whole ticks
    },
}
LIBRARIES = {"email_validator", "phonenumbers"}


def rules_in(module: Module) -> Iterator[tuple[str, int]]:
    """The kind and the line of each rule that `module` has of its own."""
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            if any(name.split(".")[0] in LIBRARIES for name in names):
                yield "library of contact values", node.lineno
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            if isinstance(node.left, ast.Constant) and node.left.value == "@":
                yield "email address", node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from ((kind, node.lineno) for kind in _kinds_of_call(node, node.func))


def _kinds_of_call(call: ast.Call, function: ast.Attribute) -> Iterator[str]:
    if function.attr == "fromisoformat":
        yield "day or instant"
    if ast.unparse(function.value) != "re" or not call.args:
        return
    pattern = ast.unparse(call.args[0])
    if "@" in pattern:
        yield "email address"
    if "A-Z" in pattern and "{1,2}" in pattern:
        yield "postcode"
    if "\\x00" in pattern:
        yield "control characters"


def test_no_module_beside_the_parsers_has_a_rule_of_its_own() -> None:
    found = {(module.name, kind, line) for module in our_modules() for kind, line in rules_in(module)}
    assert {one for one in found if one[0] not in ALLOWED[one[1]]} == set()


def test_every_module_that_may_hold_a_rule_holds_one() -> None:
    found = {(kind, module.name) for module in our_modules() for kind, _ in rules_in(module)}
    allowed = {(kind, name) for kind, names in ALLOWED.items() for name in names}
    assert allowed - found - {("postcode", "locations.postcodes")} == set()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('ok = "@" in text', "email address"),
        ('ok = "@" not in text', "email address"),
        ('re.fullmatch(r"[^@]+@[^@]+", text)', "email address"),
        ("from email_validator import validate_email", "library of contact values"),
        ("import phonenumbers", "library of contact values"),
        ('re.compile(r"[A-Z]{1,2}[0-9]")', "postcode"),
        ('re.sub(r"[\\x00-\\x1f]", "", text)', "control characters"),
        ("date.fromisoformat(text)", "day or instant"),
    ],
)
def test_a_second_rule_is_found(source: str, kind: str) -> None:
    assert [found for found, _ in rules_in(Module("web.example", source))] == [kind]
