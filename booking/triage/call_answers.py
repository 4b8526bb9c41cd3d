"""The answers to a triage in a call, as one text among what is typed in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from booking.triage.given_answers import Given, answers_for_staff
from core.text import small_numbers
from locations.triage.tree import COME_TODAY, Tree

PASSED_BY = "passed"
FIELD = "answer-triage-"  # before the slug of the triage, in the name of the field
MOST_STEPS = 40


def field_of(tree: Tree) -> str:
    """The field of a call that keeps the answers to this triage."""
    return f"{FIELD}{tree.slug}"


def given_in_call(tree: Tree, typed: Mapping[str, str]) -> Given:
    """The answers that are kept in a call, along their path; none to another version of the triage."""
    version, _, text = typed.get(field_of(tree), "").partition(":")
    given = Given(tree.slug, tree.version)
    if version != str(tree.version):
        return given
    for number in small_numbers(text.split("."), most=MOST_STEPS):
        question = given.path_in(tree).question
        if question is None:
            break
        given = replace(given, numbers={**given.numbers, question.slug: number - 1})
    return given


def is_passed_by(tree: Tree, typed: Mapping[str, str]) -> bool:
    """Whether the questions are not asked in this call."""
    return typed.get(field_of(tree), "") == PASSED_BY


def was_answered_before(tree: Tree, typed: Mapping[str, str]) -> bool:
    """Whether the triage was answered in this call as it was before the council changed it."""
    version, _, numbers = typed.get(field_of(tree), "").partition(":")
    return bool(numbers) and version != str(tree.version)


def may_see_times(tree: Tree, typed: Mapping[str, str]) -> bool:
    """Whether times are shown: the questions are not asked, or the answers lead to an outcome that is not urgent.

    What is urgent is never a search for a time, but for one of today where the outcome says so.
    """
    path = given_in_call(tree, typed).path_in(tree)
    if path.outcome is None:
        return is_passed_by(tree, typed)
    return not path.is_urgent or path.outcome.kind == COME_TODAY


def text_of(tree: Tree, numbers: Iterable[int]) -> str:
    """These answers along the path as a call keeps them."""
    return f"{tree.version}:{'.'.join(str(number + 1) for number in numbers)}"


def answers_in_call(trees: Iterable[Tree], typed: Mapping[str, str]) -> dict[str, str]:
    """Every answer that goes on with an appointment that is booked in the call, by its question."""
    answers: dict[str, str] = {}
    for tree in trees:
        answers |= answers_for_staff(tree, given_in_call(tree, typed))
    return answers
