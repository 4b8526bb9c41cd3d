"""Whether all papers are accepted that a visit asks of one person, so that they need not come. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from booking.documents.document_owner import Review
from booking.documents.kept_papers import Stored, answers_from, papers_of_visit, rules_of
from booking.documents.paper_list import NeededPaper, applies
from locations.model import ServiceFacts
from locations.paper_rules import PaperRule


class SentFile(Protocol):
    """A file that a resident has sent."""

    @property
    def id(self) -> int:
        """Later files have higher ones."""

    @property
    def document(self) -> str:
        """Of which paper it is."""

    @property
    def review(self) -> str:
        """What staff say of it."""

    @property
    def pages(self) -> int:
        """How many pages it has; a picture has one."""

    @property
    def added_at(self) -> datetime:
        """When it was sent, in UTC."""


def papers_not_accepted(
    services: Sequence[ServiceFacts], stored: Stored, day: date, sent: Iterable[SentFile], seen: Collection[str]
) -> tuple[str, ...] | None:
    """The names of the papers that are not accepted yet, each once: nothing is left where it is empty.

    None where the visit is needed whatever is accepted: a service does not say that it may not be, it asks for no papers,
    or nothing that was sent is accepted. `seen` are the papers whose originals were seen. What is not known yet (how many,
    or whether it is asked of them) is not accepted, and neither is what is wanted again and was not sent since.

    Of pictures nobody can say what is on them: there are to be at least as many pages as papers, sent when there could be
    papers of their dates. What was accepted for a visit in November is not enough for one in December.
    """
    files = [file for file in sent if file.document]
    asked = any(one.documents_by_rule for one in services)
    accepted = any(file.review == Review.ACCEPTED for file in files)
    if not asked or not accepted or not all(one.done_without_visit for one in services):
        return None
    papers = papers_of_visit(services, stored, day)
    by_document = _rules_that_apply(services, stored)
    names = [name for name in _without_rule(services) if name not in seen]
    names += [rule.document for rule in papers.open]
    for paper in papers.needed:
        if paper.rule.document not in seen and not _is_accepted(paper, by_document, files):
            names.append(paper.rule.document)
    names += [file.document for file in files if not _is_settled(file, files)]
    return tuple(dict.fromkeys(names))


def _rules_that_apply(services: Iterable[ServiceFacts], stored: Stored) -> Mapping[str, list[PaperRule]]:
    answers = answers_from(stored)
    found: dict[str, list[PaperRule]] = {}
    for rule in rules_of(services):
        if applies(rule, answers):
            found.setdefault(rule.document, []).append(rule)
    return found


def _without_rule(services: Iterable[ServiceFacts]) -> list[str]:
    """What is asked for by its name alone, and cannot be sent: nobody knows whom its cases concern."""
    return [name for one in services for name in (*one.documents, *(case.line for case in one.documents_by_case))]


def _is_accepted(paper: NeededPaper, by_document: Mapping[str, list[PaperRule]], files: Iterable[SentFile]) -> bool:
    name = paper.rule.document
    if paper.count is None or not all("upload" in rule.taken for rule in by_document[name]):
        return False
    also = 1 if paper.is_new_starter and paper.rule.new_starter and paper.count else 0
    accepted = [file for file in files if file.document == name and file.review == Review.ACCEPTED]
    there = [*paper.pay_days, *(_day_after(month) for month in paper.months)]
    wanted = {date.min: max(1, paper.count) + also} | {day: sum(other >= day for other in there) for day in there}
    return all(sum(file.pages for file in accepted if file.added_at.date() >= day) >= n for day, n in wanted.items())


def _day_after(month: date) -> date:
    """The first day after the month that begins then."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _is_settled(file: SentFile, files: Iterable[SentFile]) -> bool:
    """Whether staff have accepted it, or wanted it again and accepted one that came later."""
    if file.review != Review.AGAIN:
        return file.review == Review.ACCEPTED
    return any(
        other.id > file.id and other.document == file.document and other.review == Review.ACCEPTED for other in files
    )
