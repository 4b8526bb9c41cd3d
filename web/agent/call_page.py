"""The page of a call, put together from the resident's card, the search for slots and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from booking.availability.notice import is_short_notice
from booking.counted import minutes_of
from booking.queries.appointments import AppointmentView
from booking.states import WITHOUT_EMAIL
from booking.use_cases.book import coming_visits
from booking.use_cases.calls import open_call
from locations.catchment import Catchment, refusing_rule
from locations.model import ServiceFacts
from web.agent.asked_on_call import only_today_at
from web.agent.call_numbers import fields_of_call
from web.agent.call_request import MOST_SERVICES, REPRESENTATIVE_FIELDS, CallState, read_typed, read_unused
from web.agent.call_visit import visit_in_call, with_known_services
from web.agent.caller_adviser import lacks_adviser
from web.agent.form_result import FormResult, SlotConflict
from web.agent.held_slot_view import BookingFields, HeldSlotView, held_slot_view
from web.agent.not_changeable import without_ended
from web.agent.resident_card import ResidentCard, resident_card
from web.agent.resident_page import AppointmentLine, ResidentPage
from web.agent.service_list import Guidance, ListedService, listed_services
from web.agent.slot_search import SearchView, search_view
from web.agent.suggestions import Suggestion
from web.agent.told_on_call import told_of_cancelling, told_of_held
from web.components.form_fields import FieldError
from web.page_context import StaffContext
from web.told import ToldLine


@dataclass(frozen=True, kw_only=True)
class CallPage(ResidentPage):
    """Everything that the page of a call shows. `held` is a slot for the selected services, `still_held` for others."""

    services: tuple[ServiceFacts, ...]
    listed: tuple[ListedService, ...]
    search: SearchView | None
    moving: AppointmentView | None
    cancelling: AppointmentView | None
    held: HeldSlotView | None
    still_held: HeldSlotView | None
    conflict: SlotConflict | None
    errors: Sequence[FieldError]
    is_same_time: bool
    used_before: str
    same_service: frozenset[str]

    @property
    def title(self) -> str:
        """What is to be done next."""
        if self.held and not self.conflict:
            is_alive = self.held.is_alive
            return str(_("Confirm %(moment)s", moment=self.held.moment) if is_alive else _("The time ran out"))
        if self.cancelling or self.moving:
            return str(_("Cancel") if self.cancelling else _("Move"))
        return str(_("Choose a time") if self.search else _("Choose a service"))

    @property
    def same_time_visits(self) -> tuple[AppointmentLine, ...]:
        """The appointments to come that overlap with the held slot, as far as they may be shown already."""
        if not (self.is_same_time and self.held and self.shows_visits):
            return ()
        starts_at, ends_at = self.held.starts_at, self.held.starts_at + timedelta(minutes=self.visit_minutes)
        both = zip(self.card.upcoming, self.upcoming, strict=True)
        return tuple(line for view, line in both if view.starts_at < ends_at and view.ends_at > starts_at)

    @property
    def is_short_notice(self) -> bool:
        """Whether the held slot is sooner than an interpreter who is needed can be expected."""
        held, needs = self.held, frozenset(self.search.needs if self.search else ())
        if held is None:
            return False
        return is_short_notice(self.context.authority, needs - held.spoken, held.starts_at, self.context.now)

    @cached_property
    def outside_area(self) -> Catchment | None:
        """The rule about where people live that the caller does not meet, as far as we know."""
        return None if self.moving else refusing_rule(self.services, self.card.resident.postcode)

    @property
    def is_ward_unknown(self) -> bool:
        """Whether nobody can tell in which ward the caller lives."""
        return bool(self.outside_area and self.outside_area.cannot_tell(self.card.resident.postcode))

    @property
    def why_label(self) -> str:
        """What staff are asked who book it for somebody for whom it is not; empty where nothing is."""
        if self.is_ward_unknown:
            return str(_("How do you know that they live there?"))
        if self.outside_area and self.outside_area.staff_may_pass:
            return str(_("Why do you book it for somebody from elsewhere?"))
        adviser = self.search.adviser if self.search else None
        is_without = not self.moving and lacks_adviser(self.services, adviser)
        return str(_("Why do you book it, and not with their own adviser?")) if is_without else ""

    @property
    def confirm_view(self) -> str:
        """The view that books the held slot."""
        return "move" if self.moving else "confirm"

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of the selected services."""
        return tuple(service.name for service in self.services)

    @property
    def visit_minutes(self) -> int:
        """How long the selected services take together."""
        counts = self.held.counts if self.held else self.search.counts if self.search else ()
        return sum(minutes_of(self.services, counts))

    @property
    def can_add_service(self) -> bool:
        """Whether another service can be added to the visit."""
        return len(self.services) < MOST_SERVICES and self.moving is None and not self.listed

    @property
    def add_service_query(self) -> str:
        """The query of the page on which another service is added."""
        return self.state.but(picking=True).query

    @cached_property
    def same_service_visits(self) -> tuple[AppointmentLine, ...]:
        """The visits to come that the caller has for a selected service already; none while one of them is moved."""
        if self.moving or self.cancelling:
            return ()
        return tuple(line for line in self.upcoming if line.reference in self.same_service)

    @property
    def wish_address(self) -> str:
        """Where they are put on the waiting list for what is searched; empty before a service is chosen."""
        if self.moving is not None:
            can_wait = self.moving.local_date > self.context.today
            return url_for("messages.new_wish", appointment=self.moving.reference) if can_wait else ""
        slugs = [service.slug for service in self.services]
        numbers = [field.value for field in self.search.numbers] if self.search else []
        return url_for("messages.new_wish", resident=self.card.id, service=slugs, number=numbers) if slugs else ""

    @property
    def still_held_query(self) -> str:
        """The query of the page on which the slot for other services can be confirmed."""
        return self.state.but(services=self.still_held.service_slugs).query if self.still_held else ""

    @cached_property
    def guidance(self) -> Guidance:
        """What to ask and to say about the selected services."""
        return Guidance(self.services)

    @property
    def shows_guidance(self) -> bool:
        """Whether the guidance stands beside the slots: until one is held."""
        return self.moving is None and not self.is_holding

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The suggested slots without the one that is held."""
        held_token = self.held.token if self.held and self.can_confirm else ""
        suggestions = self.search.suggestions if self.search else ()
        return tuple(suggestion for suggestion in suggestions if suggestion.token != held_token)

    @property
    def focuses_suggestion(self) -> bool:
        """Whether the first suggested slot takes the focus."""
        return not (self.held or self.errors or (self.search and self.search.opened))

    @property
    def focuses_relaxed(self) -> bool:
        """Whether the first filter to leave out takes the focus."""
        return not (self.held or self.conflict or (self.search and self.search.suggestions))

    @cached_property
    def booking_fields(self) -> BookingFields | None:
        """The fields beside the held slot."""
        return fields_of_call(self.context, self.card.id, self.held, self.typed, self.errors_by) if self.held else None

    @property
    def fields_shown(self) -> frozenset[str]:
        """The fields of the page that an error can be about."""
        names = {"call_note"} if self.check_result else {"call_note", "why_not"}
        if self.cancelling or (self.can_confirm and self.moving):
            names.add("reason")
        elif self.can_confirm and self.booking_fields:
            names |= {"reason"} if self.why_label else set()
            names |= {"site_notes", *REPRESENTATIVE_FIELDS, *self.booking_fields.names}
        return frozenset(names)

    @cached_property
    def told(self) -> tuple[ToldLine, ...]:
        """Who is told when the main button is pressed."""
        if self.cancelling:
            return told_of_cancelling(self.context, self.cancelling)
        return told_of_held(self.context, self.card, self.typed, self.held, self.moving) if self.held else ()

    @property
    def can_redirect_message(self) -> bool:
        """Whether the message goes to somebody who acts for the resident as soon as they give an email address."""
        return self.moving is None and self.card.resident.contact_preference not in WITHOUT_EMAIL

    @property
    def form_action(self) -> str:
        """Where the form goes by a button without an address of its own: every time of the grid is one."""
        return self.address("hold", self.state.query) if self.search else self.stay_action

    @property
    def cells_address(self) -> str:
        """The address that shows all times of a cell, but for the cell's key at its end."""
        return f"{self.address('call', self.state.but().query)}&cell="


def show_call(context: StaffContext, resident_id: int, state: CallState, result: FormResult | None = None) -> Response:
    """The page of a call about one resident. Raises: NotFound."""
    result, card = result or FormResult(), resident_card(context, resident_id)
    state, ended = without_ended(context, card, state)
    if ended:
        result = FormResult(errors=[FieldError(ended, "")], status=409)
    page = _with_errors(_call_page(context, card, state, result), result.errors)
    html = render_template(
        "agent/call.html",
        authority=context.authority,
        page=page,
        has_errors=bool(result.errors or result.conflict),
    )
    return Response(html, status=result.status, mimetype="text/html")


def _call_page(context: StaffContext, card: ResidentCard, state: CallState, result: FormResult) -> CallPage:
    moving = _appointment(context, card, state.moving)
    state = with_known_services(context, state, moving)
    services = tuple(context.catalogue.service(slug) for slug in state.services)
    is_picking = state.picking or not services
    now_open = open_call(context.runtime, context.call_with(card.id))
    typed = read_typed(now_open.typed)
    slot = held_slot_view(context, now_open.hold, state)
    held = slot if slot is not None and slot.service_slugs == state.services else None
    return CallPage(
        context=context,
        card=card,
        state=state,
        typed=typed,
        check_result=now_open.check_result,
        unused=read_unused(request.form),
        errors=result.errors,
        is_holding=held is not None and held.is_alive,
        can_confirm=held is not None and held.is_alive and result.conflict is None,
        services=services,
        listed=listed_services(context, card, state) if is_picking else (),
        search=None if is_picking else _search(context, card, state, moving, slot),
        moving=moving,
        cancelling=_appointment(context, card, state.cancelling),
        held=held,
        still_held=slot if slot is not None and slot.is_alive and held is None else None,
        conflict=result.conflict,
        is_same_time=result.is_same_time,
        used_before=result.used_before,
        same_service=_same_service(context, card, services),
    )


def _same_service(context: StaffContext, card: ResidentCard, services: Sequence[ServiceFacts]) -> frozenset[str]:
    """The references of the visits to come that the resident has for one of `services`."""
    visits = coming_visits(context.db, [card.id], [one.id for one in services], context.now) if services else {}
    return frozenset(reference for references in visits.values() for reference in references)


def _with_errors(page: CallPage, errors: Sequence[FieldError]) -> CallPage:
    """The page with its errors; one whose field the page does not show leads nowhere."""
    shown = page.fields_shown
    reachable = [error if error.target in shown else FieldError(error.text, "") for error in errors]
    return replace(page, errors=reachable, errors_by={error.target: error.text for error in reachable if error.target})


def _search(
    context: StaffContext,
    card: ResidentCard,
    state: CallState,
    moving: AppointmentView | None,
    slot: HeldSlotView | None,
) -> SearchView:
    """The free slots; the place and day of a slot that is held for this call are marked."""
    held_on = (slot.site.id, slot.starts_at.date()) if slot and slot.is_alive else None
    visit, today_at = visit_in_call(context, card, state, moving), only_today_at(context, card.id, state)
    return search_view(context, state, visit, state.near or card.resident.postcode, held_on, today_at)


def _appointment(context: StaffContext, card: ResidentCard, reference: str) -> AppointmentView | None:
    """The upcoming appointment that is to be moved or cancelled. Raises: NotFound."""
    if not reference:
        return None
    found = card.appointment(reference)
    context.check_serves(found.site.id)
    return found
