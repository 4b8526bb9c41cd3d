"""Which papers somebody brings on a day, how many and of which dates, worked out from a few answers. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256

from locations.paper_rules import ACCOUNT, ADULT, FORTNIGHTLY, FOUR_WEEKLY, WEEKLY, PaperRule

NEVER = "never"  # paid no wages
DAYS_BETWEEN: Mapping[str, int] = {WEEKLY: 7, FORTNIGHTLY: 14, FOUR_WEEKLY: 28}  # pay days; by the month where none
MOST_EACH = 10  # accounts or adults


@dataclass(frozen=True)
class PaperAnswers:
    """What somebody has answered; None and an empty text for what they have not.

    `paid_on` is any pay day, `started_on` the first day of work for who has started lately. `cases` are yes and no by the
    council's questions, in English.
    """

    paid: str = ""
    paid_on: date | None = None
    started_on: date | None = None
    accounts: int | None = None
    adults: int | None = None
    cases: Mapping[str, str] = field(default_factory=dict)

    def number_of(self, each: str) -> int | None:
        """How many accounts or adults there are; one of anything else."""
        return {ACCOUNT: self.accounts, ADULT: self.adults}.get(each, 1)


@dataclass(frozen=True)
class NeededPaper:
    """A paper that is brought: `count` in all, None where an answer is missing that says how many.

    Payslips of `pay_days`, the earliest first; statements of the calendar months that begin on `months`. Somebody new to
    the work brings what the rule says of new starters as well, since there are too few payslips.
    """

    rule: PaperRule
    count: int | None = None
    pay_days: tuple[date, ...] = ()
    months: tuple[date, ...] = ()
    is_new_starter: bool = False

    @property
    def mark(self) -> str:
        """A short digest of how many there are and of which dates: a tick is for these, and for no others."""
        dates = ",".join(one.isoformat() for one in (*self.pay_days, *self.months))
        return sha256(f"{self.count} {dates}".encode()).hexdigest()[:12]


def papers_for(rules: Iterable[PaperRule], answers: PaperAnswers, day: date) -> tuple[NeededPaper, ...]:
    """What somebody with these answers brings on `day`, in the council's order, each paper once: where two services want
    it, as many as the one that wants more.

    What depends on a question that is not answered is left out; see `open_rules`.
    """
    found: dict[str, NeededPaper] = {}
    for rule in rules:
        paper = _needed(rule, answers, day) if applies(rule, answers) else None
        known = found.get(rule.document)
        if paper and (known is None or (paper.count or 0) > (known.count or 0)):
            found[rule.document] = paper
    return tuple(paper for paper in found.values() if paper.count != 0 or _replaces_payslips(paper))


def open_rules(rules: Iterable[PaperRule], answers: PaperAnswers) -> tuple[PaperRule, ...]:
    """The rules of which nobody knows yet whether they apply."""
    return tuple(rule for rule in rules if rule.question_key and not answers.cases.get(rule.question_key))


def pay_days_before(day: date, paid: str, paid_on: date, count: int) -> tuple[date, ...]:
    """The latest `count` pay days before `day`, the earliest first, of who is paid so often and was paid on `paid_on`.

    Who is paid by the month on the last day of one is paid on the last day of each; on the 30th, on 28 or 29 February.
    """
    step = DAYS_BETWEEN.get(paid)
    if step:
        latest = paid_on + timedelta(days=(day - paid_on - timedelta(days=1)).days // step * step)
        return tuple(latest - timedelta(days=step * number) for number in reversed(range(count)))
    months = _months_since_year_one(day)
    is_last = paid_on.day == monthrange(paid_on.year, paid_on.month)[1]
    wanted = 31 if is_last else paid_on.day
    latest_month = months if _day_in(months, wanted) < day else months - 1
    return tuple(_day_in(latest_month - number, wanted) for number in reversed(range(count)))


def full_months_before(day: date, count: int) -> tuple[date, ...]:
    """The first days of the last `count` calendar months that are over on `day`, the earliest first."""
    months = _months_since_year_one(day)
    return tuple(_day_in(months - number, 1) for number in range(count, 0, -1))


def applies(rule: PaperRule, answers: PaperAnswers) -> bool:
    """Whether somebody with these answers brings the paper."""
    if rule.counts and answers.paid == NEVER:
        return False
    return not rule.question_key or answers.cases.get(rule.question_key) == rule.answer


def _replaces_payslips(paper: NeededPaper) -> bool:
    """Whether somebody who has no payslip yet brings something else."""
    return paper.is_new_starter and bool(paper.rule.new_starter)


def _needed(rule: PaperRule, answers: PaperAnswers, day: date) -> NeededPaper:
    if rule.counts:
        return _payslips(rule, answers, day)
    months = full_months_before(day, rule.full_months)
    number = answers.number_of(rule.each)
    return NeededPaper(rule, None if number is None else number * max(1, rule.full_months), months=months)


def _payslips(rule: PaperRule, answers: PaperAnswers, day: date) -> NeededPaper:
    if not answers.paid:
        return NeededPaper(rule)
    count = rule.count_for(answers.paid)
    if answers.paid_on is None:
        return NeededPaper(rule, count)
    days = pay_days_before(day, answers.paid, answers.paid_on, count)
    since = answers.started_on
    had = tuple(one for one in days if since is None or one >= since)
    return NeededPaper(rule, len(had), had, is_new_starter=len(had) < count)


def _months_since_year_one(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day_in(months: int, wanted: int) -> date:
    """The day of that number in the month, or the last one of a shorter month."""
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(wanted, monthrange(year, month)[1]))
