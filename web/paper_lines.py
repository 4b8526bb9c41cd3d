"""The papers of a visit as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from booking.documents.kept_papers import PapersOfVisit, Stored, papers_of_visit, rules_of
from booking.documents.paper_words import paper_line
from locations.model import ServiceFacts
from locations.paper_rules import PaperRule
from web.request_language import current_language


@dataclass(frozen=True)
class PaperOnPage:
    """A paper that somebody brings: what it is, how many, and whether they have it; None where they have not said."""

    rule: PaperRule
    line: str
    has: bool | None


@dataclass(frozen=True)
class PapersOnPage:
    """What somebody brings, or the rules where nobody has answered. `open` are rules that may not be for them."""

    papers: tuple[PaperOnPage, ...]
    open: tuple[PaperRule, ...]
    is_answered: bool
    is_ticked: bool

    @property
    def missing(self) -> tuple[PaperOnPage, ...]:
        """What they have said that they do not have."""
        return tuple(paper for paper in self.papers if paper.has is False)


def papers_on_page(services: Iterable[ServiceFacts], stored: Stored, day: date) -> PapersOnPage | None:
    """The papers of a visit on `day`; None where its services have no rules."""
    services = tuple(services)
    return _shown(papers_of_visit(services, stored, day)) if rules_of(services) else None


def _shown(visit: PapersOfVisit) -> PapersOnPage:
    language = current_language()
    papers = tuple(
        PaperOnPage(
            paper.rule, paper_line(paper, language, visit.day), None if visit.have is None else visit.has(paper)
        )
        for paper in visit.needed
    )
    return PapersOnPage(papers, visit.open, visit.is_answered, visit.have is not None)
