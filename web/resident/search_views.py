"""From a service to a time: support needs, place, day, time. Only reads; every step stands in the address."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident import search_pages
from web.resident.forms import NeedsForm
from web.resident.page_rendering import show
from web.resident.search_state import Steps, read_steps, services_of
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache


def _page(template: str, context: PageContext, steps: Steps, **values: object) -> Response:
    services = services_of(context.catalogue, steps)
    names = [service.name for service in services]
    return allow_private_cache(Response(show(template, context, steps=steps, services=services, names=names, **values)))


@blueprint.get("/<authority:authority>/needs")
@public
def needs(authority: str) -> ResponseReturnValue:
    """What would make the visit work; asked first, because it decides which places and times fit."""
    with council_context(authority) as context:
        steps = read_steps(request.args.to_dict(flat=False))
        return _needs(context, steps, NeedsForm(data={"need": list(steps.needs), "language": steps.language}))


def _needs(context: PageContext, steps: Steps, form: NeedsForm) -> Response:
    back = f"{context.base}/services/{steps.services[0]}?visit={steps.visit}" if steps.services else context.base
    return _page("needs", context, steps, form=form, back=back)


@blueprint.get("/<authority:authority>/where")
@public
def where(authority: str) -> ResponseReturnValue:
    """The places, nearest first, each with its first free time; or by video or phone; or anywhere."""
    with council_context(authority) as context:
        steps = read_steps(request.args.to_dict(flat=False))
        form = NeedsForm(formdata=request.args)
        if not steps.moving and not form.validate():  # who moves an appointment is not asked again
            return _needs(context, steps, form)
        found = search_pages.places(context, steps)
        back = f"{context.base}/{'when' if steps.moving else 'needs'}?{steps.query()}"
        return _page("where", context, steps, found=found, has_errors=found.is_unknown, back=back)


@blueprint.get("/<authority:authority>/when")
@public
def when(authority: str) -> ResponseReturnValue:
    """A month, with how much is free on each day."""
    with council_context(authority) as context:
        steps = read_steps(request.args.to_dict(flat=False))
        found = search_pages.month(context, steps)
        back = f"{context.base}/where?{steps.query(site='', mode='', month='', day='')}"
        if steps.moving:
            back = f"{context.base}/appointment/{steps.moving}"
        return _page("when", context, steps, found=found, back=back)


@blueprint.get("/<authority:authority>/times")
@public
def times(authority: str) -> ResponseReturnValue:
    """The free times of one day."""
    with council_context(authority) as context:
        steps = read_steps(request.args.to_dict(flat=False))
        found = search_pages.day(context, steps)
        back = f"{context.base}/when?{steps.query(day='', month=found.on.strftime('%Y-%m'))}"
        return _page("times", context, steps, found=found, back=back)
