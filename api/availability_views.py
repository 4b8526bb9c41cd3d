"""Free slots for programs: everything that can be booked, thousands of slots in one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from flask import Response
from sqlalchemy.orm import Session

from api import request_schemas, response_schemas
from api.blueprint import blueprint
from api.catalogue_views import known_services, known_sites, place_near
from api.key_guard import require_book_key
from api.operations import Values, operation, published_catalogue
from api.repeated_answers import repeated_while_unchanged
from api.schema_fields import first_unit_of
from api.slot_json import slot_items, slots_json, token_in
from booking.availability.values import Slot
from booking.counted import counts_asked
from booking.queries.advisers import adviser_of, today_of
from booking.queries.appointments import by_reference
from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import SlotQuery, made_of_slots
from booking.slot_tokens import Counts, SlotKey, decode
from core.errors import BadRequest, Invalid, NotFound
from core.flask_context import current_runtime
from core.wall_clock import local_date_of
from locations.model import Catalogue
from people.staff.access_marks import api_scope

SortKey = tuple[int, int]
"""By what slots are sorted in the response."""

ASKED = ("near", "first", "last", "limit", "cursor")  # what of a request the slots themselves do not depend on


@blueprint.get("/availability")
@api_scope("read", open_when_published=True)
@repeated_while_unchanged
@operation(
    query=request_schemas.AvailabilityQuerySchema, answers={200: response_schemas.SlotsSchema}, problems=(400, 404)
)
def free_slots(query: Values) -> Response:
    """Every free slot."""
    with current_runtime().database.reading() as db:
        catalogue = published_catalogue(db, query.get("authority"))
        slot_query = _slot_query(catalogue, query)
        if "after" in query:
            slot_query = replace(slot_query, adviser=_adviser(db, catalogue, slot_query, query["after"]))
        question = ("availability", *(query.get(name) for name in ASKED))
        answer = made_of_slots(
            db,
            catalogue,
            slot_query,
            current_runtime().clock.now(),
            question,
            partial(_answer, catalogue, slot_query, query),
        )
    return Response(answer, mimetype="application/json")


def _answer(catalogue: Catalogue, slot_query: SlotQuery, query: Values, found: list[Slot]) -> bytes:
    """The body of the answer: those of the slots found that are asked for."""
    slots = _between(found, query)
    sort_key = _by_distance(catalogue, slot_query, query["near"]) if "near" in query else _by_start
    if "near" in query:
        slots.sort(key=sort_key)
    items = _items(catalogue, slot_query, slots, sort_key, query)
    limit = query["limit"]
    cursor = token_in(items[limit - 1]) if len(items) > limit else None
    return slots_json(items[:limit], cursor).encode()


def _slot_query(catalogue: Catalogue, query: Values) -> SlotQuery:
    zone, service_ids = catalogue.authority.zone, known_services(catalogue, query["service"])
    return SlotQuery(
        service_ids=service_ids,
        counts=_counts(catalogue, service_ids, query.get("number", ())),
        site_ids=known_sites(catalogue, query["site"]) if "site" in query else None,
        mode=query.get("mode"),
        needs=frozenset(query.get("need", ())),
        first_date=_date_of(query.get("first"), zone),
        last_date=_date_of(query.get("last"), zone),
        for_public=True,
    )


def _adviser(db: Session, catalogue: Catalogue, query: SlotQuery, reference: str) -> int:
    """The adviser whom the resident of this appointment has. Raises: NotFound, BadRequest. Ends without a key with a 401."""
    require_book_key()
    resident_id = by_reference(db, catalogue, reference).resident.id
    today = today_of(catalogue, current_runtime().clock.now())
    found = adviser_of(db, catalogue, [resident_id], query.service_ids, today)
    if found is None:
        raise BadRequest.in_field("after", "no_adviser_known")
    return found.resource_id


def _counts(catalogue: Catalogue, service_ids: Sequence[int], numbers: Sequence[int]) -> Counts | None:
    """What the numbers add to each service; None for one of each. Raises: BadRequest."""
    counts = counts_asked([catalogue.service_by_id(id_) for id_ in service_ids], numbers) if numbers else None
    if numbers and counts is None:
        raise BadRequest.in_field("number", "numbers_not_asked")
    return counts


def _date_of(bound: date | datetime | None, zone: str) -> date | None:
    unit = first_unit_of(bound)
    return bound if unit is None else local_date_of(unit, zone)


def _between(slots: list[Slot], query: Values) -> list[Slot]:
    """The slots between the two bounds of the query, by start and then by site."""
    first, last = first_unit_of(query.get("first")), first_unit_of(query.get("last"))
    if first is not None:
        slots = [slot for slot in slots if first <= slot.start_unit]
    if last is not None:
        slots = [slot for slot in slots if slot.start_unit < last]
    return slots


def _items(
    catalogue: Catalogue, slot_query: SlotQuery, slots: list[Slot], sort_key: Callable[[Slot], SortKey], query: Values
) -> list[str]:
    """The items for this page, and at least one more when there is another."""
    if "cursor" not in query:
        return slot_items(catalogue, slot_query, slots[: query["limit"] + 1])
    last, modes = _cursor(catalogue, query["cursor"])
    first_key = sort_key(Slot(last.site_id, last.start_unit, last.start_unit, 0))
    left = [slot for slot in slots if sort_key(slot) >= first_key][: query["limit"] + len(modes) + 1]
    items = slot_items(catalogue, slot_query, left)
    # The slot of the cursor itself may be booked by now; where it is not, the modes up to the cursor's are left out.
    tokens = [token_in(item) for item in items[: len(modes)]]
    return items[tokens.index(query["cursor"]) + 1 :] if query["cursor"] in tokens else items


def _by_start(slot: Slot) -> SortKey:
    return slot.start_unit, slot.site_id


def _by_distance(catalogue: Catalogue, slot_query: SlotQuery, near: str) -> Callable[[Slot], SortKey]:
    nearest = sites_by_distance(catalogue, slot_query, place_near(near))
    rank = {site.id: rank for rank, (site, _miles) in enumerate(nearest)}
    return lambda slot: (rank.get(slot.site_id, -1), slot.start_unit)


def _cursor(catalogue: Catalogue, text: str) -> tuple[SlotKey, tuple[str, ...]]:
    """The slot that a cursor names, and the modes of its site. Raises: BadRequest."""
    try:
        last = decode(text)
        return last, catalogue.site_by_id(last.site_id).modes
    except (Invalid, NotFound) as error:
        raise BadRequest.in_field("cursor", "cursor_unknown") from error
