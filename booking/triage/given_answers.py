"""The answers that somebody has given in a triage, and what of them goes on with an appointment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from locations.triage.tree import BOOK, COME_TODAY, Path, Question, Tree

OWN_REASON = "Why they ask for an appointment"  # stands for the question, with what somebody wrote who passed by
LONGEST_REASON = 500


@dataclass(frozen=True)
class Given:
    """Answers by question, as their numbers, to one version of a triage; and the reason of who passes by the questions."""

    triage: str
    version: int
    numbers: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""

    def stored(self) -> dict[str, Any]:
        """As values that JSON can keep."""
        return asdict(self) | {"numbers": dict(self.numbers)}

    def path_in(self, tree: Tree) -> Path:
        """How far the answers lead. To another version, or triage, none was given."""
        return tree.follow(self.numbers if self.is_of(tree) else {})

    def is_of(self, tree: Tree) -> bool:
        """Whether these are answers to the tree as it is."""
        return (self.triage, self.version) == (tree.slug, tree.version)

    def with_answer(self, question: Question, number: int) -> Given:
        """The same with another answer; those to questions further on are kept for whoever comes back."""
        return replace(self, numbers={**self.numbers, question.slug: number})


def may_search(path: Path, given: Given) -> bool:
    """Whether the answers lead on to a search for a time, or somebody passes by the questions; never what is urgent."""
    leads_there = path.outcome is not None and path.outcome.kind in (BOOK, COME_TODAY)
    return not path.is_urgent and (leads_there or bool(given.reason))


def given_from(stored: Mapping[str, Any] | None, tree: Tree) -> Given:
    """What is stored, if it is of this tree as it is; else nothing is given yet."""
    given = Given(**stored) if stored else None
    return given if given and given.is_of(tree) else Given(tree.slug, tree.version)


def answers_for_staff(tree: Tree, given: Given) -> dict[str, str]:
    """What goes on with the appointment: each answer by its question, in English, and the reason of who passed by."""
    words = given.path_in(tree).words
    return words | ({OWN_REASON: given.reason} if given.reason else {})
