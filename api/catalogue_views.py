"""Services and sites for programs, and how requests name them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from api import request_schemas, response_schemas, serializers
from api.blueprint import blueprint
from api.operations import Values, json_answer, operation, page_of, published_catalogue
from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import SlotQuery
from core.errors import BadRequest
from core.flask_context import current_runtime
from locations.drop_in_hours import drop_ins
from locations.model import Catalogue
from locations.postcodes import PostcodePlace, locate
from people.staff.access_marks import api_scope


@blueprint.get("/services")
@api_scope("read", open_when_published=True)
@operation(
    query=request_schemas.ServicesQuerySchema,
    answers={200: response_schemas.ServicesSchema},
    problems=(400, 404),
)
def services(query: Values) -> Response:
    """What residents can be seen about."""
    with current_runtime().database.reading() as db:
        catalogue = published_catalogue(db, query.get("authority"))
    page, cursor = page_of(catalogue.public_services(), lambda service: service.slug, query)
    return json_answer({"items": [serializers.service(facts) for facts in page], "next_cursor": cursor})


@blueprint.get("/sites")
@api_scope("read", open_when_published=True)
@operation(query=request_schemas.SitesQuerySchema, answers={200: response_schemas.SitesSchema}, problems=(400, 404))
def sites(query: Values) -> Response:
    """Where people can go."""
    with current_runtime().database.reading() as db:
        catalogue = published_catalogue(db, query.get("authority"))
    slot_query = SlotQuery(service_ids=known_services(catalogue, query.get("service", ())))
    place = place_near(query["near"]) if "near" in query else None
    found = [pair for pair in sites_by_distance(catalogue, slot_query, place) if pair[0].service_ids]
    page, cursor = page_of(found, lambda pair: pair[0].slug, query)
    now, zone = current_runtime().clock.now(), catalogue.authority.zone
    slugs = {service.id: service.slug for service in catalogue.services}
    items = [
        serializers.site(site, miles, drop_ins(site, slot_query.service_ids, now, zone), slugs) for site, miles in page
    ]
    return json_answer({"items": items, "next_cursor": cursor})


def known_services(catalogue: Catalogue, slugs: Sequence[str]) -> tuple[int, ...]:
    """The ids of the services of these slugs. Raises: BadRequest, also for one that no site offers."""
    known = {service.slug: service.id for service in catalogue.public_services()}
    for slug in slugs:
        if slug not in known:
            raise BadRequest.in_field("service", "service_unknown", authority=catalogue.authority.name, key=slug)
    return tuple(known[slug] for slug in slugs)


def known_sites(catalogue: Catalogue, slugs: Sequence[str]) -> tuple[int, ...]:
    """The ids of the sites of these slugs. Raises: BadRequest, also for one that offers nothing."""
    known = {site.slug: site.id for site in catalogue.sites if site.service_ids}
    for slug in slugs:
        if slug not in known:
            raise BadRequest.in_field("site", "site_unknown", authority=catalogue.authority.name, key=slug)
    return tuple(known[slug] for slug in slugs)


def place_near(postcode: str) -> PostcodePlace:
    """Where a postcode, or its beginning, lies. Raises: BadRequest."""
    place = locate(postcode)
    if place is None:
        raise BadRequest.in_field("near", "postcode_unknown")
    return place
