"""From a time to a booking: hold it, say who it is for, check, done. Each write carries its idempotency key."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from flask import Response, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.queries.slots import nearest_alternatives
from booking.slot_tokens import SlotKey, decode, encode
from booking.use_cases.book import book
from booking.use_cases.holds import HeldSlot, held, hold_slot, release_hold
from core.audit import Actor
from core.errors import HoldExpired, LimitReached, Refused, SlotTaken, TooFar, TooSoon
from core.origin import origin_of
from core.rate_limits import check_rate_limit
from core.tokens import digest, mark_of_digest
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.request_language import current_language
from web.resident import drafts
from web.resident.appointment_page import own
from web.resident.booking_page import Step, public_offer
from web.resident.booking_request import booking_of, person_of, route_of_draft
from web.resident.drafts import Draft
from web.resident.forms import DetailsForm, HelperForm, WhoForm
from web.resident.page_rendering import postcode_like, show
from web.resident.search_state import Steps, read_steps
from web.resident.urls import blueprint
from web.resident.visit_view import visit_of

# From one origin: a library's computers share one, and a program that holds everything must not get far.
HOLD_LIMIT = "60/10 minutes"
RULES = (LimitReached, TooSoon, TooFar)
# What each page shows of the draft beside the time: its form is for exactly these.
ON_WHO: tuple[str, ...] = ("helper",)
ON_ACTING: tuple[str, ...] = ("helper",)
ON_DETAILS: tuple[str, ...] = ("person", "helper")
ON_CHECK: tuple[str, ...] = ("person", "helper", "needs", "language")


@blueprint.post("/<authority:authority>/book/hold")
@public
def hold(authority: str) -> ResponseReturnValue:
    """Keep a time for ten minutes; when somebody was quicker, offer the nearest others."""
    with council_context(authority) as context:
        draft = _draft_for(context, steps_of(request.form.get("steps", "")))
        return _hold(context, draft, request.form.get("slot", ""))


def _draft_for(context: PageContext, steps: Steps) -> Draft:
    """The draft of this visit, or a new one when there is none or it is booked already."""
    draft = drafts.draft_of(flask_session, steps.visit, context.now) if steps.visit else None
    if draft is None:
        is_new = not steps.visit or drafts.reference_of(flask_session, steps.visit)
        draft = Draft(drafts.new_visit() if is_new else steps.visit, hold="", slot_token="")
    return replace(draft, steps=steps.query(visit=draft.visit), needs=steps.needs, language=steps.language)


def steps_of(query: str) -> Steps:
    """The steps that a form's hidden field keeps."""
    return read_steps(parse_qs(query))


def _hold(context: PageContext, draft: Draft, slot: str) -> ResponseReturnValue:
    check_rate_limit(context.runtime, HOLD_LIMIT, "hold", origin_of(request.remote_addr))
    slot_key = public_offer(context, slot)
    try:
        taken = _take(context, draft, slot_key)
    except SlotTaken:
        return _offer_others(context, draft, slot_key)
    except (TooSoon, TooFar) as error:
        return _refused(context, error, draft)
    held_draft = replace(draft, hold=taken.token, slot_token=encode(taken.slot_key), key="")
    kept = drafts.keep(flask_session, held_draft, context.now)
    # Somebody who only chose another time goes back to where they were.
    return _to(context, kept, "check" if kept.person else "who")


def _take(context: PageContext, draft: Draft, slot_key: SlotKey) -> HeldSlot:
    """The offer, held. A double click gets the first click's hold; a later try gets one of its own."""
    idempotency = context.form_key(f"hold:{encode(slot_key)}", None)
    take = partial(
        hold_slot, context.runtime, slot_key, for_public=True, needs=frozenset(draft.needs), replaces=draft.hold or None
    )
    taken = take(idempotency=idempotency)
    try:
        with context.runtime.database.reading() as fresh:
            return held(fresh, context.authority.id, taken.token, context.now)
    except HoldExpired:
        return take()


def _offer_others(context: PageContext, draft: Draft, slot_key: SlotKey) -> ResponseReturnValue:
    """The nearest others. A time that is held already stays held until another one is."""
    with context.runtime.database.reading() as fresh:
        is_held = _is_held(fresh, context, draft.hold)
        kept = drafts.keep(
            flask_session, draft if is_held else replace(draft, hold="", slot_token=encode(slot_key)), context.now
        )
        others = nearest_alternatives(
            fresh, context.catalogue, slot_key, context.now, for_public=True, needs=frozenset(draft.needs)
        )
    page = show(
        "slot_taken",
        context,
        draft=kept,
        steps=steps_of(kept.steps),
        visit=visit_of(context.catalogue, slot_key),
        others=others,
        held=visit_of(context.catalogue, decode(kept.slot_token)) if is_held else None,
    )
    return Response(page, status=409)


def _is_held(fresh: Session, context: PageContext, token: str) -> bool:
    try:
        return bool(token) and bool(held(fresh, context.authority.id, token, context.now))
    except HoldExpired:
        return False


def _refused(context: PageContext, error: Refused, draft: Draft | None = None) -> ResponseReturnValue:
    limit = error.limit_at if isinstance(error, TooSoon | TooFar) else None
    page = show("refused", context, code=error.code, limit_at=limit, draft=draft)
    return Response(page, status=409)


def _to(context: PageContext, draft: Draft, name: str) -> ResponseReturnValue:
    return redirect(f"{context.base}/book/{draft.visit}/{name}", code=303)


@blueprint.route("/<authority:authority>/book/<visit>/who", methods=["GET", "POST"])
@public
def who(authority: str, visit: str) -> ResponseReturnValue:
    """Who it is for."""
    with council_context(authority) as context:
        step = Step(context, visit)
        if step.answer is not None:
            return step.answer
        form = WhoForm(data={"who": "other" if step.draft.is_for_somebody_else else None})
        back = f"{context.base}/times?{step.draft.steps}"
        if step.has_changed(*ON_WHO):
            return step.changed("who", form=form, back=back, seen=step.stamp(*ON_WHO))
        if form.validate_on_submit():
            is_other = form.who.data == "other"
            draft = step.keep(helper=(step.draft.helper or {}) if is_other else None)
            return _to(context, draft, "acting" if is_other else "details")
        return step.show("who", form=form, back=back, seen=step.stamp(*ON_WHO))


@blueprint.route("/<authority:authority>/book/<visit>/acting", methods=["GET", "POST"])
@public
def acting(authority: str, visit: str) -> ResponseReturnValue:
    """Who books for somebody else, and on what basis."""
    with council_context(authority) as context:
        step = Step(context, visit)
        if step.answer is not None:
            return step.answer
        form = HelperForm(data=step.draft.helper or {})
        if step.has_changed(*ON_ACTING):
            return step.changed("representative", form=form, back=step.at("who"), seen=step.stamp(*ON_ACTING))
        if form.validate_on_submit():
            helper = {name: form[name].data or "" for name in ("name", "basis", "email", "phone")}
            return _to(context, step.keep(helper=helper), "check" if step.draft.person else "details")
        return step.show("representative", form=form, back=step.at("who"), seen=step.stamp(*ON_ACTING))


@blueprint.route("/<authority:authority>/book/<visit>/details", methods=["GET", "POST"])
@public
def details(authority: str, visit: str) -> ResponseReturnValue:
    """Name, contact and how to be reminded."""
    with council_context(authority) as context:
        step = Step(context, visit)
        if step.answer is not None:
            return step.answer
        form = DetailsForm(data=step.draft.person)
        form.postcode.example = postcode_like(context.catalogue)
        form.say_why(step.visit.mode)
        if step.draft.is_for_somebody_else:
            form.say_for_somebody_else()
        back, seen = step.at("acting" if step.draft.is_for_somebody_else else "who"), step.stamp(*ON_DETAILS)
        if step.has_changed(*ON_DETAILS):
            return step.changed("details", form=form, back=back, seen=seen)
        if form.validate_on_submit() and form.check_reach(step.visit.mode, step.draft.helper):
            return _to(context, step.keep(person=person_of(form)), "check")
        return step.show("details", form=form, back=back, seen=seen)


@blueprint.route("/<authority:authority>/book/<visit>/check", methods=["GET", "POST"])
@public
def check(authority: str, visit: str) -> ResponseReturnValue:
    """Everything once more; sending it books."""
    with council_context(authority) as context:
        # The second click of a double click finds the hold used up, and must still get the first one's answer.
        step = Step(context, visit, must_hold=request.method == "GET")
        if step.answer is not None:
            return step.answer
        if not step.draft.person:
            return _to(context, step.draft, "who")
        if step.has_changed(*ON_CHECK):
            return _show_current(context, step)
        if request.method == "POST":
            return _book(context, step)
        return step.show("check", **_check_values(step))


def _check_values(step: Step) -> dict[str, Any]:
    return {
        "steps": steps_of(step.draft.steps),
        "back": step.at("details"),
        "seen": step.stamp(*ON_CHECK),
        "route": route_of_draft(step.draft),
    }


def _show_current(context: PageContext, step: Step) -> ResponseReturnValue:
    """Where the booking stands now, for somebody whose page showed something else."""
    now = Step(context, step.draft.visit)
    if now.answer is not None:
        return now.answer
    if now.draft.person:
        return now.changed("check", **_check_values(now))
    form = WhoForm(formdata=None)
    return now.changed("who", form=form, back=f"{context.base}/times?{now.draft.steps}", seen=now.stamp(*ON_WHO))


def _book(context: PageContext, step: Step) -> ResponseReturnValue:
    draft, wanted = step.draft, booking_of(context.authority.id, step.draft, current_language().code)
    idempotency = context.form_key("book", wanted, request.form.get("idempotency_key") or draft.key)
    try:
        booked = book(context.runtime, wanted, actor=Actor.resident(), idempotency=idempotency)
    except HoldExpired:
        return step.expired()
    except SlotTaken:  # shut since it was held: the hold is of no use to anybody
        release_hold(context.runtime, context.authority.id, draft.hold)
        return _offer_others(context, draft, decode(draft.slot_token))
    except RULES as error:
        return _refused(context, error, draft)
    drafts.finish(flask_session, draft.visit, booked.reference, booked.manage_url_path)
    mark = mark_of_digest(digest(booked.manage_url_path.rpartition("/")[2]))
    drafts.open_appointment(flask_session, booked.reference, mark, context.now)
    return redirect(step.at("done"), code=303)


@blueprint.post("/<authority:authority>/book/<visit>/again")
@public
def again(authority: str, visit: str) -> ResponseReturnValue:
    """The time ran out: hold the same one again, with everything that was typed."""
    with council_context(authority) as context:
        step = Step(context, visit, must_hold=False)
        if step.answer is not None:
            return redirect(f"{context.base}/", code=303)
        if step.has_changed():
            return _show_current(context, step)
        return _hold(context, step.draft, step.draft.slot_token)


@blueprint.post("/<authority:authority>/book/<visit>/leave")
@public
def leave(authority: str, visit: str) -> ResponseReturnValue:
    """Give the time back and forget what was typed."""
    with council_context(authority) as context:
        step = Step(context, visit, must_hold=False)
        if step.answer is None:
            if step.has_changed():
                return _show_current(context, step)
            release_hold(context.runtime, context.authority.id, step.draft.hold)
            drafts.forget(flask_session, visit)
        return show("abandoned", context)


@blueprint.get("/<authority:authority>/book/<visit>/done")
@public
def done(authority: str, visit: str) -> ResponseReturnValue:
    """Booked: the reference, what to bring, how to get there, how to change it."""
    with council_context(authority) as context:
        reference = drafts.reference_of(flask_session, visit)
        if reference is None:
            return redirect(f"{context.base}/find", code=303)
    with own(authority, reference) as mine:
        return mine.show("done", link=drafts.link_of(flask_session, visit))
