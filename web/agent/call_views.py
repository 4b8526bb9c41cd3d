"""The call itself: choose services, see the times, hold one, confirm it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from urllib.parse import urlencode

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.appointment_repository import booked_at
from booking.counted import numbers_of
from booking.queries.alternatives import nearest_alternatives
from booking.slot_tokens import decode
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.calls import hold_to_confirm, open_call, save_note, settle_call
from core.errors import HoldExpired, Invalid, Refused, SameTime, SlotTaken, TooFar, TooSoon
from core.problems import title_of_error
from people.residents.details import Representation
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.asked_on_call import triage_against, triage_to_ask, with_answers_of_call
from web.agent.call_conflicts import conflict_near, conflict_of
from web.agent.call_numbers import number_warning, wrong
from web.agent.call_page import show_call
from web.agent.call_request import (
    CallState,
    Typed,
    cleaned,
    field_errors,
    read_state,
    read_typed,
    typed_fields,
)
from web.agent.call_visit import CallVisit, needs_of, visit_in_call
from web.agent.form_result import FormResult, SlotConflict
from web.agent.held_slots import hold_for, release_held_slot
from web.agent.resident_card import resident_card
from web.agent.service_list import listed_services
from web.agent.suggestions import alternatives
from web.agent.typed_helper import check_new_helper, known_helper, representation_of
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

SAME_TIME = FormResult(is_same_time=True, status=409)
CANNOT_BE_BOOKED = (SlotTaken, TooSoon, TooFar)


@blueprint.get("/residents/<int:resident_id>")
@requires(Action.SEE_RESIDENT)
def call(resident_id: int) -> ResponseReturnValue:
    """The page of a call, in the state that the address has."""
    state = read_state(request.args)
    with staff_context() as context:
        if "find" in request.args:
            query = _query_of_only_service(context, resident_id, state)
            if query is not None:
                return to_call(resident_id, query)
        slug = triage_to_ask(context, resident_id, state) if context.authority.triages else ""
        if slug:
            return to_triage(resident_id, slug, state)
        return show_call(context, resident_id, state)


def _query_of_only_service(context: StaffContext, resident_id: int, state: CallState) -> str | None:
    """The query that selects what Enter means: the only service that the filter leaves, or, unfiltered, the latest."""
    listed = listed_services(context, resident_card(context, resident_id), state)
    is_clear = bool(listed) and (len(listed) == 1 or (not state.search_text and listed[0].is_recent))
    return listed[0].query if is_clear else None


def to_triage(resident_id: int, slug: str, state: CallState) -> ResponseReturnValue:
    """To a triage in the call, with what is selected so far."""
    address = url_for("agent.triage", resident_id=resident_id, slug=slug)
    return redirect(f"{address}?{state.query}", code=303)


def to_call(resident_id: int, query: str) -> ResponseReturnValue:
    """Back to the call with what `query` selects."""
    address = url_for("agent.call", resident_id=resident_id)
    return redirect(f"{address}?{query}" if query else address, code=303)


@blueprint.post("/residents/<int:resident_id>/note")
@requires(Action.SEE_RESIDENT)
def note(resident_id: int) -> ResponseReturnValue:
    """Write a note of this call, and show the call again."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as context:
        try:
            text = cleaned(Typed(call_note=typed.call_note)).call_note
            form_key = context.form_key("note", (resident_id, text))
            key = context.call_with(resident_id)
            save_note(context.runtime, key, text, channel=context.channel, actor=context.actor, idempotency=form_key)
        except Invalid as error:
            return show_call(context, resident_id, state, FormResult(errors=field_errors(error), status=400))
    return to_call(resident_id, state.query)


def settle(context: StaffContext, resident_id: int, typed: Typed, used: Collection[str] | None = None) -> None:
    """Write the note of what has been done, and forget what was used for it; sent twice, it is written once."""
    key, text = context.call_with(resident_id), typed.call_note
    form_key = context.form_key("settle", (resident_id, text))
    settle_call(
        context.runtime, key, text, channel=context.channel, actor=context.actor, used=used, idempotency=form_key
    )


@blueprint.post("/residents/<int:resident_id>/stay")
@requires(Action.SEE_RESIDENT)
def stay(resident_id: int) -> ResponseReturnValue:
    """Show the call again with the filters and the part of a service's name that the form has; what is typed is kept.

    It is also what Enter means in a box without scripts: with a text in the search box it searches.
    """
    if request.form.get("q", "").strip():
        return redirect(url_for("agent.find"), code=307)
    state = read_state(request.args)
    if "filtered" in request.form:
        chosen = read_state(request.form)
        state = state.but(needs=chosen.needs, mode=chosen.mode, near=chosen.near, first_date=None)
    if "number" in request.form:
        state = state.but(numbers=read_state(request.form).numbers, first_date=None)
    if "find" in request.form:
        query = urlencode({"find": read_state(request.form).search_text})
        return to_call(resident_id, "&".join(filter(None, [state.but(picking=True).query, query])))
    return to_call(resident_id, state.query)


@blueprint.post("/residents/<int:resident_id>/hold")
@requires(Action.BOOK_FOR_RESIDENT)
def hold(resident_id: int) -> ResponseReturnValue:
    """Hold a slot instead of the one held before; show three others when it cannot be booked any more."""
    state = read_state(request.args)
    token = request.form.get("slot", "")
    with staff_context() as context:
        context.check_serves(decode(token).site_id)
        card = resident_card(context, resident_id)
        if context.authority.triages and (slug := triage_against(context, resident_id, state, decode(token))):
            return to_triage(resident_id, slug, state)
        moving = card.find(state.moving) if state.moving else None
        needs = frozenset(needs_of(card, state, moving))
        if "number" in request.form:
            state = state.but(numbers=read_state(request.form).numbers)
            result = other_numbers(context, visit_in_call(context, card, state, moving), token, needs)
            if result is not None:
                return show_call(context, resident_id, state, result)
        try:
            hold_for(context, resident_id, token, needs, moving=state.moving)
        except CANNOT_BE_BOOKED as error:
            conflict = conflict_of(context, error, token, needs)
            return show_call(context, resident_id, state, FormResult(conflict=conflict, status=409))
    return to_call(resident_id, state.but().query)


def other_numbers(context: StaffContext, visit: CallVisit, token: str, needs: frozenset[str]) -> FormResult | None:
    """The page's result when the slot of `token` is for other numbers than were typed beside it; None when it is not."""
    slot_key = decode(token)
    services = [context.catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
    typed = tuple(field.number for field in visit.numbers)
    if visit.has_wrong_number:
        return FormResult(status=400)
    if typed == numbers_of(services, slot_key.counts):
        return None
    title = _("That time was for another number")
    conflict = conflict_near(context, title, replace(slot_key, counts=visit.counts), needs)
    return FormResult(conflict=conflict, status=409)


@blueprint.post("/residents/<int:resident_id>/release")
@requires(Action.BOOK_FOR_RESIDENT)
def release(resident_id: int) -> ResponseReturnValue:
    """Release the held slot."""
    state = read_state(request.args)
    with staff_context() as context:
        resident_card(context, resident_id)
        try:
            release_held_slot(context, resident_id, request.form.get("shown", ""))
        except Invalid as error:
            return show_call(context, resident_id, state, FormResult(errors=field_errors(error), status=400))
    return to_call(resident_id, state.query)


@blueprint.post("/residents/<int:resident_id>/confirm")
@requires(Action.BOOK_FOR_RESIDENT)
def confirm(resident_id: int) -> ResponseReturnValue:
    """Book the held slot, and show what to read out."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as context:
        resident = resident_of(context.db, context.authority.id, resident_id)
        if context.authority.triages and (slug := triage_against(context, resident_id, state)):
            return to_triage(resident_id, slug, state)
        try:
            kept = cleaned(typed)
            booked = _book(context, resident, state, kept)
        except Invalid as error:
            return show_call(context, resident_id, state, number_warning(context, error) or wrong(error))
        except SameTime:
            return show_call(context, resident_id, state, SAME_TIME)
        except HoldExpired:
            before = booked_before(context, resident_id, typed)
            if before:
                return to_done(resident_id, before, "booked_before")
            return show_call(context, resident_id, state, expired_hold(context, resident_id))
        except CANNOT_BE_BOOKED as error:
            return conflict_page(context, resident_id, state, error)
        settle(context, resident_id, kept)
    return to_done(resident_id, booked.reference, "booked")


def to_done(resident_id: int, reference: str, operation: str) -> ResponseReturnValue:
    """On to what to read out after `operation`."""
    return redirect(url_for("agent.done", resident_id=resident_id, reference=reference, what=operation), code=303)


def booked_before(context: StaffContext, resident_id: int, typed: Typed) -> str:
    """The reference of the appointment that has the time which the page showed, from another window; empty for none.

    What is typed counts as used for it, but for notes for the site that it does not have.
    """
    shown = request.form.get("shown", "")
    is_held = open_call(context.runtime, context.call_with(resident_id)).hold is not None
    if not shown or is_held:
        return ""
    with context.runtime.database.reading() as db:
        row = booked_at(db, context.authority.id, resident_id, decode(shown))
        if row is None:
            return ""
        reference, notes = row.reference, row.notes
    fresh = {"site_notes"} if typed.site_notes not in ("", notes) else set()
    settle(context, resident_id, typed, set(typed_fields(request.form)) - fresh)
    return reference


def expired_hold(context: StaffContext, resident_id: int) -> FormResult:
    """The page's result when what is to be confirmed is not held: expired, or released in another window."""
    shown = request.form.get("shown", "")
    if open_call(context.runtime, context.call_with(resident_id)).hold is not None or not shown:
        return FormResult(status=410)
    with context.runtime.database.reading() as db:
        others = nearest_alternatives(db, context.catalogue, decode(shown), context.now, for_public=False)
    text = _("It was let go, or used already, in another window. Nothing was booked now. Everything you typed is kept.")
    return FormResult(
        conflict=SlotConflict(_("That time is not held any more"), text, alternatives(others)), status=410
    )


def conflict_page(context: StaffContext, resident_id: int, state: CallState, error: Refused) -> ResponseReturnValue:
    """The page when the held slot cannot be booked any more: three others, with everything that was typed."""
    hold = open_call(context.runtime, context.call_with(resident_id)).hold
    if hold:
        conflict = conflict_of(context, error, hold.slot_token, frozenset())
    else:
        conflict = SlotConflict(title_of_error(error, current_language()), "")
    release_held_slot(context, resident_id)
    with staff_context() as new_context:
        return show_call(new_context, resident_id, state, FormResult(conflict=conflict, status=409))


def _book(context: StaffContext, resident: Resident, state: CallState, typed: Typed) -> Booked:
    """Book the slot held for the resident; a form that is sent twice books once."""
    hold = hold_to_confirm(context.runtime, context.call_with(resident.id), request.form.get("shown", ""))
    booking = Booking(
        authority_id=context.authority.id,
        channel=context.channel,
        resident=resident.id,
        hold=hold.token if hold else "",
        representative=_representative(context, resident.id, typed),
        support_needs=state.needs_or(resident.support_needs),
        notes=typed.site_notes,
        despite_same_time=bool(request.form.get("despite_same_time")),
        outside_reason=typed.reason,
        case_number=typed.case_number,
        despite_number=bool(typed.case_number) and request.form.get("despite_number", "") == typed.case_number,
        spoke_with=open_call(context.runtime, context.call_with(resident.id)).spoken_with(is_self=typed.is_self),
    )
    if typed.answers or context.authority.triages:
        booking = with_answers_of_call(context, resident.id, typed, hold, booking)
    key = context.form_key("book", (resident.id, typed))
    return book(context.runtime, booking, actor=context.actor, idempotency=key)


def _representative(context: StaffContext, resident_id: int, typed: Typed) -> Representation | None:
    """Who acts for the resident in this booking, perhaps as in an earlier one. Raises: Invalid."""
    is_known = typed.representative_id is not None or typed.mandate_id is not None
    earlier = known_helper(context, resident_id, typed) if is_known else None
    if typed.rep_name:
        check_new_helper(context, resident_id, typed, request.form.get("rep_agreed", ""))
    return representation_of(typed, earlier) if earlier or typed.is_for_other else None
