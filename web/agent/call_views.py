"""The call itself: choose services, see the times, hold one, confirm it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.queries.slots import nearest_alternatives
from booking.slot_tokens import decode
from booking.use_cases.book import Booked, Booking, book
from core.errors import HoldExpired, Invalid, Refused, SlotTaken, TooFar, TooSoon
from core.idempotency import run_once
from core.problems import field_texts, title_of_error
from people.residents.contact_notes import add_note
from people.residents.details import Representation
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.call_page import Screen, SlotConflict, held_visit, listed_services, needs_of, show_call
from web.agent.call_state import CallState, read_state
from web.agent.forms import Typed, answers_by_question, cleaned, field_errors, read_typed, representation_of
from web.agent.held_slots import forget, hold_for, let_go, let_go_shown, token_to_confirm
from web.agent.resident_card import Card, card_of
from web.agent.suggestions import alternatives
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

GONE = (SlotTaken, TooSoon, TooFar)


def add_routes(blueprint: Blueprint) -> None:
    """Put this module's pages on the blueprint."""
    at = "/residents/<int:resident_id>"
    blueprint.add_url_rule(at, "call", call)
    for name, view in (("note", note), ("hold", hold), ("release", release), ("confirm", confirm)):
        blueprint.add_url_rule(f"{at}/{name}", name, view, methods=["POST"])


@requires(Action.SEE_RESIDENT)
def call(resident_id: int) -> ResponseReturnValue:
    """The screen, as the address says where the call stands."""
    state = read_state(request.args)
    with staff_context() as at:
        if "find" in request.args:
            chosen = _sole_service(at, resident_id, state)
            if chosen is not None:
                return _back(resident_id, chosen)
        return show_call(at, resident_id, state)


def _sole_service(at: StaffContext, resident_id: int, state: CallState) -> str | None:
    """The query that chooses what Enter means in the filter: the only service left, or, unfiltered, the latest one."""
    listed = listed_services(at, card_of(at, resident_id), state)
    sure = listed[0] if listed and (len(listed) == 1 or (not state.wording and listed[0].is_recent)) else None
    return sure.query if sure else None


def _back(resident_id: int, query: str) -> ResponseReturnValue:
    address = url_for("agent.call", resident_id=resident_id)
    return redirect(f"{address}?{query}" if query else address, code=303)


@requires(Action.SEE_RESIDENT)
def note(resident_id: int) -> ResponseReturnValue:
    """A note of this call, and on with it."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as at:
        try:
            _write_note(at, resident_id, cleaned(typed))
        except Invalid as error:
            errors = [FieldError(texts[0], "call_note") for texts in field_texts(error, current_language()).values()]
            return show_call(at, resident_id, state, Screen(typed, errors=errors, status=400))
    return _back(resident_id, state.query)


def _write_note(at: StaffContext, resident_id: int, typed: Typed) -> None:
    """The note, once, however often its form is sent. Raises: Invalid."""

    def deed(db: Session) -> dict[str, Any]:
        text, now = typed.call_note, at.now
        note_id = add_note(db, at.authority.id, resident_id, text, channel="phone", actor=at.actor, now=now)
        return {"note": note_id}

    run_once(at.runtime.database, at.form_key("note", typed.call_note), deed, at.now)


@requires(Action.BOOK_FOR_RESIDENT)
def hold(resident_id: int) -> ResponseReturnValue:
    """Keep a time for ten minutes, instead of the one kept before; three others when somebody was quicker."""
    state, typed = read_state(request.args), read_typed(request.form)
    token = request.form.get("slot", "")
    with staff_context() as at:
        card = card_of(at, resident_id)
        moving = card.find(state.moving) if state.moving else None
        needs = frozenset(needs_of(card, state, moving))
        try:
            hold_for(at, resident_id, token, needs, moving=state.moving)
        except GONE as error:
            conflict = conflict_of(at, error, token, needs)
            return show_call(at, resident_id, state, Screen(typed, conflict=conflict, status=409))
    if typed.is_empty:
        return _back(resident_id, state.but().query)
    with staff_context() as fresh:
        return show_call(fresh, resident_id, state.but(), Screen(typed))


def conflict_of(at: StaffContext, error: Refused, token: str, needs: frozenset[str]) -> SlotConflict:
    """What to say about a time that cannot be had, with the three nearest others."""
    with at.runtime.database.reading() as db:
        others = nearest_alternatives(db, at.catalogue, decode(token), at.now, for_public=False, needs=needs)
    text = _("Nothing else is free near that time. Choose from the grid.")
    if others:
        text = _("These are the nearest others.")
    title = _("That time has passed") if isinstance(error, TooSoon) else title_of_error(error, current_language())
    return SlotConflict(title, text, alternatives(others))


@requires(Action.BOOK_FOR_RESIDENT)
def release(resident_id: int) -> ResponseReturnValue:
    """Give the held time back; a note that was typed beside it is kept."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as at:
        card_of(at, resident_id)
        try:
            kept = cleaned(typed)
            let_go_shown(at, resident_id, request.form.get("shown", ""))
        except Invalid as error:
            return show_call(at, resident_id, state, Screen(typed, errors=field_errors(error), status=400))
        if kept.call_note:
            _write_note(at, resident_id, kept)
    return _back(resident_id, state.query)


@requires(Action.BOOK_FOR_RESIDENT)
def confirm(resident_id: int) -> ResponseReturnValue:
    """Book what is held, and read it back."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as at:
        card = card_of(at, resident_id)
        try:
            booked = _book(at, card, state, cleaned(typed))
        except Invalid as error:
            return show_call(at, resident_id, state, Screen(typed, errors=field_errors(error), status=400))
        except HoldExpired:
            return show_call(at, resident_id, state, Screen(typed, status=410))
        except GONE as error:
            return _taken(at, resident_id, state, typed, error)
        forget(resident_id)
    return redirect(url_for("agent.done", resident_id=resident_id, reference=booked.reference, what="booked"), code=303)


def _taken(at: StaffContext, resident_id: int, state: CallState, typed: Typed, error: Refused) -> ResponseReturnValue:
    """Somebody closed the place meanwhile: three others, with everything that was typed."""
    visit = held_visit(at, resident_id, state)
    if visit:
        conflict = conflict_of(at, error, visit.token, frozenset())
    else:
        conflict = SlotConflict(title_of_error(error, current_language()), "")
    let_go(at, resident_id)
    with staff_context() as fresh:
        return show_call(fresh, resident_id, state, Screen(typed, conflict=conflict, status=409))


def _book(at: StaffContext, card: Card, state: CallState, typed: Typed) -> Booked:
    """The appointment. The note of the call is written once it is booked; twice the same form books once."""
    visit = held_visit(at, card.resident.id, CallState())
    known = {
        f"rep-{person.id}": Representation(person.name, person.basis, person.email, person.phone)
        for person in card.representatives
    }
    booking = Booking(
        authority_id=at.authority.id,
        channel="phone",
        resident=card.resident.id,
        hold=token_to_confirm(card.resident.id, request.form.get("shown", ""), at.now),
        representative=representation_of(typed, known),
        support_needs=needs_of(card, state),
        notes=typed.site_notes,
        answers=answers_by_question(typed, visit.services if visit else ()),
    )
    booked = book(at.runtime, booking, actor=at.actor, idempotency=at.form_key("book", (card.resident.id, typed)))
    if typed.call_note:
        _write_note(at, card.resident.id, typed)
    return booked
