"""What to bring to a visit, by service. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.language import Language
from locations.model import ServiceFacts

TO_THE_PERSON = re.compile(r"\b(?:you|yours?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Papers:
    """What to bring for a service. `service` is its name where the visit has others beside it, else empty."""

    service: str
    documents: tuple[str, ...]


def papers_of(services: Sequence[ServiceFacts]) -> tuple[Papers, ...]:
    """What to bring to a visit, by service: "their certificate" of one is unclear beside "your passport" of another."""
    return tuple(
        Papers(service.name if len(services) > 1 else "", tuple(dict.fromkeys(service.documents)))
        for service in services
        if service.documents
    )


def means_somebody_else(papers: Sequence[Papers]) -> bool:
    """Whether the papers speak to the person whom they belong to, which a helper has to be told."""
    return any(TO_THE_PERSON.search(document) for paper in papers for document in paper.documents)


def paper_lines(papers: Sequence[Papers], *, acts_for: str, language: Language) -> list[str]:
    """The papers as lines of plain text, for whom they are told to, or who acts for the person of this name."""
    lines = []
    if acts_for and means_somebody_else(papers):
        lines.append(language.gettext("In this list, “you” is %(name)s.", name=acts_for))
    for paper in papers:
        lines += [f"{paper.service}:"] * bool(paper.service)
        lines += [f"- {document}" for document in paper.documents]
    return lines
