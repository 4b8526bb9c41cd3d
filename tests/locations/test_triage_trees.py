"""Trees of questions: how far answers lead, and what makes a tree that no council may have."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest

from locations.triage.tree import tree_in, tree_of
from locations.triage.tree_checks import Problem, problems_of
from locations.triage.tree_map import BOX_WIDTH, map_of
from tests.support.triages import TREE


def changed(part: str, number: int, **values: Any) -> dict[str, Any]:
    """The tree with other values of a question or outcome; of an answer by `answer`, its number and values."""
    tree = deepcopy(TREE)
    answer = values.pop("answer", None)
    tree[part][number] |= values
    if answer:
        tree[part][number]["answers"][answer[0]] |= answer[1]
    return tree


def test_answers_lead_to_the_next_question_or_to_an_outcome() -> None:
    tree = tree_of(TREE)
    assert tree.follow({}).question is tree.questions["tonight"]
    assert tree.follow({"tonight": 0}).question is tree.questions["what"]
    path = tree.follow({"tonight": 0, "what": 0})
    assert (path.outcome, path.is_about_homelessness, path.is_urgent) == (tree.outcomes["today"], True, False)
    assert path.words == {"Somewhere to sleep?": "Yes", "What is it?": "A notice"}
    assert tree.follow({"tonight": 1}).is_urgent
    assert tree.follow({"tonight": 9}).question is tree.questions["tonight"]
    assert [path.outcome.slug for path in tree.paths() if path.outcome] == [
        "today",
        "register",
        "advice",
        "duty",
        "duty",
    ]


def test_words_without_a_translation_stay_english() -> None:
    tree = tree_in(tree_of(TREE), "cy")
    first = tree.questions["tonight"]
    assert (first.ask, first.answers[0].answer, first.answers[1].answer) == ("Rhywle i gysgu?", "Oes", "No")


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        (TREE | {"first": "nothing"}, Problem("no_first", "nothing")),
        (changed("questions", 1, answers=[]), Problem("no_answers", "what")),
        (
            changed("questions", 0, answer=(0, {"leads_to": "waht"})),
            Problem("leads_nowhere", "tonight", ("Yes", "waht")),
        ),
        (
            changed("questions", 1, answer=(1, {"leads_to": "tonight"})),
            Problem("loop", "tonight", ("tonight", "what", "tonight")),
        ),
        (changed("questions", 0, answer=(0, {"leads_to": "duty"})), Problem("unreachable", "what")),
        (changed("outcomes", 0, kind="book"), Problem("urgent_ends_wrong", "duty", ("No",))),
        (changed("outcomes", 0, kind="online"), Problem("urgent_ends_wrong", "duty", ("No",))),
        (changed("outcomes", 0, kind="elsewhere"), Problem("urgent_ends_wrong", "duty", ("No",))),
        (changed("outcomes", 0, kind="come_today", phone=""), Problem("urgent_without_number", "duty", ("No",))),
        (
            changed("outcomes", 1, kind="online", phone=""),
            Problem("homelessness_online_alone", "today", ("Yes", "A notice")),
        ),
        (
            changed("outcomes", 1, kind="post", phone=""),
            Problem("homelessness_online_alone", "today", ("Yes", "A notice")),
        ),
    ],
)
def test_a_tree_that_helps_nobody_is_found(tree: dict[str, Any], problem: Problem) -> None:
    assert not problems_of(tree_of(TREE))
    assert problem in problems_of(tree_of(tree))


def test_an_urgent_answer_stays_urgent_over_questions_that_ask_more() -> None:
    """What is urgent may be said early: every end behind it is one for today, in a graph with a million paths too."""
    tree = deepcopy(TREE)
    tree["questions"][0]["answers"][1]["leads_to"] = "n0"
    for n in range(20):
        both = [{"answer": text, "leads_to": f"n{n + 1}"} for text in ("Yes", "No")]
        tree["questions"].append({"slug": f"n{n}", "ask": "And?", "answers": both})
    tree["questions"].append({"slug": "n20", "ask": "Last?", "answers": [{"answer": "Yes", "leads_to": "register"}]})
    found = [one.code for one in problems_of(tree_of(tree))]
    assert found == ["urgent_ends_wrong"]


def test_a_map_draws_each_part_once_and_below_all_that_leads_to_it() -> None:
    drawn = map_of(tree_of(TREE))
    assert sorted(drawn.boxes) == sorted(one["slug"] for part in ("questions", "outcomes") for one in TREE[part])
    assert all(line.start.foot < line.end.y for line in drawn.lines)
    assert len(drawn.lines) == 5
    assert len({(box.x, box.y) for box in drawn.boxes.values()}) == len(drawn.boxes)


def test_no_line_of_a_map_crosses_a_box() -> None:
    drawn = map_of(tree_of(changed("questions", 0, answer=(1, {"leads_to": "register"}))))
    assert any(line.end.row > line.start.row + 1 for line in drawn.lines)
    for line in drawn.lines:
        for (x, y), (to_x, to_y) in pairwise(line.points):
            between = [(x + (to_x - x) * part / 100, y + (to_y - y) * part / 100) for part in range(1, 100)]
            for box in drawn.boxes.values():
                assert not [at for at in between if box.x <= at[0] <= box.x + BOX_WIDTH and box.y <= at[1] <= box.foot]
