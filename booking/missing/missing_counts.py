"""What is counted when somebody is turned away: the person once, and each document that was missing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

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


def counted_of(whole: MissingKey, missing: Sequence[str], asked: Collection[str]) -> list[MissingKey]:
    """What is counted of one person without the documents `missing`, where the service asks for those in `asked`."""
    names = dict.fromkeys(one if one in asked else OTHER for one in missing)
    return [
        MissingKey(whole.authority_id, whole.day, whole.site, whole.service, name) for name in (PEOPLE, *sorted(names))
    ]
