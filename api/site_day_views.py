"""A site's day for programs."""

from __future__ import annotations

import datetime

from flask import Response

from api import request_schemas, response_schemas, serializers
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import Values, json_answer, operation, page_of, signed_in_key
from api.schema_fields import explained
from booking.queries.appointments import of_site_day
from core.errors import BadRequest, InvalidValue
from core.flask_context import current_runtime
from core.wall_clock import parse_day
from locations.catalogue_queries import catalogue_by_id
from people.residents.access_log import log_access
from people.staff.access_marks import api_scope


@blueprint.get("/sites/<site>/days/<date>")
@api_scope("read")
@operation(
    query=request_schemas.PageQuerySchema,
    answers={200: response_schemas.DaySchema},
    problems=(400, 404),
    paths={"site": "The site's slug.", "date": "The date at the site, like 2026-11-24."},
)
def day_list(site: str, date: str, query: Values) -> Response:
    """A site's day."""
    local_date = _parse_date(date)
    authority_id = signed_in_key().authority_id
    with current_runtime().database.writing() as db:
        catalogue = catalogue_by_id(db, authority_id)
        facts = catalogue.site(site)
        views = of_site_day(db, catalogue, facts.id, local_date)
        viewed = {"site_id": facts.id, "date": local_date.isoformat(), "appointments": len(views)}
        log_access(db, authority_id, None, api_actor(), "api_day_list", current_runtime().clock.now(), **viewed)
    page, cursor = page_of(views, lambda view: view.reference, query)
    items = [serializers.appointment(view) for view in page]
    return json_answer({"site": facts.slug, "date": local_date.isoformat(), "items": items, "next_cursor": cursor})


def _parse_date(text: str) -> datetime.date:
    try:
        return parse_day(text)
    except InvalidValue as error:
        raise BadRequest.in_field("date", "wrong_field", message=explained(error)) from error
