"""The triages of a council for its administrators: a drawn map of each, its parts and paths as lists, and the checks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from flask import render_template
from flask.typing import ResponseReturnValue

from council.council_blueprint import SET_UP_PATH, blueprint
from locations.triage.tree import Path, Tree
from locations.triage.tree_checks import problems_of
from locations.triage.tree_map import TreeMap, map_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import staff_context

MOST_PATHS = 100


@dataclass(frozen=True)
class DrawnTriage:
    """A triage with its map and its paths, the first MOST_PATHS of them."""

    tree: Tree
    map: TreeMap
    paths: tuple[Path, ...]
    has_more: bool
    is_in_order: bool

    def name_of(self, slug: str) -> str:
        """The words of a question or outcome."""
        question, outcome = self.tree.questions.get(slug), self.tree.outcomes.get(slug)
        return question.ask if question else outcome.title if outcome else ""


@blueprint.get(f"{SET_UP_PATH}/triages")
@requires(Action.MANAGE_SET_UP)
def triages() -> ResponseReturnValue:
    """Every triage of the council."""
    with staff_context() as context:
        triages_drawn = [drawn(tree) for tree in context.authority.triages]
        return render_template("council/triages.html", name=context.authority.name, triages=triages_drawn)


def drawn(tree: Tree) -> DrawnTriage:
    """The triage with its map, and its first paths."""
    paths = tuple(islice(tree.paths(), MOST_PATHS + 1))
    return DrawnTriage(tree, map_of(tree), paths[:MOST_PATHS], len(paths) > MOST_PATHS, not problems_of(tree))
