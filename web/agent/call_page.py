"""The screen of a call, put together from the card, the search and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, render_template, url_for

from booking.queries.appointments import AppointmentView
from booking.slot_tokens import SlotKey, decode
from booking.use_cases.holds import held
from core.errors import HoldExpired, NotFound
from core.wall_clock import instant_of
from locations.model import ServiceFacts, SiteFacts
from people.residents.support_needs import NEEDS
from web import labels
from web.agent.call_state import MOST_SERVICES, CallState
from web.agent.forms import Typed
from web.agent.grid_cells import cells_html
from web.agent.held_slots import Kept, kept_for
from web.agent.resident_card import Card, card_of, message_route
from web.agent.slot_grid import place_label
from web.agent.slot_search import SearchView, search_view, site_address
from web.agent.suggestions import Suggestion
from web.components.form_fields import FieldError
from web.message_routes import confirmation_text, route_of_appointment
from web.page_context import StaffContext
from web.request_language import format_moment


@dataclass(frozen=True)
class HeldVisit:
    """The time that is held, or was until it ran out."""

    token: str
    services: tuple[ServiceFacts, ...]
    site: SiteFacts
    mode: str
    starts_at: datetime
    until: datetime | None
    seconds_left: int

    @property
    def is_alive(self) -> bool:
        """Whether it can still be confirmed."""
        return self.seconds_left > 0

    @property
    def moment(self) -> str:
        """Day and time in full."""
        return format_moment(self.starts_at)

    @property
    def where(self) -> str:
        """The place, as it is said to the caller."""
        return place_label(self.site, self.mode)

    @property
    def documents(self) -> tuple[str, ...]:
        """What to bring, each thing once."""
        return tuple(dict.fromkeys(paper for service in self.services for paper in service.documents))


@dataclass(frozen=True)
class SlotConflict:
    """What went wrong with a time, and what to do instead."""

    title: str
    text: str
    instead: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Screen:
    """What a view adds to the ordinary screen."""

    typed: Typed = field(default_factory=Typed)
    conflict: SlotConflict | None = None
    errors: Sequence[FieldError] = ()
    status: int = 200


SHARED: dict[str, Any] = {
    "labels": labels,
    "site_address": site_address,
    "cells_html": cells_html,
}


def show_call(desk: StaffContext, resident_id: int, state: CallState, extra: Screen | None = None) -> Response:
    """The whole screen for one resident. Raises: NotFound."""
    extra = extra or Screen()
    card = card_of(desk, resident_id)
    moving = _appointment(card, state.moving)
    state = _services_of(desk, state, moving)
    services = tuple(desk.catalogue.service(slug) for slug in state.services)
    needs, near = needs_of(card, state, moving), state.near or card.resident.postcode
    is_picking = state.picking or not services
    visit = held_visit(desk, resident_id, state)
    page = render_template(
        "agent/call.html",
        authority=desk.authority,
        zone=desk.zone,
        card=card,
        state=state,
        services=services,
        listed=listed_services(desk, card, state) if is_picking else (),
        can_add=len(services) < MOST_SERVICES and moving is None,
        search=None if is_picking else _search(desk, state, services, needs, near, visit),
        moving=moving,
        cancelling=_appointment(card, state.cancelling),
        typed=extra.typed,
        conflict=extra.conflict,
        route=route_of_appointment(moving) if moving else message_route(card, extra.typed),
        confirmation_text=confirmation_text,
        errors=extra.errors,
        errors_by={error.target: error.text for error in extra.errors},
        has_errors=bool(extra.errors or extra.conflict),
        address=lambda name, **values: url_for(f"agent.{name}", resident_id=resident_id, **values),
        **_held_values(visit, state),
        **SHARED,
    )
    return Response(page, status=extra.status, mimetype="text/html")


def _search(
    desk: StaffContext,
    state: CallState,
    services: tuple[ServiceFacts, ...],
    needs: tuple[str, ...],
    near: str,
    visit: HeldVisit | None,
) -> SearchView:
    """The times; the place and day of a time that is held for this call are marked."""
    held_on = (visit.site.id, visit.starts_at.date()) if visit and visit.is_alive else None
    return search_view(desk, state, tuple(service.id for service in services), needs, near, held_on)


def _held_values(visit: HeldVisit | None, state: CallState) -> dict[str, HeldVisit | None]:
    """What is held: for the services shown, to be confirmed; for others, only to be mentioned."""
    is_shown = visit is not None and [service.slug for service in visit.services] == list(state.services)
    is_elsewhere = visit is not None and visit.is_alive and not is_shown
    return {"held": visit if is_shown else None, "still_held": visit if is_elsewhere else None}


def _appointment(card: Card, reference: str) -> AppointmentView | None:
    """The upcoming appointment that is to move or to be cancelled. Raises: NotFound."""
    if not reference:
        return None
    found = next((view for view in card.upcoming if view.reference == reference), None)
    if found is None:
        raise NotFound.because("appointment_over")
    return found


def _services_of(desk: StaffContext, state: CallState, moving: AppointmentView | None) -> CallState:
    """The state with services that exist; an appointment that moves keeps its own."""
    if moving is not None:
        return replace(state, services=tuple(service.slug for service in moving.services))
    known = {service.slug for service in desk.catalogue.services}
    return replace(state, services=tuple(slug for slug in state.services if slug in known))


def needs_of(card: Card, state: CallState, moving: AppointmentView | None = None) -> tuple[str, ...]:
    """The support needs that count for this call."""
    if state.needs is not None:
        return state.needs
    needs = moving.support_needs if moving is not None else card.resident.support_needs
    return tuple(code for code in needs if code in NEEDS)


def held_visit(desk: StaffContext, resident_id: int, state: CallState) -> HeldVisit | None:
    """What is held for the resident in this call, alive or run out."""
    kept = kept_for(resident_id, desk.now)
    if kept is None or kept.moving != state.moving:
        return None
    try:
        until = held(desk.db, desk.authority.id, kept.token, desk.now).expires_at
    except HoldExpired:
        return _visit(desk, kept, None)
    return _visit(desk, kept, until)


def _visit(desk: StaffContext, kept: Kept, until: datetime | None) -> HeldVisit:
    slot_key: SlotKey = decode(kept.slot_token)
    zone = ZoneInfo(desk.zone)
    return HeldVisit(
        token=kept.slot_token,
        services=tuple(desk.catalogue.service_by_id(service_id) for service_id in slot_key.service_ids),
        site=desk.catalogue.site_by_id(slot_key.site_id),
        mode=slot_key.mode,
        starts_at=instant_of(slot_key.start_unit).astimezone(zone),
        until=until.astimezone(zone) if until else None,
        seconds_left=max(0, int((until - desk.now).total_seconds())) if until else 0,
    )


@dataclass(frozen=True)
class Listed:
    """A service to choose: its name, how long it takes, the query that chooses it, and whether they had it before."""

    service: ServiceFacts
    query: str
    is_recent: bool


def listed_services(desk: StaffContext, card: Card, state: CallState) -> tuple[Listed, ...]:
    """The services to choose from: those this resident had before come first; `state.wording` narrows them."""
    offered = desk.catalogue.public_services()
    recent = [service for service in card.recent_services if service in offered]
    others = [service for service in offered if service not in recent]
    words = state.wording.casefold().split()
    return tuple(
        Listed(service, state.but(services=(*state.services, service.slug), first_date=None).query, service in recent)
        for service in (*recent, *others)
        if service.slug not in state.services and all(word in haystack(service) for word in words)
    )


def haystack(service: ServiceFacts) -> str:
    """The words by which a service is found."""
    return f"{service.name} {service.topic} {service.summary}".casefold()
