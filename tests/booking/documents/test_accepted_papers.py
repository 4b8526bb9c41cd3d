"""Whether all that a visit asks of this person is accepted: counted by the rules, never by what happens to be there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from booking.documents.accepted_papers import papers_not_accepted
from locations.document_cases import DocumentCase
from locations.paper_rules import PaperRule, paper_rule

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Sent:
    """A file that was sent."""

    id: int
    document: str
    review: str = "accepted"
    pages: int = 1
    added_at: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Asking:
    """What a service asks for."""

    documents_by_rule: tuple[PaperRule, ...] = ()
    documents: tuple[str, ...] = ()
    documents_by_case: tuple[DocumentCase, ...] = ()
    done_without_visit: bool = True


def rules(*stored: dict[str, Any]) -> tuple[PaperRule, ...]:
    """These rules, taken as uploads where they do not say otherwise."""
    return tuple(paper_rule({"taken": ["upload"], **one}) for one in stored)


RENT, PAY = {"document": "Rent book"}, {"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2}
BOTH = Asking(rules(RENT, PAY))
MONTHLY = {"paid": "monthly"}


def lacking(
    asking: Asking | tuple[Asking, ...],
    *sent: Sent,
    answers: dict[str, Any] | None = None,
    seen: tuple[str, ...] = (),
    day: date = DAY,
) -> tuple[str, ...] | None:
    """What is not accepted."""
    services: Any = asking if isinstance(asking, tuple) else (asking,)
    return papers_not_accepted(services, answers or {}, day, sent, seen)


def test_all_that_the_rules_ask_is_accepted() -> None:
    sent = (Sent(1, "Rent book"), Sent(2, "Payslips"), Sent(3, "Payslips"))
    assert lacking(BOTH, *sent, answers=MONTHLY) == ()


def test_what_was_uploaded_is_not_all_that_is_asked() -> None:
    """Everything that was sent is accepted, and still something that the rules ask for was never sent."""
    assert lacking(BOTH, Sent(1, "Rent book"), answers=MONTHLY) == ("Payslips",)


def test_one_payslip_is_not_five() -> None:
    asking, weekly = Asking(rules(PAY)), {"paid": "weekly"}
    four = tuple(Sent(number, "Payslips") for number in range(4))
    assert lacking(asking, *four, answers=weekly) == ("Payslips",)
    assert lacking(asking, *four, Sent(9, "Payslips"), answers=weekly) == ()
    assert lacking(asking, Sent(1, "Payslips", pages=5), answers=weekly) == ()


def test_nothing_is_known_of_who_has_answered_nothing() -> None:
    """Without their answers nobody can say how many it are, or whether the paper is asked of them at all."""
    sent = (Sent(1, "Payslips", pages=9), Sent(2, "Rent book"), Sent(3, "Statements", pages=9))
    assert lacking(BOTH, *sent) == ("Payslips",)
    of_each = Asking(rules({"document": "Statements", "full_months": 2, "each": "account"}))
    assert lacking(of_each, *sent) == ("Statements",)
    assert lacking(of_each, *sent, answers={"accounts": 2}) == ()
    assert lacking(of_each, replace(sent[2], pages=3), answers={"accounts": 2}) == ("Statements",)
    if_rented = Asking(rules({**RENT, "question": "Do you rent?"}, {"document": "Passport"}))
    passport = Sent(4, "Passport")
    assert lacking(if_rented, passport) == ("Rent book",)
    assert lacking(if_rented, passport, answers={"cases": {"Do you rent?": "no"}}) == ()
    assert lacking(if_rented, passport, answers={"cases": {"Do you rent?": "yes"}}) == ("Rent book",)


def test_a_paper_that_is_wanted_again_is_not_accepted() -> None:
    one = Asking(rules(RENT))
    first, again, better = Sent(1, "Rent book"), Sent(2, "Rent book", "again"), Sent(3, "Rent book")
    assert lacking(one, first, again) == ("Rent book",)
    assert lacking(one, replace(again, id=1)) is None
    assert lacking(one, first, again, replace(better, review="")) == ("Rent book",)
    assert lacking(one, first, again, better) == ()


def test_what_nobody_has_looked_at_is_not_accepted() -> None:
    one = Asking(rules(RENT))
    assert lacking(one, Sent(1, "Rent book"), Sent(2, "Rent book", "")) == ("Rent book",)
    assert lacking(one, Sent(1, "Rent book"), Sent(2, "Letter", "")) == ("Letter",)
    assert lacking(one, Sent(1, "Rent book"), Sent(2, "Letter", "again")) == ("Letter",)


def test_somebody_new_to_the_work_brings_something_else_as_well() -> None:
    rule = Asking(rules({**PAY, "new_starter": "Your contract"}))
    answers = {"paid": "monthly", "paid_on": "2026-11-20", "started_on": "2026-11-02"}
    assert lacking(rule, Sent(1, "Payslips"), answers=answers) == ("Payslips",)
    assert lacking(rule, Sent(1, "Payslips", pages=2), answers=answers) == ()
    unpaid = answers | {"started_on": "2026-11-21"}
    assert lacking(rule, Sent(1, "Payslips"), answers=unpaid) == ()


def test_an_original_has_to_be_seen() -> None:
    """Of what is not taken as an upload, and of what is no rule, an accepted picture is not enough."""
    asking = Asking(rules(RENT, {"document": "Passport", "taken": ["original"]}), ("Letter",))
    sent = (Sent(1, "Rent book"), Sent(2, "Passport"), Sent(3, "Letter"))
    assert lacking(asking, *sent) == ("Letter", "Passport")
    assert lacking(asking, *sent, seen=("Passport", "Letter")) == ()
    by_case = Asking(rules(RENT), (), (DocumentCase("If you rent", ("Agreement",)),))
    assert lacking(by_case, sent[0]) == (by_case.documents_by_case[0].line,)


def test_an_original_that_one_of_two_services_wants_has_to_be_seen() -> None:
    stricter = Asking(rules({**RENT, "taken": ["original"]}))
    assert lacking((Asking(rules(RENT)), stricter), Sent(1, "Rent book")) == ("Rent book",)


@pytest.mark.parametrize("seen", [(), ("Rent book",)])
def test_a_visit_for_which_nothing_was_accepted_stays(seen: tuple[str, ...]) -> None:
    assert lacking(Asking(rules(RENT)), seen=seen) is None
    assert lacking(Asking(), seen=seen) is None
    assert lacking((), Sent(1, "Rent book")) is None


def test_a_service_has_to_say_that_the_visit_may_not_be_needed() -> None:
    sent, one = Sent(1, "Rent book"), Asking(rules(RENT))
    assert lacking(replace(one, done_without_visit=False), sent) is None
    assert lacking((one, replace(one, done_without_visit=False)), sent) is None
    assert lacking((one, one), sent) == ()


def test_an_accepted_paper_that_nobody_asked_for_is_nothing() -> None:
    assert lacking(Asking(), Sent(1, "Holiday picture")) is None


def test_payslips_that_were_accepted_for_november_are_not_those_of_december() -> None:
    """A payslip cannot have been sent before the day on which it was paid out."""
    asking, weekly = Asking(rules(PAY)), {"paid": "weekly", "paid_on": "2026-11-20"}
    five = tuple(Sent(number, "Payslips") for number in range(5))
    assert lacking(asking, *five, answers=weekly) == ()
    assert lacking(asking, *five, answers=weekly, day=date(2026, 12, 22)) == ("Payslips",)
    newer = tuple(replace(one, id=one.id + 5, added_at=datetime(2026, 12, 18, 9, tzinfo=UTC)) for one in five)
    assert lacking(asking, *five, newer[0], answers=weekly, day=date(2026, 12, 22)) == ("Payslips",)
    assert lacking(asking, *five, *newer, answers=weekly, day=date(2026, 12, 22)) == ()
