"""What is wrong with a tree of questions: dead ends, loops, parts that nobody reaches, and answers that end wrong.

The ends are checked for each part together with what was answered on the way to it, not path by path, of which a small tree
may have a million. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from locations.triage.tree import (
    ABOUT_HOMELESSNESS,
    COME_TODAY,
    ENDS_OF_URGENT,
    NOT_ALONE_FOR_HOMELESSNESS,
    URGENT,
    Outcome,
    Tree,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, by a code, with the question or outcome of this slug; `others` are the slugs or words that show it."""

    code: str
    slug: str
    others: tuple[str, ...] = ()


def problems_of(tree: Tree) -> tuple[Problem, ...]:
    """All that is wrong with the tree; nothing where it can be used."""
    return (*_dead_ends(tree), *_loops(tree), *_unreachable(tree), *_wrong_ends(tree))


def _dead_ends(tree: Tree) -> Iterator[Problem]:
    if tree.first not in tree.questions:
        yield Problem("no_first", tree.first)
    for question in tree.questions.values():
        if not question.answers:
            yield Problem("no_answers", question.slug)
        for answer in question.answers:
            if answer.leads_to not in tree.questions and answer.leads_to not in tree.outcomes:
                yield Problem("leads_nowhere", question.slug, (answer.answer, answer.leads_to))


def _loops(tree: Tree) -> Iterator[Problem]:
    """Each question that leads back to itself, with the questions of the loop in their order."""
    done: set[str] = set()

    def walk(slug: str, way: tuple[str, ...]) -> Iterator[Problem]:
        if slug in way:
            yield Problem("loop", slug, (*way[way.index(slug) :], slug))
            return
        if slug in done or slug not in tree.questions:
            return
        for leads_to in dict.fromkeys(answer.leads_to for answer in tree.questions[slug].answers):
            yield from walk(leads_to, (*way, slug))
        done.add(slug)

    yield from walk(tree.first, ())


def _unreachable(tree: Tree) -> Iterator[Problem]:
    reached = {slug for slug, _ in _states(tree)}
    for slug in (*tree.questions, *tree.outcomes):
        if slug not in reached:
            yield Problem("unreachable", slug)


def _wrong_ends(tree: Tree) -> Iterator[Problem]:
    found: set[tuple[str, str]] = set()
    for (slug, meanings), words in _states(tree).items():
        outcome = tree.outcomes.get(slug)
        if outcome is None:
            continue
        for code in _wrong_for(outcome, meanings):
            if (code, slug) not in found:
                found.add((code, slug))
                yield Problem(code, slug, words)


def _wrong_for(outcome: Outcome, meanings: frozenset[str]) -> Iterator[str]:
    if meanings & URGENT and outcome.kind not in ENDS_OF_URGENT:
        yield "urgent_ends_wrong"
    elif meanings & ABOUT_HOMELESSNESS and outcome.kind in NOT_ALONE_FOR_HOMELESSNESS and not outcome.phone:
        yield "homelessness_online_alone"
    if meanings & URGENT and outcome.kind == COME_TODAY and not outcome.phone:
        yield "urgent_without_number"


def _states(tree: Tree) -> dict[tuple[str, frozenset[str]], tuple[str, ...]]:
    """Each part that is reached, with what was meant on the way, and the words of the shortest way there."""
    start = (tree.first, frozenset[str]())
    ways: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        slug, meanings = here
        for answer in tree.questions[slug].answers if slug in tree.questions else ():
            there = (answer.leads_to, meanings | {answer.means} if answer.means else meanings)
            if there not in ways:
                ways[there] = (*ways[here], answer.answer)
                waiting.append(there)
    return ways
