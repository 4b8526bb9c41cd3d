"""Which papers somebody brings, how many and of which dates."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.documents.paper_list import (
    DAYS_BETWEEN,
    NEVER,
    NeededPaper,
    PaperAnswers,
    full_months_before,
    open_rules,
    papers_for,
    pay_days_before,
)
from booking.documents.paper_words import days_in_words, paper_line
from core.language import language_for
from locations.paper_rules import MONTHLY, PaperRule, paper_rule, rule_in

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
COUNTS = st.integers(1, 12)
PAYSLIPS = {"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2, "new_starter": "Your contract"}
STATEMENTS = {"document": "Bank statements", "full_months": 2, "each": "account"}
ENGLISH, WELSH = language_for("en"), language_for("cy")
VISIT = date(2026, 11, 5)


def one(stored: dict[str, Any], answers: PaperAnswers, day: date = VISIT) -> NeededPaper:
    (paper,) = papers_for([paper_rule(stored)], answers, day)
    return paper


def said(stored: dict[str, Any], answers: PaperAnswers, day: date = VISIT) -> str:
    return paper_line(one(stored, answers, day), ENGLISH, day)


def test_five_weekly_payslips_are_the_last_five_before_the_visit() -> None:
    answers = PaperAnswers(paid="weekly", paid_on=date(2026, 11, 3))
    assert said(PAYSLIPS, answers) == "Payslips: bring 5, of 6, 13, 20, 27 October, 3 November"


def test_a_visit_weeks_later_asks_for_the_payslips_of_then() -> None:
    answers = PaperAnswers(paid="fortnightly", paid_on=date(2026, 11, 3))
    assert said(PAYSLIPS, answers, date(2027, 1, 13)) == "Payslips: bring 3, of 15, 29 December 2026, 12 January"
    assert said(PAYSLIPS, answers, date(2027, 1, 12)) == "Payslips: bring 3, of 1, 15, 29 December 2026"


def test_a_payslip_of_the_day_of_the_visit_is_not_asked_for() -> None:
    answers = PaperAnswers(paid="weekly", paid_on=VISIT)
    assert one(PAYSLIPS, answers).pay_days[-1] == date(2026, 10, 29)


@pytest.mark.parametrize(
    ("paid_on", "day", "expected"),
    [
        (date(2026, 1, 31), date(2026, 3, 1), [date(2026, 1, 31), date(2026, 2, 28)]),
        (date(2028, 1, 31), date(2028, 3, 1), [date(2028, 1, 31), date(2028, 2, 29)]),
        (date(2026, 2, 28), date(2026, 4, 2), [date(2026, 2, 28), date(2026, 3, 31)]),  # the last day of each month
        (date(2026, 1, 30), date(2026, 3, 1), [date(2026, 1, 30), date(2026, 2, 28)]),
        (date(2026, 1, 30), date(2026, 4, 1), [date(2026, 2, 28), date(2026, 3, 30)]),
        (date(2027, 1, 15), date(2027, 1, 15), [date(2026, 11, 15), date(2026, 12, 15)]),
    ],
)
def test_who_is_paid_by_the_month_is_paid_at_its_end_where_it_is_short(
    paid_on: date, day: date, expected: list[date]
) -> None:
    assert list(pay_days_before(day, MONTHLY, paid_on, 2)) == expected


@given(DAYS, DAYS, COUNTS, st.sampled_from(sorted(DAYS_BETWEEN)))
def test_pay_days_are_the_latest_before_the_visit(day: date, paid_on: date, count: int, paid: str) -> None:
    days, step = pay_days_before(day, paid, paid_on, count), timedelta(days=DAYS_BETWEEN[paid])
    assert len(days) == count
    assert days[-1] < day <= days[-1] + step
    assert {later - earlier for earlier, later in pairwise(days)} <= {step}
    assert (days[-1] - paid_on) % step == timedelta(0)


@given(DAYS, DAYS, COUNTS)
def test_monthly_pay_days_are_one_in_each_month_up_to_the_visit(day: date, paid_on: date, count: int) -> None:
    days = pay_days_before(day, MONTHLY, paid_on, count)
    months = [one.year * 12 + one.month for one in days]
    assert months == list(range(months[0], months[0] + count))
    assert days[-1] < day
    (following,) = pay_days_before(days[-1] + timedelta(days=32), MONTHLY, paid_on, 1)
    assert following >= day or following == days[-1]
    for one_day in days:
        last = monthrange(one_day.year, one_day.month)[1]
        assert one_day.day in (paid_on.day, last)
    assert pay_days_before(paid_on + timedelta(days=1), MONTHLY, paid_on, 1) == (paid_on,)


@given(DAYS, COUNTS)
def test_full_months_are_over_on_the_day_and_follow_each_other(day: date, count: int) -> None:
    months = full_months_before(day, count)
    assert all(first.day == 1 for first in months)
    assert len(set(months)) == count
    ends = [first.replace(day=monthrange(first.year, first.month)[1]) for first in months]
    assert [end + timedelta(days=1) for end in ends[:-1]] == list(months[1:])
    assert ends[-1] < day
    assert ends[-1] + timedelta(days=1) == day.replace(day=1)


@given(DAYS, DAYS, DAYS, st.sampled_from(["weekly", "fortnightly", "four_weekly", "monthly"]))
def test_a_new_starter_brings_what_they_have_been_paid(day: date, paid_on: date, started: date, paid: str) -> None:
    paper = one(PAYSLIPS, PaperAnswers(paid=paid, paid_on=paid_on, started_on=started), day)
    assert all(started <= one_day < day for one_day in paper.pay_days)
    assert paper.count == len(paper.pay_days)
    assert paper.is_new_starter == (paper.count < paper_rule(PAYSLIPS).count_for(paid))


def test_who_started_lately_is_told_what_to_bring_as_well() -> None:
    lately = PaperAnswers(paid="weekly", paid_on=date(2026, 11, 3), started_on=date(2026, 10, 22))
    assert (
        said(PAYSLIPS, lately)
        == "Payslips: bring 2, of 27 October, 3 November. And as you started lately: Your contract"
    )
    today = PaperAnswers(paid="weekly", paid_on=date(2026, 11, 10), started_on=date(2026, 11, 4))
    assert said(PAYSLIPS, today) == "In place of payslips, as you started lately: Your contract"


def test_statements_are_of_whole_months_for_every_account() -> None:
    assert said(STATEMENTS, PaperAnswers(accounts=3)) == (
        "Bank statements of the whole of September and October, for 3 accounts"
    )
    assert one(STATEMENTS, PaperAnswers(accounts=3)).count == 6
    assert said(STATEMENTS, PaperAnswers(accounts=1), date(2027, 1, 1)) == (
        "Bank statements of the whole of November 2026 and December 2026, for 1 account"
    )
    assert said(STATEMENTS, PaperAnswers()) == "Bank statements of the last 2 full months, for each account"


def test_who_has_no_account_and_is_paid_no_wages_brings_neither() -> None:
    answers = PaperAnswers(paid=NEVER, accounts=0)
    assert papers_for(map(paper_rule, (PAYSLIPS, STATEMENTS)), answers, VISIT) == ()


def test_a_paper_of_a_case_is_for_who_answers_so() -> None:
    rule = paper_rule({"document": "Proof of rent", "one_of": ["Rent book", "Letter"], "question": "Do you rent?"})
    assert papers_for([rule], PaperAnswers(), VISIT) == ()
    assert open_rules([rule], PaperAnswers()) == (rule,)
    assert papers_for([rule], PaperAnswers(cases={"Do you rent?": "no"}), VISIT) == ()
    (needed,) = papers_for([rule], PaperAnswers(cases={"Do you rent?": "yes"}), VISIT)
    assert paper_line(needed, ENGLISH, VISIT) == "Proof of rent: one of Rent book; Letter"
    assert rule.line == "If yes to “Do you rent?”: Proof of rent: one of Rent book; Letter"


def test_the_rule_says_what_is_brought_before_anybody_has_answered() -> None:
    assert paper_rule(PAYSLIPS).line == "Payslips: 5 weekly, 3 fortnightly or 2 monthly"
    assert said(PAYSLIPS, PaperAnswers()) == "Payslips: 5 weekly, 3 fortnightly or 2 monthly"
    assert said(PAYSLIPS, PaperAnswers(paid="weekly")) == "Payslips: bring 5"


def test_a_translated_rule_is_known_by_its_english_name() -> None:
    rule: PaperRule = rule_in(paper_rule(PAYSLIPS | {"document_cy": "Slipiau cyflog"}), "cy")
    assert (rule.document, rule.name) == ("Payslips", "Slipiau cyflog")
    answers = PaperAnswers(paid="monthly", paid_on=date(2026, 10, 30))
    (needed,) = papers_for([rule], answers, VISIT)
    assert paper_line(needed, WELSH, VISIT).startswith("Slipiau cyflog: ")
    assert "30 Medi, 30 Hydref" in paper_line(needed, WELSH, VISIT)


def test_the_year_stands_where_it_is_another() -> None:
    assert days_in_words([date(2026, 12, 31), date(2027, 1, 7)], ENGLISH, date(2027, 1, 9)) == (
        "31 December 2026, 7 January"
    )


def test_who_started_lately_and_has_nothing_to_bring_in_place_is_not_asked_for_payslips() -> None:
    rule = paper_rule({name: value for name, value in PAYSLIPS.items() if name != "new_starter"})
    answers = PaperAnswers(paid="weekly", paid_on=date(2026, 11, 20), started_on=date(2026, 11, 23))
    assert papers_for([rule], answers, date(2026, 11, 24)) == ()


def test_of_two_services_the_one_that_wants_more_of_a_paper_counts() -> None:
    few, many = paper_rule(PAYSLIPS), paper_rule(PAYSLIPS | {"weekly": 8})
    rents = paper_rule({"document": "Tenancy agreement", "question": "Do you rent?"})
    always = paper_rule({"document": "Tenancy agreement"})
    answers = PaperAnswers(paid="weekly", paid_on=date(2026, 11, 3), cases={"Do you rent?": "no"})
    found = papers_for([few, rents, many, always], answers, VISIT)
    assert [(paper.rule.document, paper.count) for paper in found] == [("Payslips", 8), ("Tenancy agreement", 1)]


@given(DAYS, DAYS, st.sampled_from(sorted(DAYS_BETWEEN)))
def test_a_tick_is_for_the_dates_that_were_shown(day: date, paid_on: date, paid: str) -> None:
    answers = PaperAnswers(paid=paid, paid_on=paid_on)
    now, later = one(PAYSLIPS, answers, day), one(PAYSLIPS, answers, day + timedelta(days=28))
    assert now.mark != later.mark
    assert now.mark == one(PAYSLIPS, answers, day).mark
