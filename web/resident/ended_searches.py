"""Counts how a search ended online without an appointment."""

from __future__ import annotations

from locations.triage.in_front import services_behind
from locations.triage.tree import BOOK, Path, Tree
from web.page_context import PageContext
from web.resident.search_state import SearchState
from web.search_counting import count_search


def count_end(context: PageContext, search: SearchState, reason: str, *, is_shown_again: bool = False) -> None:
    """Count a search that ends for this reason; one whose page is shown again counts once. Who moves a visit has one."""
    if not search.moving:
        once = search.visit if is_shown_again else ""
        count_search(context, search.services, reason, site=search.site, once=once)


def count_outcome(context: PageContext, search: SearchState, tree: Tree, before: Path, now: Path) -> None:
    """Count that the answers to a triage lead to something else than a search."""
    if now.outcome is not None and now.outcome is not before.outcome and now.outcome.kind != BOOK:
        count_search(context, services_in(context, search, tree), now.outcome.kind, site=search.site)


def services_in(context: PageContext, search: SearchState, tree: Tree) -> tuple[str, ...]:
    """The services of the search; where none is chosen, those behind the triage, unless these are all."""
    if search.services or tree.front_page:
        return search.services
    return tuple(one.slug for one in services_behind(context.catalogue, tree))
