"""Free slots for programs: everything that can be booked, thousands of slots in one answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from booking.api.asking import published_catalogue
from booking.api.fields import first_unit_of
from booking.api.places import known_services, known_sites, place_near
from booking.api.problems import BadRequest
from booking.api.rendering import Entry, entries_of, slots_json, token_of
from booking.offers import Offer, decode
from booking.queries.search import Ask, engine_slots, sites_by_distance
from core.errors import Invalid, NotFound
from core.runtime import runtime
from core.wall_clock import local_date_of
from locations.catalogue import Catalogue

Query = dict[str, Any]


def free_slots(query: Query) -> Response:
    """A page of slots, by start and then by site; with `near`, those of the nearest site first."""
    with runtime().store.reading() as session:
        catalogue = published_catalogue(session, query.get("authority"))
        ask = _ask(catalogue, query)
        entries = _entries(session, catalogue, ask, query)
    limit = query["limit"]
    page = entries[:limit]
    cursor = token_of(catalogue, ask, page[-1]) if len(entries) > limit else None
    return Response(slots_json(catalogue, ask, page, cursor), mimetype="application/json")


def _ask(catalogue: Catalogue, query: Query) -> Ask:
    zone = catalogue.authority.zone
    first, last = query.get("first"), query.get("last")
    return Ask(
        service_ids=known_services(catalogue, query["service"]),
        site_ids=known_sites(catalogue, query["site"]) if "site" in query else None,
        mode=query.get("mode"),
        needs=frozenset(query.get("need", ())),
        first_date=_date_of(first, zone),
        last_date=_date_of(last, zone),
        for_public=True,
    )


def _date_of(bound: date | datetime | None, zone: str) -> date | None:
    unit = first_unit_of(bound)
    return bound if unit is None else local_date_of(unit, zone)


def _entries(session: Session, catalogue: Catalogue, ask: Ask, query: Query) -> list[Entry]:
    """What is left for this page and the ones that follow it."""
    first, last = first_unit_of(query.get("first")), first_unit_of(query.get("last"))
    slots = engine_slots(session, catalogue, ask, runtime().clock.now())
    if first is not None or last is not None:
        slots = [slot for slot in slots if (first or 0) <= slot.start_unit and (last is None or slot.start_unit < last)]
    if "near" in query:
        rank = _ranks(catalogue, ask, query["near"])
        slots.sort(key=lambda slot: rank[slot.site_id])
    entries = entries_of(catalogue, ask, slots)
    return _after(catalogue, ask, entries, query) if "cursor" in query else entries


def _ranks(catalogue: Catalogue, ask: Ask, near: str) -> dict[int, int]:
    """The place of each site in the order of distance."""
    nearest = sites_by_distance(catalogue, ask, place_near(near))
    return {site.id: rank for rank, (site, _miles) in enumerate(nearest)}


def _after(catalogue: Catalogue, ask: Ask, entries: list[Entry], query: Query) -> list[Entry]:
    """The entries behind the cursor, which is the last slot of the page before; that one may be taken meanwhile."""
    last, modes = _cursor(catalogue, query["cursor"])
    rank = _ranks(catalogue, ask, query["near"]) if "near" in query else None

    def place(site_id: int, start_unit: int, mode: str) -> tuple[int, int, int]:
        mode_rank = modes.index(mode) if mode in modes else 0
        if rank is not None:
            return rank.get(site_id, -1), start_unit, mode_rank
        return start_unit, site_id, mode_rank

    border = place(last.site_id, last.start_unit, last.mode)
    return [entry for entry in entries if place(entry[0].site_id, entry[0].start_unit, entry[1]) > border]


def _cursor(catalogue: Catalogue, text: str) -> tuple[Offer, tuple[str, ...]]:
    """The slot that a cursor names, and the modes of its site. Raises: BadRequest."""
    try:
        last = decode(text)
        return last, catalogue.site_by_id(last.site_id).modes
    except (Invalid, NotFound) as error:
        raise BadRequest({"cursor": ["This is not a cursor of this list. Begin again without one."]}) from error
