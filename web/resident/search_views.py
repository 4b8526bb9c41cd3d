"""The pages of a search: support needs, place, day, time. They only read; the address holds the state of the search."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident import search_pages
from web.resident.forms import NeedsForm
from web.resident.page_rendering import show
from web.resident.search_state import SearchState, read_search_state, services_of
from web.resident.urls import blueprint
from web.resident.visit_view import searched_place
from web.response_headers import allow_private_cache


def _page(template: str, context: PageContext, search: SearchState, **values: object) -> Response:
    names = " + ".join(service.name for service in services_of(context.catalogue, search))
    return allow_private_cache(Response(show(template, context, search=search, service_names=names, **values)))


@blueprint.get("/<authority:authority>/needs")
@public
def needs(authority: str) -> ResponseReturnValue:
    """The support needs. They come first, because they decide which places and times fit."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        return _needs(context, search, NeedsForm(data={"need": list(search.needs), "language": search.language}))


def _needs(context: PageContext, search: SearchState, form: NeedsForm) -> Response:
    back = f"{context.base}/services/{search.services[0]}?visit={search.visit}" if search.services else context.base
    return _page("needs", context, search, form=form, back=back)


@blueprint.get("/<authority:authority>/where")
@public
def where(authority: str) -> ResponseReturnValue:
    """The places, nearest first, each with its first free time; or by video or phone; or anywhere."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        form = NeedsForm(formdata=request.args)
        if not search.moving and not form.validate():  # an appointment that is moved has its needs already
            return _needs(context, search, form)
        found = search_pages.places(context, search)
        back = f"{context.base}/{'when' if search.moving else 'needs'}?{search.query()}"
        return _page("where", context, search, found=found, has_errors=found.is_unknown, back=back)


@blueprint.get("/<authority:authority>/when")
@public
def when(authority: str) -> ResponseReturnValue:
    """A month, with how much is free on each day."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        found = search_pages.month(context, search)
        back = f"{context.base}/where?{search.query(site='', mode='', month='', day='')}"
        if search.moving:
            back = f"{context.base}/appointment/{search.moving}"
        return _page("when", context, search, found=found, place=searched_place(found.site, search.mode), back=back)


@blueprint.get("/<authority:authority>/times")
@public
def times(authority: str) -> ResponseReturnValue:
    """The free times of one day."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        found = search_pages.day(context, search)
        back = f"{context.base}/when?{search.query(day='', month=found.on.strftime('%Y-%m'))}"
        return _page("times", context, search, found=found, place=searched_place(found.site, search.mode), back=back)
