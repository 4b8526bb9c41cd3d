"""What somebody has answered about their papers and ticked of them, as it is kept, and what follows for a visit. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from booking.documents.paper_list import NeededPaper, PaperAnswers, applies, open_rules, papers_for
from booking.documents.paper_words import paper_line
from core.language import Language
from core.wall_clock import parse_day
from locations.model import ServiceFacts
from locations.paper_rules import PaperRule

Stored = Mapping[str, Any]
_DAYS = ("paid_on", "started_on")


@dataclass(frozen=True)
class PapersOfVisit:
    """The papers of a visit on `day`. `have` are the marks of those that they have, by name; None where nobody has ticked.

    `open` are the rules of which nobody knows yet whether they apply.
    """

    needed: tuple[NeededPaper, ...]
    open: tuple[PaperRule, ...]
    have: Mapping[str, str] | None
    day: date
    is_answered: bool

    @property
    def missing(self) -> tuple[NeededPaper, ...]:
        """What they do not have, as far as they have said."""
        return () if self.have is None else tuple(paper for paper in self.needed if not self.has(paper))

    def has(self, paper: NeededPaper) -> bool:
        """Whether they have ticked it, for as many and of the same dates."""
        return self.have is not None and self.have.get(paper.rule.document) == paper.mark


def rules_of(services: Iterable[ServiceFacts]) -> tuple[PaperRule, ...]:
    """The rules of all services of a visit."""
    return tuple(rule for service in services for rule in service.documents_by_rule)


def stored_answers(answers: PaperAnswers, before: Stored | None = None) -> dict[str, Any]:
    """Answers as values that JSON can keep, with what was ticked `before`."""
    days = {name: day.isoformat() for name in _DAYS if (day := getattr(answers, name))}
    numbers = {"accounts": answers.accounts, "adults": answers.adults}
    stored = {"paid": answers.paid, "cases": dict(answers.cases), **days}
    stored |= {name: number for name, number in numbers.items() if number is not None}
    return stored | ({"have": dict(before["have"])} if before and "have" in before else {})


def stored_ticks(stored: Stored, papers: Iterable[NeededPaper]) -> dict[str, Any]:
    """The same answers with these papers ticked, as they are shown now."""
    return {**stored, "have": {paper.rule.document: paper.mark for paper in papers}}


def without_ticks(stored: Stored) -> dict[str, Any]:
    """The same answers for another visit, for which nobody has ticked anything yet."""
    return {name: value for name, value in stored.items() if name != "have"}


def answers_from(stored: Stored) -> PaperAnswers:
    """The answers that are stored."""
    days = {name: parse_day(stored[name]) for name in _DAYS if stored.get(name)}
    return PaperAnswers(
        paid=stored.get("paid", ""),
        accounts=stored.get("accounts"),
        adults=stored.get("adults"),
        cases=stored.get("cases", {}),
        **days,
    )


def papers_of_visit(services: Iterable[ServiceFacts], stored: Stored, day: date) -> PapersOfVisit:
    """What somebody brings to these services on `day`, by what is stored of their answers."""
    rules, answers = rules_of(services), answers_from(stored)
    needed = papers_for(rules, answers, day)
    known = {paper.rule.document for paper in needed}
    still_open = tuple(rule for rule in open_rules(rules, answers) if rule.document not in known)
    return PapersOfVisit(needed, still_open, stored.get("have"), day, bool(stored))


def services_as_answered(
    services: Iterable[ServiceFacts], stored: Stored, day: date, language: Language
) -> tuple[ServiceFacts, ...]:
    """The services with what this person brings in place of the rules, and what to do about what they do not have."""
    services = tuple(services)
    papers, answers = papers_of_visit(services, stored, day), answers_from(stored)
    lines = {paper.rule.document: _line(paper, papers, language) for paper in papers.needed}
    return tuple(
        replace(
            service,
            documents_by_rule=tuple(
                replace(rule, line=lines.get(rule.document, rule.line))
                for rule in service.documents_by_rule
                if (rule.document in lines and applies(rule, answers)) or rule in papers.open
            ),
        )
        for service in services
    )


def _line(paper: NeededPaper, papers: PapersOfVisit, language: Language) -> str:
    line = paper_line(paper, language, papers.day)
    if paper not in papers.missing:
        return line
    if not paper.rule.without:
        return language.gettext("%(paper)s. Still missing", paper=line)
    return language.gettext("%(paper)s. Still missing: %(what)s", paper=line, what=paper.rule.without)
