"""The back office notes how far a matter has come after the visit, by the call that records what became of it."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Program, assert_problem

pytestmark = pytest.mark.databases("sqlite")


def test_a_step_leaves_the_state_and_is_read_back(program: Program) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    path = f"/appointments/{reference}/outcome"
    for body in ({"outcome": "papers_arrived"}, {"outcome": "paper_needed", "reason": "Rent book"}):
        answer = program.post(path, body)
        assert answer.status_code == 200
        assert answer.get_json()["status"] == "booked"
    steps = program.get(f"/appointments/{reference}").get_json()["progress"]
    assert [(one["step"], one["paper"]) for one in steps] == [("papers_arrived", ""), ("paper_needed", "Rent book")]
    assert all(one["at"].startswith("2026-11-23T") for one in steps)


def test_the_paper_that_is_needed_has_a_name(program: Program) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    path = f"/appointments/{reference}/outcome"
    assert_problem(program.post(path, {"outcome": "paper_needed"}), 422, "validation", "reason")
    assert_problem(program.post(path, {"outcome": "paper_needed", "reason": "x" * 301}), 422, "validation", "reason")


def test_nothing_comes_of_a_cancelled_visit(program: Program) -> None:
    reference = program.book(program.slots()[0]["slot"])["reference"]
    program.post(f"/appointments/{reference}/cancel", {"by": "authority", "reason": "Boiler"})
    assert_problem(program.post(f"/appointments/{reference}/outcome", {"outcome": "decided"}), 409, "illegal_move")
