"""What people read for whom a service is not, by where they live, or of whom nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from locations.catchment import Catchment, catchment_of
from locations.model import ServiceFacts
from locations.triage_questions import TriageQuestion
from web.page_context import PageContext
from web.resident.page_rendering import show_search
from web.resident.search_state import SearchState


def rules_of(services: Sequence[ServiceFacts]) -> list[Catchment]:
    """The rules of these services about where people live."""
    return [one for one in map(catchment_of, services) if one and one.is_rule]


def unmet_page(
    context: PageContext,
    search: SearchState,
    rules: Sequence[Catchment],
    postcode: str,
    wrong: Sequence[TriageQuestion] = (),
) -> Response | None:
    """What to do instead for somebody who lives elsewhere or gave a `wrong` answer; None for somebody with neither.

    Whose postcode is in no ward that we know reads whom to ask.
    """
    unmet = [rule for rule in rules if not rule.has(postcode)]
    elsewhere = [rule for rule in unmet if not rule.cannot_tell(postcode)]
    if wrong or elsewhere:
        return show_search("not_this_service", context, search, wrong=[*wrong, *elsewhere])
    return ward_unknown_page(context, search, unmet) if unmet else None


def ward_unknown_page(context: PageContext, search: SearchState, rules: Sequence[Catchment]) -> Response:
    """We do not know in which ward a postcode lies: whom to ask."""
    wards = [ward.name for rule in rules for ward in rule.wards]
    return show_search("ward_unknown", context, search, wards=wards)
