"""Who rings, for a telephone system: what an agent may know before they answer."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import serializers, telephone_schemas
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import json_answer, operation, signed_in_key
from api.schema_fields import explained
from booking.queries.appointments import AppointmentView, of_resident
from booking.states import State
from core.contact_values import parse_phone
from core.errors import BadRequest, InvalidValue
from core.flask_context import current_runtime
from core.rate_limits import check_rate_limit
from locations.catalogue_queries import catalogue_by_id
from people.residents.access_log import log_access
from people.residents.phone_queries import residents_of_phone
from people.residents.register_queries import on_register
from people.residents.tables import Resident
from people.staff.access_marks import api_scope

LIMIT = "600/hour"  # of one key: a busy switchboard, and not a list of numbers to be tried
MOST = 5  # who has the same number; an agent asks


@blueprint.get("/callers/<number>")
@api_scope("callers")
@operation(
    answers={200: telephone_schemas.CallersSchema},
    problems=(400,),
    paths={"number": "The telephone number that rings, in any format."},
)
def callers(number: str) -> Response:
    """Who has this number, or acts for whom: no contact, and no reason for which anybody comes. Each answer is on record.

    Whoever rings may be somebody else: before anything is read out, an agent asks for two facts.
    """
    phone, key, runtime = _parsed(number), signed_in_key(), current_runtime()
    check_rate_limit(runtime, LIMIT, "callers", str(key.key_id))
    with runtime.database.writing() as db:
        catalogue, now = catalogue_by_id(db, key.authority_id), runtime.clock.now()
        found = residents_of_phone(db, key.authority_id, phone, MOST + 1)
        for resident in found[:MOST]:
            log_access(db, key.authority_id, resident.id, api_actor(), "api_caller", now)
        items, registered = [], on_register(db, [resident.id for resident in found[:MOST]])
        for resident in found[:MOST]:
            views = of_resident(db, catalogue, resident.id)
            coming = [view for view in views if view.state is State.BOOKED and view.ends_at > now]
            page = f"{runtime.settings.public_url}/staff/calls/residents/{resident.id}"
            items.append(_caller(resident, coming, page, is_registered=resident.id in registered))
    return json_answer({"items": items, "has_more": len(found) > MOST})


def _parsed(number: str) -> str:
    try:
        return parse_phone(number)
    except InvalidValue as error:
        raise BadRequest.in_field("number", "wrong_field", message=explained(error)) from error


def _caller(resident: Resident, coming: list[AppointmentView], page: str, *, is_registered: bool) -> dict[str, Any]:
    following = min(coming, key=lambda view: view.starts_at, default=None)
    return {
        "name": resident.name,
        "message_language": resident.message_language,
        "spoken_language": resident.language,
        "support_needs": sorted(resident.support_needs),
        "appointments": len(coming),
        "next": None
        if following is None
        else {
            "reference": following.reference,
            "starts_at": serializers.moment(following.starts_at, following.zone),
            "site": following.site.slug,
        },
        "on_register": is_registered,
        "page": page,
    }
