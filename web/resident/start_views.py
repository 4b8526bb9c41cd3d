"""The first pages: the councils, a council's services, what to know before booking, and the statements."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from booking.counted import minutes_of_one
from core.flask_context import current_runtime
from locations.catalogue_queries import authorities
from locations.first_page import by_topic, in_order
from locations.model import Catalogue, ServiceFacts
from locations.triage.in_front import triage_before, triage_of_front_page
from people.staff.access_marks import public
from web.branding import brand_css
from web.page_context import PageContext, council_context
from web.resident.drafts import new_visit
from web.resident.ended_pages import show_ended
from web.resident.opened_appointments import limit_reached_here
from web.resident.page_rendering import remote_modes_text, show
from web.resident.search_state import (
    LONGEST_TEXT,
    MAX_SERVICES,
    SearchState,
    ended_in,
    has_ended,
    modes_of,
    read_search_state,
)
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache
from web.service_search import services_named


@blueprint.get("/")
@public
def front() -> ResponseReturnValue:
    """The councils, or straight to the only one."""
    with current_runtime().database.reading() as db:
        found = authorities(db)
    if len(found) == 1:
        return redirect(f"/{found[0].slug}/", code=303)
    return render_template("resident/councils.html", authorities=found)


@blueprint.get("/<authority:authority>/")
@public
def start(authority: str) -> ResponseReturnValue:
    """A council's services by topic; those alone that fit the words of a search, the best first, when there are any."""
    with council_context(authority) as context:
        services = tuple(one for one in context.catalogue.public_services() if not has_ended(one, context.today))
        wanted = " ".join(request.args.get("find", "").split())[:LONGEST_TEXT]
        found = services_named(services, wanted)
        is_unknown = bool(wanted) and not found
        topics = in_order(found) if found else by_topic(services, context.authority.service_order)
        front = triage_of_front_page(context.catalogue)
        page = show("start", context, topics=topics, front=front, wanted=wanted, is_unknown=is_unknown)
    return allow_private_cache(Response(page))


@blueprint.get("/<authority:authority>/services/<slug>")
@public
def service(authority: str, slug: str) -> ResponseReturnValue:
    """What to know before booking a service."""
    with council_context(authority) as context:
        if ended := ended_in(context.catalogue, SearchState(services=(slug,)), context.today):
            return show_ended(context, ended)
        selected = context.catalogue.public_service(slug)
        search = _search_for(slug)
        limit = limit_reached_here(context, (selected,))
        page = service_page(context, selected, search, limit=limit, back=f"{context.base}/")
    # What is said of somebody's appointments is not kept: a shared computer shows it to nobody else.
    return Response(page) if limit else allow_private_cache(Response(page))


def service_page(context: PageContext, selected: ServiceFacts, search: SearchState, **more: Any) -> str:
    """The page that says what to know before booking a service."""
    return show(
        "service",
        context,
        service=selected,
        shortest=minutes_of_one(selected),
        search=search,
        triage=triage_before(context.catalogue, (selected,)),
        has_partners=bool(partners_of(context.catalogue, selected)),
        remote_modes=remote_modes_text(selected),
        **more,
    )


@blueprint.get("/<authority:authority>/services/<slug>/together", endpoint="together")
@public
def add_service(authority: str, slug: str) -> ResponseReturnValue:
    """A second service for the same visit."""
    with council_context(authority) as context:
        if ended := ended_in(context.catalogue, SearchState(services=(slug,)), context.today):
            return show_ended(context, ended)
        selected = context.catalogue.public_service(slug)
        search = SearchState(
            services=(slug,), visit=read_search_state(request.args.to_dict(flat=False)).visit or new_visit()
        )
        page = show(
            "add_service",
            context,
            service=selected,
            search=search,
            partners=partners_of(context.catalogue, selected),
            back=f"{context.base}/services/{slug}?visit={search.visit}",
        )
    return allow_private_cache(Response(page))


def _search_for(slug: str) -> SearchState:
    """A new search for one service; the visit keeps the name that the address gives it."""
    visit = read_search_state(request.args.to_dict(flat=False)).visit
    return SearchState(services=(slug,), visit=visit or new_visit())


def partners_of(catalogue: Catalogue, service: ServiceFacts) -> list[ServiceFacts]:
    """The services that can share a visit with `service`: at one place at least and in one mode at least."""
    return [
        other
        for other in sorted(catalogue.services, key=lambda other: other.name)
        if other is not service
        and other.bookable_online
        and modes_of((service, other))
        and any({service.id, other.id} <= site.service_ids for site in catalogue.sites)
    ][: MAX_SERVICES * 10]


@blueprint.get("/<authority:authority>/brand.css")
@public
def brand(authority: str) -> ResponseReturnValue:
    """The council's colours as a stylesheet; its address changes with the colour."""
    with council_context(authority) as context:
        sheet = Response(brand_css(context.authority.brand_colour), mimetype="text/css")
    sheet.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return sheet
