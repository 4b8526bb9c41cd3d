"""The answers that somebody has given in a triage, and what of them goes on with an appointment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from locations.triage.tree import BOOK, COME_TODAY, Path, Question, Tree, in_english

OWN_REASON = "Why they ask for an appointment"  # stands for the question, with what somebody wrote who passed by
LONGEST_REASON = 500


@dataclass(frozen=True)
class Given:
    """Answers by question, as their numbers, to one version of a triage; and the reason of who passes by the questions.

    `words` are the question and the answer in English, by the question's slug, as they were when it was answered.
    `has_changed` says that the triage is another one since, and that not every answer is one to it. `began_at` is the
    instant of the first answer, in ISO 8601.
    """

    triage: str
    version: int
    numbers: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    has_changed: bool = False
    began_at: str = ""

    def stored(self) -> dict[str, Any]:
        """As values that JSON can keep."""
        return {**asdict(self), "numbers": dict(self.numbers), "words": dict(self.words)}

    def path_in(self, tree: Tree) -> Path:
        """How far the answers lead. To another version, or triage, none was given."""
        return tree.follow(self.numbers if self.is_of(tree) else {})

    def is_of(self, tree: Tree) -> bool:
        """Whether these are answers to the tree as it is."""
        return (self.triage, self.version) == (tree.slug, tree.version)

    def with_answer(self, tree: Tree, question: Question, number: int) -> Given:
        """The same with another answer; those to questions further on are kept for whoever comes back."""
        given = replace(self, numbers={**self.numbers, question.slug: number}, has_changed=False)
        return replace(given, words=_words_of(given.path_in(in_english(tree))))

    def carried_to(self, tree: Tree) -> Given:
        """The same answers to the triage as it is now: each whose question and answer have kept their words."""
        found = _numbers_of(in_english(tree), self.words)
        numbers = {slug: number for slug, number in found.items() if number is not None}
        is_whole = len(numbers) == len(self.words)
        return replace(self, version=tree.version, numbers=numbers, has_changed=not is_whole)


def may_search(path: Path, given: Given) -> bool:
    """Whether the answers lead on to a search for a time, or somebody passes by the questions; never what is urgent."""
    leads_there = path.outcome is not None and path.outcome.kind in (BOOK, COME_TODAY)
    return not path.is_urgent and (leads_there or bool(given.reason))


def given_from(stored: Mapping[str, Any] | None, tree: Tree) -> Given:
    """What is stored of this triage, carried to it as it is; nothing where it is of another one."""
    given = Given(**stored) if stored else None
    if given is None or given.triage != tree.slug:
        return Given(tree.slug, tree.version)
    return given if given.is_of(tree) else given.carried_to(tree)


def answers_for_staff(tree: Tree, given: Given) -> dict[str, str]:
    """What goes on with the appointment: each answer by its question, in English, and the reason of who passed by.

    Where the triage has changed since, what was answered goes on in the words of then.
    """
    words = dict(given.words.values()) if given.has_changed else given.path_in(tree).words
    return words | ({OWN_REASON: given.reason} if given.reason else {})


def is_approach(tree: Tree, given: Given) -> bool:
    """Whether somebody asks for help with homelessness: by an answer, or by asking for an appointment where that may be."""
    is_asked = bool(given.reason) and tree.may_be_about_homelessness
    return is_asked or given.path_in(tree).is_about_homelessness


def words_of(answers: Mapping[str, str]) -> str:
    """Answers by question as lines."""
    return "\n".join(f"{question} {answer}" for question, answer in answers.items())


def _numbers_of(tree: Tree, words: Mapping[str, tuple[str, str]]) -> dict[str, int | None]:
    """The number of the answer with these words, by the slug of its question; None where the tree has it no more."""
    found: dict[str, int | None] = {}
    for slug, (ask, answer) in words.items():
        question = tree.questions.get(slug)
        known = [one.answer for one in question.answers] if question and question.ask == ask else []
        found[slug] = known.index(answer) if answer in known else None
    return found


def _words_of(path: Path) -> dict[str, tuple[str, str]]:
    return {step.question.slug: (step.question.ask, step.answer.answer) for step in path.steps}
