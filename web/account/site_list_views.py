"""All sites of a member of staff in a council that has many, some on each page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

from locations.model import SiteFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from people.staff.sign_in_sessions import SignedInStaff
from web.account.home import sites_of_staff, url_or_none
from web.account.staff_blueprint import blueprint
from web.page_context import staff_context

ON_A_PAGE = 50
LONGEST_NAME = 100
PAGES = (
    (Action.SEE_DAY_LIST, "site.today"),
    (Action.MANAGE_SESSIONS, "planner.week"),
    (Action.MANAGE_FEEDS, "site.feeds"),
)


@dataclass(frozen=True)
class ListedSite:
    """A site, and the addresses of what they may open there."""

    name: str
    today: str | None
    week: str | None
    feeds: str | None


@blueprint.get("/sites")
@requires(Action.SEE_DAY_LIST)
def all_sites() -> ResponseReturnValue:
    """The sites whose name has what is looked for, all of them without it."""
    wanted = " ".join(request.args.get("name", "").split())[:LONGEST_NAME]
    with staff_context() as context:
        sites = [
            site for site in sites_of_staff(context.staff, context.catalogue.sites) if _is_wanted(site.name, wanted)
        ]
        last_page = max(1, -(-len(sites) // ON_A_PAGE))
        page = min(max(1, request.args.get("page", 1, type=int)), last_page)
        shown = [
            ListedSite(site.name, *(_address(context.staff, site, *place) for place in PAGES))
            for site in sites[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
        ]
        return render_template(
            "staff/sites.html", sites=shown, wanted=wanted, page=page, last_page=last_page, count=len(sites)
        )


def _address(staff: SignedInStaff, site: SiteFacts, action: Action, endpoint: str) -> str | None:
    return url_or_none(endpoint, site=site.slug) if staff.may(action, site_id=site.id) else None


def _is_wanted(name: str, wanted: str) -> bool:
    return all(word in name.casefold() for word in wanted.casefold().split())
