"""Every reason that is raised anywhere has a text, whose facts are given; every kind of error has a row in the table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core import errors
from core.error_texts import ERROR_TEXTS, text_of
from core.errors import BadRequest, Invalid, NotAuthenticated, NotFound, Reason, ServiceError
from core.language import language_for
from core.problems import PROBLEMS, details, field_texts, problem_of, text_of_error
from locations.importing.toml_file import InvalidFile
from people.residents.details import NEEDS, NeedKind
from tests.support.architecture import PACKAGES, ROOT

ENGLISH = language_for("en")
PLACEHOLDER = re.compile(r"%\((\w+)\)[rs]")
CODE_ARGUMENT = {"because": 0, "in_field": 1, "Reason": 0}
# Kinds of errors whose own attributes say all there is; the table has their text.
KINDS = {
    error.__name__ for error in vars(errors).values() if isinstance(error, type) and issubclass(error, ServiceError)
}
NEED_PREFIX = "need."


@dataclass(frozen=True)
class Raised:
    """A reason as the code gives it: where, the code (or the constant beginning of one), and the names of its facts."""

    where: str
    code: str
    is_prefix: bool
    facts: frozenset[str]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of our own modules, with its file and line."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def name_of(call: ast.Call) -> str:
    """The name of the function that is called, without what it belongs to."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def raised() -> list[Raised]:
    """Every reason that our modules give."""
    return [found for where, call in calls() if name_of(call) in CODE_ARGUMENT for found in read(where, call)]


def read(where: str, call: ast.Call) -> Iterator[Raised]:
    """The reasons that one call gives: two for `"a" if ... else "b"`."""
    if Path(where.partition(":")[0]).name == "errors.py":
        return
    name = name_of(call)
    facts = {keyword.arg or "**" for keyword in call.keywords}
    if name == "Reason" and len(call.args) > 1:
        assert isinstance(call.args[1], ast.Dict), f"{where}: the facts must stand in the call"
        facts = {key.value for key in call.args[1].keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    for code in codes_in(where, call.args[CODE_ARGUMENT[name]]):
        yield Raised(where, code, isinstance(call.args[CODE_ARGUMENT[name]], ast.JoinedStr), frozenset(facts))


def codes_in(where: str, node: ast.expr) -> list[str]:
    """The codes that an argument may be."""
    match node:
        case ast.Constant(value=str(code)) | ast.JoinedStr(values=[ast.Constant(value=str(code)), *_]):
            return [code]
        case ast.IfExp(body=body, orelse=orelse):
            return [*codes_in(where, body), *codes_in(where, orelse)]
    raise AssertionError(f"{where}: write the code as a text, so that this test can read it")


RAISED = raised()


def test_the_reasons_are_found() -> None:
    assert {"slot_taken", "service_unknown", "no_authority_yet", "wrong_field"} <= {one.code for one in RAISED}


def test_every_reason_that_is_raised_has_a_text() -> None:
    assert [one for one in RAISED if not one.is_prefix and one.code not in ERROR_TEXTS] == []
    assert [one for one in RAISED if one.is_prefix and one.code != NEED_PREFIX] == []


def test_every_need_that_can_be_missing_has_a_text() -> None:
    missing = {f"{NEED_PREFIX}{code}" for code, kind in NEEDS.items() if kind in (NeedKind.PLACE, NeedKind.TIME)}
    assert missing == {code for code in ERROR_TEXTS if code.startswith(NEED_PREFIX)}


def test_every_text_is_raised_somewhere() -> None:
    used = {one.code for one in RAISED}
    assert [code for code in ERROR_TEXTS if code not in used and not code.startswith(NEED_PREFIX)] == []


def test_the_facts_that_a_text_names_are_given() -> None:
    for one in RAISED:
        if not one.is_prefix:
            assert set(PLACEHOLDER.findall(ERROR_TEXTS[one.code])) <= one.facts, one


def test_no_error_is_raised_with_a_sentence() -> None:
    def is_sentence(node: ast.expr) -> bool:
        return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

    kinds = KINDS | {"BadRequest", "InvalidValue", "WrongPassword", "TooManyTries", "SlotTakenBut"}
    found = [where for where, call in calls() if name_of(call) in kinds and any(map(is_sentence, call.args))]
    assert found == []


def all_kinds(kind: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """The error tree of our own modules."""
    if not kind.__module__.startswith("tests."):
        yield kind
    for narrower in kind.__subclasses__():
        yield from all_kinds(narrower)


def test_every_kind_of_error_has_a_row_and_every_row_a_kind() -> None:
    assert {InvalidFile, *all_kinds()} == set(all_kinds())  # a kind that another package adds is in the tree
    assert {kind.code for kind in all_kinds()} == set(PROBLEMS)


@pytest.mark.parametrize("code", sorted(ERROR_TEXTS))
def test_a_text_can_be_filled_in(code: str) -> None:
    facts = dict.fromkeys(PLACEHOLDER.findall(ERROR_TEXTS[code]), "x")
    assert "%(" not in text_of(Reason(code, facts), ENGLISH)


def test_a_list_of_reasons_is_filled_in_by_their_texts() -> None:
    needs = [Reason("need.extra-time"), Reason("need.step-free")]
    error = Invalid.in_field("support_needs", "needs_not_met", needs=needs)
    words = "The time that is held does not offer: extra time, step-free access. Choose a time that does."
    assert field_texts(error, ENGLISH) == {"support_needs": [words]}


def test_the_text_of_an_error_is_its_reason_s_or_else_its_kind_s() -> None:
    assert text_of_error(NotFound.because("link_unknown"), ENGLISH) == "This link does not work."
    assert text_of_error(NotFound(), ENGLISH) == "We cannot find that here."


def test_the_details_of_a_request_that_cannot_be_read_name_the_fields() -> None:
    body = details(BadRequest.in_field("body", "not_json"), ENGLISH)
    assert (body["status"], body["code"]) == (400, "validation")
    assert body["detail"] == "body: The body is not JSON that can be read."
    assert body["errors"] == {"body": ["The body is not JSON that can be read."]}


def test_a_request_without_a_key_is_told_how_to_send_one() -> None:
    assert details(NotAuthenticated(), ENGLISH) == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Send a working API key: Authorization: Bearer KEY.",
        "code": "not_allowed",
    }


def test_an_error_that_the_table_does_not_know_is_ours() -> None:
    assert problem_of(ServiceError()).status == 500
