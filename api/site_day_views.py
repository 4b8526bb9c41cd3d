"""A site's day for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response

from api import serializers
from api.key_guard import api_actor
from api.request_context import json_answer, page_of, signed_in_key
from api.schema_fields import explained
from booking.queries.appointments import of_site_day
from core.errors import BadRequest, InvalidValue
from core.flask_context import current_runtime
from core.wall_clock import parse_day
from locations.catalogue_queries import catalogue_by_id
from people.residents.access_log import log_access


def day_list(slug: str, day: str, query: dict[str, Any]) -> Response:
    """A page of the day's appointments, by start. That they were looked at is put on record."""
    wanted = _date(day)
    authority_id = signed_in_key().authority_id
    with current_runtime().database.writing() as db:
        catalogue = catalogue_by_id(db, authority_id)
        site = catalogue.site(slug)
        views = of_site_day(db, catalogue, site.id, wanted)
        facts = {"site_id": site.id, "date": wanted.isoformat(), "appointments": len(views)}
        log_access(db, authority_id, None, api_actor(), "api_day_list", current_runtime().clock.now(), **facts)
    page, cursor = page_of(views, lambda view: view.reference, query)
    items = [serializers.appointment(view) for view in page]
    return json_answer({"site": site.slug, "date": wanted.isoformat(), "items": items, "next_cursor": cursor})


def _date(text: str) -> date:
    try:
        return parse_day(text)
    except InvalidValue as error:
        raise BadRequest.in_field("date", "wrong_field", message=explained(error)) from error
