"""What is wrong with a triage, in the words of the screens: questions, answers and outcomes as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from locations.triage.tree import Tree
from locations.triage.tree_checks import Problem

TEXTS: Mapping[str, LazyString] = {
    "no_first": _l("It has no first question yet."),
    "no_answers": _l("{name} has no answers: nobody gets any further."),
    "leads_nowhere": _l("{name}: the answer {first} leads nowhere."),
    "loop": _l("It goes round in a loop: {way}."),
    "unreachable": _l("No answer leads to {name}."),
    "urgent_ends_wrong": _l("{name} is no end for what cannot wait ({way}): it must be to ring now or to come today."),
    "urgent_without_number": _l("{name} needs a telephone number, too, because it cannot wait ({way})."),
    "homelessness_online_alone": _l("{name} needs a telephone number, too: somebody may lose their home ({way})."),
}


def problem_text(tree: Tree, problem: Problem) -> str:
    """What is wrong, and where."""
    named = [_name(tree, one) for one in problem.others]
    words = {"name": _name(tree, problem.slug), "first": (named or [""])[0], "way": " → ".join(named)}
    text = str(TEXTS[problem.code])
    for key, value in words.items():
        text = text.replace(f"{{{key}}}", f"“{value}”" if key != "way" else value)
    return text


def _name(tree: Tree, slug: str) -> str:
    """The words of a question or outcome; those of an answer as they are."""
    question, outcome = tree.questions.get(slug), tree.outcomes.get(slug)
    return str(question.ask if question else outcome.title if outcome else slug)
