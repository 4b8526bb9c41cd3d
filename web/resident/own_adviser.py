"""The adviser whom somebody has, in the search of whoever opened a link of theirs: times with that one, or with anybody.

A search by anybody else knows of no adviser: its address alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Response
from flask_babel import gettext
from markupsafe import Markup, escape

from booking.queries.advisers import (
    KnownAdviser,
    adviser_of_person,
    has_time_within_promise,
    named_link_by_id,
)
from booking.queries.appointments import by_reference
from booking.queries.slots import FreeSlot, SlotQuery, all_slots
from booking.slot_tokens import SlotKey
from core.errors import NotFound
from core.tokens import mark_of_digest
from locations.catchment import EVERYBODY, NAMED_ONLY
from locations.model import ServiceFacts
from web.page_context import PageContext
from web.request_language import only_in_english
from web.resident.invited_search import invitation_here
from web.resident.opened_links import link_mark_of, mark_by_name
from web.resident.page_rendering import show_search
from web.resident.search_state import (
    LINK,
    OWN,
    SearchState,
    services_of,
    slot_query_of,
)

OPENED_LINK = "adviser:"  # of a browser's state


@dataclass(frozen=True)
class KnownPerson:
    """Whose link this browser opened, and which appointment it is about, if it is about one."""

    resident_id: int
    appointment_id: int | None = None


@dataclass(frozen=True)
class OwnAdviser:
    """The adviser whom somebody has: whether the search is for that one alone, and whether it may be for others.

    `is_late`: it is for people with an adviser, and this one has no time as soon as the service promises.
    """

    known: KnownAdviser
    is_only: bool
    may_switch: bool
    is_late: bool = False

    @property
    def resource_id(self) -> int:
        """The resource that is searched for; 0 for any."""
        return self.known.resource_id if self.is_only else 0

    @property
    def text(self) -> Markup:
        """Who it is, and what the page shows, in a sentence."""
        return escape(self._words()) % {"name": self.known.name}

    def _words(self) -> str:
        if not self.known.works_here:
            words = gettext("%(name)s does not do this any more. These are times with others.")
        elif self.is_late and not self.is_only:
            words = gettext("%(name)s has no time soon. These are times with everybody.")
        elif self.is_only:
            words = gettext("These are times with %(name)s.")
        elif self.known.is_named:
            words = gettext("Your adviser is %(name)s.")
        elif self.known.seen_on:
            words = gettext("You saw %(name)s last.")
        else:
            words = gettext("Your appointment is with %(name)s.")
        return str(words)


def known_person(context: PageContext, search: SearchState) -> KnownPerson | None:
    """Whose link, by which the search came about, this browser opened lately, and that still works."""
    name = search.moving or search.known
    if not name:
        return None
    if search.invitation is not None and not search.moving:
        invited = invitation_here(context, search)
        return KnownPerson(invited.resident_id) if invited else None
    if name.startswith(LINK):
        number = int(name.removeprefix(LINK))
        mark = mark_by_name(context, f"{OPENED_LINK}{number}")
        link = named_link_by_id(context.db, number) if mark else None
        if link is None or mark != mark_of_digest(link.link_digest) or link.until < context.today:
            return None
        is_for_it = any(one.id == link.service_id for one in services_of(context.catalogue, search))
        return KnownPerson(link.resident_id) if is_for_it else None
    mark = link_mark_of(context, name)
    try:
        view = by_reference(context.db, context.catalogue, name) if mark else None
    except NotFound:
        return None
    return KnownPerson(view.resident.id, view.id) if view is not None and view.link_mark == mark else None


def own_adviser(context: PageContext, search: SearchState) -> OwnAdviser | None:
    """The adviser whom whoever searches has for the services of the search. Raises: NotFound."""
    person = known_person(context, search) if search.services else None
    if person is None:
        return None
    services = services_of(context.catalogue, search)
    known = _adviser(context, person, services)
    if known is None:
        return None
    known = replace(known, name=only_in_english(known.name))
    if not any(one.named_adviser == NAMED_ONLY for one in services):
        usual = any(one.named_adviser != EVERYBODY for one in services)
        is_only = known.works_here and (search.adviser == OWN if search.adviser else usual)
        return OwnAdviser(known, is_only, may_switch=known.works_here)
    query = slot_query_of(context.catalogue, search)
    is_late = not has_time_within_promise(context.db, context.catalogue, known, query, context.now)
    is_only = known.works_here and (not is_late or search.adviser == OWN)
    return OwnAdviser(known, is_only, may_switch=known.works_here and is_late, is_late=is_late)


def _adviser(context: PageContext, person: KnownPerson, services: Sequence[ServiceFacts]) -> KnownAdviser | None:
    ids = [service.id for service in services]
    whose = (person.resident_id, ids, context.today, person.appointment_id)
    return adviser_of_person(context.db, context.catalogue, *whose)


def is_link_over(context: PageContext, search: SearchState) -> bool:
    """Whether this browser opened the link by which the search came about, and that does not work any more."""
    if not search.known.startswith(LINK):
        return False
    opened = mark_by_name(context, f"{OPENED_LINK}{int(search.known.removeprefix(LINK))}")
    return bool(opened) and known_person(context, search) is None


def refuse_adviser_of_others(context: PageContext, slot_key: SlotKey, search: SearchState) -> Response | None:
    """The page for whoever had this adviser when they looked, and has not any more; None where nothing is in the way.

    Raises: NotFound for whoever never opened a link for it.
    """
    if not slot_key.adviser:
        return None
    adviser = own_adviser(context, search)
    if adviser is not None and adviser.known.resource_id == slot_key.adviser:
        return None
    if adviser is None and not is_link_over(context, search):
        raise NotFound.because("adviser_of_others")
    others = search if adviser else replace(search, known="")
    facts = {"is_over": True, "now": adviser.known.name if adviser else ""}
    page = show_search("adviser_refused", context, replace(others, adviser=""), **facts, **_only_facts(context, search))
    return Response(page.data, status=HTTPStatus.GONE)


def _only_facts(context: PageContext, search: SearchState) -> dict[str, object]:
    """Whether a service of the search is for people with an adviser alone, and what others do instead."""
    only = [one for one in services_of(context.catalogue, search) if one.named_adviser == NAMED_ONLY]
    return {"is_only": bool(only), "instead": [one.catchment_instead for one in only]}


def times_with_adviser(context: PageContext, query: SlotQuery, adviser: OwnAdviser | None) -> list[FreeSlot]:
    """The free times of the query; where it is for anybody, those that the own adviser has are with that one."""
    slots = all_slots(context.db, context.catalogue, query, context.now)
    if adviser is None or adviser.is_only or not adviser.known.works_here:
        return slots
    theirs = all_slots(context.db, context.catalogue, replace(query, adviser=adviser.known.resource_id), context.now)
    by_start = {without(slot.slot_key): slot for slot in theirs}
    return [by_start.get(slot.slot_key, slot) for slot in slots]


def without(slot_key: SlotKey) -> SlotKey:
    """The same start with anybody."""
    return replace(slot_key, adviser=0)


def not_for_them(context: PageContext, search: SearchState) -> Response:
    """The page for somebody without an adviser whom we know of, where a service is for people with one."""
    over = is_link_over(context, search)
    page = show_search("needs_adviser", context, search, is_over=over, **_only_facts(context, search))
    page.headers["Cache-Control"] = "no-store"
    return page
