"""A time is held while the details are filled in; when somebody else was quicker, the nearest free times are shown."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.queries.alternatives import nearest_alternatives
from booking.searches.search_ends import OUT_OF_TIME, TIME_GONE, TOO_MANY
from booking.slot_tokens import SlotKey, decode, encode
from booking.use_cases.holds import HeldSlot, held, hold_slot
from core.errors import HoldExpired, Refused, SlotTaken, TooFar, TooSoon
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit, subject_digest
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident import drafts
from web.resident.drafts import Draft, public_slot_key
from web.resident.ended_searches import count_end
from web.resident.invited_search import invitation_due, of_invitation
from web.resident.own_adviser import refuse_adviser_of_others
from web.resident.page_rendering import show, visit_of
from web.resident.refusals import BOOKING_REFUSALS, limit_text
from web.resident.search_state import SearchState, parse_search_state
from web.resident.triage_due import come_today_page, triage_due
from web.resident.urls import blueprint

# From one origin: a library's computers share one, and a program that holds everything must not get far.
HOLD_LIMIT = SlowingLimit("60/10 minutes", beyond="1/10 seconds")


@blueprint.post("/<authority:authority>/book/hold")
@public
def hold(authority: str) -> ResponseReturnValue:
    """Hold a time for ten minutes, or show the nearest free ones if it is booked."""
    with council_context(authority) as context:
        draft = _draft_for(context, parse_search_state(request.form.get("steps", "")))
        slot_token, search = request.form.get("slot", ""), parse_search_state(draft.search_query)
        has_triage = context.authority.triages and not search.is_by_invitation
        if has_triage and (due := triage_due(context, search, public_slot_key(context, slot_token))):
            return due
        return hold_for_draft(context, draft, slot_token)


def _invited_slot(context: PageContext, slot_token: str) -> SlotKey:
    return public_slot_key(context, slot_token, is_invited=True)


@blueprint.get("/<authority:authority>/book/hold")
@public
def start_again(authority: str) -> ResponseReturnValue:
    """The first page: the address alone does not say which time was meant."""
    with council_context(authority) as context:
        return redirect(f"{context.base}/", code=303)


def _draft_for(context: PageContext, search: SearchState) -> Draft:
    """The draft of this visit, or a new one when there is none or it is booked already."""
    draft = drafts.find_draft(context, search.visit) if search.visit else None
    if draft is None:
        is_new = not search.visit or drafts.reference_of(context, search.visit)
        draft = Draft(drafts.new_visit() if is_new else search.visit, hold="", slot_token="")
    return replace(draft, search_query=search.query(visit=draft.visit), needs=search.needs, language=search.language)


def hold_for_draft(context: PageContext, draft: Draft, slot_token: str) -> ResponseReturnValue:
    """Hold the slot of `slot_token` for `draft`, in place of what it holds, and go on to the next page of the booking."""
    check_slowing_limit(context.runtime, HOLD_LIMIT, "hold", origin_of(request.remote_addr))
    search = parse_search_state(draft.search_query)
    if search.is_by_invitation and (due := invitation_due(context, search, _invited_slot(context, slot_token))):
        return due
    slot_key = public_slot_key(context, slot_token, is_invited=search.is_by_invitation)
    refusal = refuse_adviser_of_others(context, slot_key, search)
    if refusal is not None:
        return refusal
    try:
        held_slot = _hold_slot(context, draft, slot_key)
    except SlotTaken:
        return show_alternatives(context, draft, slot_key)
    except (TooSoon, TooFar) as error:
        return show_refusal(context, error, draft)
    services = map(context.catalogue.service_by_id, slot_key.service_ids)
    held_draft = replace(
        draft,
        hold=held_slot.token,
        slot_token=encode(held_slot.slot_key),
        key="",
        asks_number=any(one.case_number for one in services) and not search.is_by_invitation,
    )
    saved = drafts.save_draft(context, held_draft)
    return redirect(f"{context.base}/book/{saved.visit}/{saved.next_page}", code=303)


def _hold_slot(context: PageContext, draft: Draft, slot_key: SlotKey) -> HeldSlot:
    """The slot, held. A double click gets the first click's hold; once that has expired, a new one."""
    idempotency = context.form_key(f"hold:{encode(slot_key)}", None)
    make_hold = partial(
        hold_slot,
        context.runtime,
        slot_key,
        for_public=True,
        needs=frozenset(draft.needs),
        replaces=draft.hold or None,
        origin=subject_digest(context.runtime.settings.secret_key, "hold", origin_of(request.remote_addr)),
    )
    held_slot = make_hold(idempotency=idempotency)
    try:
        with context.runtime.database.reading() as db:
            return held(db, context.authority.id, held_slot.token, context.now)
    except HoldExpired:
        return make_hold()


def show_alternatives(context: PageContext, draft: Draft, slot_key: SlotKey) -> ResponseReturnValue:
    """The free times nearest to `slot_key`, which is booked. A time that the draft holds already stays held."""
    with context.runtime.database.reading() as db:
        is_held = _is_held(db, context, draft.hold)
        kept = draft if is_held else replace(draft, hold="", slot_token=encode(slot_key))
        saved = drafts.save_draft(context, kept)
        alternatives = nearest_alternatives(
            db, context.catalogue, slot_key, context.now, for_public=True, needs=frozenset(draft.needs)
        )
    search = parse_search_state(saved.search_query)
    count_end(context, search, TIME_GONE)
    alternatives = of_invitation(context, search, alternatives)
    page = show(
        "slot_taken",
        context,
        draft=saved,
        search=search,
        visit=visit_of(context.catalogue, slot_key),
        alternatives=alternatives,
        today=come_today_page(context, search) if context.authority.triages else "",
        held_visit=visit_of(context.catalogue, decode(saved.slot_token)) if is_held else None,
    )
    return Response(page, status=409)


def _is_held(db: Session, context: PageContext, hold_token: str) -> bool:
    try:
        return bool(hold_token) and bool(held(db, context.authority.id, hold_token, context.now))
    except HoldExpired:
        return False


def show_refusal(context: PageContext, error: Refused, draft: Draft) -> ResponseReturnValue:
    """The page that says which rule refuses the booking."""
    is_time_refused = isinstance(error, TooSoon | TooFar)
    reason = OUT_OF_TIME if is_time_refused else TOO_MANY
    count_end(context, parse_search_state(draft.search_query), reason)
    page = show(
        "refused",
        context,
        refusal=BOOKING_REFUSALS[error.code],
        limit=limit_text(error, context.zone),
        is_time_refused=is_time_refused,
        draft=draft,
    )
    return Response(page, status=409)
