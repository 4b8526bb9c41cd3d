"""What is counted when somebody is turned away: the person once, and each document that was missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from locations.model import ServiceFacts

LONGEST_NAME = 300
PEOPLE, OTHER = "people", "other"
"""In place of a document: how many people were turned away, and what is on no list of the council's."""


@dataclass(frozen=True, order=True)
class MissingKey:
    """What is counted: a day, the slugs of site and service, and the document, or `PEOPLE` or `OTHER`."""

    authority_id: int
    day: date
    site: str
    service: str
    document: str


@dataclass(frozen=True)
class MissingCount:
    """How often something was counted."""

    day: date
    site: str
    service: str
    document: str
    number: int


def document_names(service: ServiceFacts) -> list[str]:
    """What each document of the service is called, in their order: without how many of it, and for when."""
    in_cases = [name for case in service.documents_by_case for name in case.documents]
    names = (*service.documents, *in_cases, *(rule.document for rule in service.documents_by_rule))
    return [name[:LONGEST_NAME] for name in names]


def document_words(service: ServiceFacts) -> list[str]:
    """The same documents in the same order, as people read them in the language of the service."""
    in_cases = [name for case in service.documents_by_case for name in case.documents]
    return [*service.documents, *in_cases, *(rule.name for rule in service.documents_by_rule)]


def counted_of(missing: Sequence[str], asked: Collection[str]) -> list[str]:
    """What is counted of one person without the documents `missing`, where the council asks for those in `asked`."""
    return [PEOPLE, *sorted({one if one in asked else OTHER for one in missing})]
