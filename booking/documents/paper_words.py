"""Which papers somebody brings, in words: "Payslips: bring 5, of 6, 13, 20, 27 October, 3 November". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from booking.documents.paper_list import NeededPaper
from core.language import Language
from locations.paper_rules import ACCOUNT


def paper_line(paper: NeededPaper, language: Language, day: date) -> str:
    """The paper with how many and of which dates, for a visit on `day`; what the rule says where nobody can know that."""
    if paper.count is None:
        return paper.rule.line
    line = _dated(paper, language, day)
    if not paper.is_new_starter or not paper.rule.new_starter:
        return line
    if not paper.pay_days:
        return language.gettext("In place of payslips, as you started lately: %(what)s", what=paper.rule.new_starter)
    also = language.gettext("And as you started lately: %(what)s", what=paper.rule.new_starter)
    return f"{line}. {also}"


def days_in_words(days: Sequence[date], language: Language, day: date) -> str:
    """ "6, 13, 20, 27 October, 3 November": the year stands where it is not that of `day`."""
    months: dict[tuple[int, int], list[int]] = {}
    for one in days:
        months.setdefault((one.year, one.month), []).append(one.day)
    return ", ".join(
        f"{', '.join(map(str, numbers))} {_month(date(year, month, 1), language, day)}"
        for (year, month), numbers in months.items()
    )


def _month(first: date, language: Language, day: date) -> str:
    return language.month_name(first) if first.year == day.year else language.month(first)


def _dated(paper: NeededPaper, language: Language, day: date) -> str:
    rule, count = paper.rule, paper.count or 0
    if paper.pay_days:
        return language.ngettext(
            "%(document)s: bring %(num)s, of %(days)s",
            "%(document)s: bring %(num)s, of %(days)s",
            count,
            document=rule.name,
            days=days_in_words(paper.pay_days, language, day),
        )
    if rule.counts:
        return language.gettext("%(document)s: bring %(num)s", document=rule.name, num=count)
    name = rule.name
    if paper.months:
        months = language.all_of(_month(one, language, day) for one in paper.months)
        name = language.gettext("%(document)s of the whole of %(months)s", document=name, months=months)
    if rule.each:
        name = _for_each(rule.each, name, count // max(1, len(paper.months)), language)
    if rule.one_of:
        return language.gettext("%(document)s: one of %(choices)s", document=name, choices="; ".join(rule.one_of))
    return name


def _for_each(each: str, name: str, number: int, language: Language) -> str:
    if each == ACCOUNT:
        return language.ngettext(
            "%(document)s, for %(num)s account", "%(document)s, for %(num)s accounts", number, document=name
        )
    return language.ngettext(
        "%(document)s, for %(num)s adult", "%(document)s, for %(num)s adults", number, document=name
    )
