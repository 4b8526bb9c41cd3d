"""The pages of who may act for a resident: what is noted, and the forms that note, change and end it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.calls import open_call
from booking.use_cases.mandates import change_mandate, end_mandate, note_mandate
from core.errors import Invalid, NotFound, Stale
from core.problems import field_texts
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.mandate_forms import EndMandateForm, MandateForm, form_of
from web.agent.mandate_lines import mandate_line
from web.agent.merge_views import number_in
from web.agent.resident_card import ResidentCard, resident_card
from web.agent.told_of_mandates import told_without, visit_texts, visits_told_by
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

PATH = "/residents/<int:resident_id>/may-act"
ONE = f"{PATH}/<int:mandate_id>"


@dataclass(frozen=True)
class Shown:
    """What was typed into one of the forms, and that somebody else was quicker; nothing when the page is opened."""

    given: MandateForm | None = None
    ending: EndMandateForm | None = None
    is_stale: bool = False


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def mandates(resident_id: int) -> ResponseReturnValue:
    """Who may act for somebody, and the form to note one more; once it was checked who calls."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "mandates")
        return _to_check(context, card) or _list_page(context, card, Shown())


@blueprint.post(PATH)
@requires(Action.BOOK_FOR_RESIDENT)
def new_mandate(resident_id: int) -> ResponseReturnValue:
    """Note that somebody may act for them."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "mandates")
        if (check := _to_check(context, card)) is not None:
            return check
        form = MandateForm()
        if not form.validate():
            return _list_page(context, card, Shown(form), 400)
        whose = (context.runtime, context.authority.id, resident_id)
        try:
            note_mandate(*whose, form.mandated(), today=context.today, seen=_seen(), actor=context.actor)
        except Invalid as error:
            _refuse(form, error)
            return _list_page(context, card, Shown(form), 400)
        except Stale:
            with _as_it_is_now(context) as now:
                return _list_page(now, resident_card(now, resident_id), Shown(form, is_stale=True), 409)
    return redirect(url_for("agent.mandates", resident_id=resident_id, done="noted"), code=303)


@blueprint.get(ONE)
@requires(Action.SEE_RESIDENT)
def one_mandate(resident_id: int, mandate_id: int) -> ResponseReturnValue:
    """What is noted of one who may act, and the forms to change and to end it."""
    with staff_context() as context:
        card = _card_with(context, resident_id, mandate_id)
        return _to_check(context, card) or _one_page(context, card, mandate_id, Shown())


@blueprint.post(ONE)
@requires(Action.BOOK_FOR_RESIDENT)
def save_mandate(resident_id: int, mandate_id: int) -> ResponseReturnValue:
    """Write what is noted of them now."""
    with staff_context() as context:
        card = _card_with(context, resident_id, mandate_id)
        if (check := _to_check(context, card)) is not None:
            return check
        form = MandateForm()
        if not form.validate():
            return _one_page(context, card, mandate_id, Shown(form), 400)
        which = (context.runtime, context.authority.id, resident_id, mandate_id)
        try:
            change_mandate(*which, form.mandated(), today=context.today, seen=_seen(), actor=context.actor)
        except Invalid as error:
            _refuse(form, error)
            return _one_page(context, card, mandate_id, Shown(form), 400)
        except Stale:
            with _as_it_is_now(context) as now:
                again = _card_with(now, resident_id, mandate_id)
                return _one_page(now, again, mandate_id, Shown(form, is_stale=True), 409)
    return redirect(url_for("agent.mandates", resident_id=resident_id, done="changed"), code=303)


@blueprint.post(f"{ONE}/end")
@requires(Action.BOOK_FOR_RESIDENT)
def finish_mandate(resident_id: int, mandate_id: int) -> ResponseReturnValue:
    """End it, with the reason."""
    with staff_context() as context:
        card = _card_with(context, resident_id, mandate_id)
        if (check := _to_check(context, card)) is not None:
            return check
        form = EndMandateForm()
        if not form.validate():
            return _one_page(context, card, mandate_id, Shown(ending=form), 400)
        which = (context.runtime, context.authority.id, resident_id, mandate_id)
        try:
            end_mandate(*which, form.why.data or "", seen=_seen(), actor=context.actor)
        except Stale:
            with _as_it_is_now(context) as now:
                again = _card_with(now, resident_id, mandate_id)
                return _one_page(now, again, mandate_id, Shown(ending=form, is_stale=True), 409)
    return redirect(url_for("agent.mandates", resident_id=resident_id, done="ended"), code=303)


def _card_with(context: StaffContext, resident_id: int, mandate_id: int) -> ResidentCard:
    """The card of the resident of whom this is noted. Raises: NotFound."""
    card = resident_card(context, resident_id, "mandates")
    if mandate_id not in [one.id for one in card.mandates]:
        raise NotFound.because("mandate_unknown")
    return card


def _to_check(context: StaffContext, card: ResidentCard) -> ResponseReturnValue | None:
    """To the question who calls, while it was not asked: as all that is kept of a person."""
    if open_call(context.runtime, context.call_with(card.id)).check_result:
        return None
    return redirect(url_for("agent.call", resident_id=card.id, _anchor="caller-check-title"), code=303)


def _seen() -> int:
    return number_in(request.form.get("seen", "")) or 0


def _refuse(form: MandateForm, error: Invalid) -> None:
    for name, texts in field_texts(error, current_language()).items():
        form.refuse(name, texts[0])


@contextmanager
def _as_it_is_now(context: StaffContext) -> Iterator[StaffContext]:
    """The same page with what a colleague has written meanwhile."""
    with context.runtime.database.reading() as db:
        yield StaffContext(context.runtime, db, context.catalogue, context.actor, context.now, context.staff)


def _list_page(context: StaffContext, card: ResidentCard, shown: Shown, status: int = 200) -> Response:
    lines = [mandate_line(context, one) for one in card.mandates]
    html = render_template(
        "agent/mandates.html",
        authority=context.authority,
        card=card,
        current=[line for line in lines if not line.over],
        earlier=[line for line in lines if line.over],
        seen=max((one.id for one in card.mandates), default=0),
        form=shown.given,
        new_form=shown.given or MandateForm(formdata=None),
        is_stale=shown.is_stale,
        has_errors=status >= 400,
        done=request.args.get("done", ""),
    )
    return Response(html, status=status, mimetype="text/html")


def _one_page(context: StaffContext, card: ResidentCard, mandate_id: int, shown: Shown, status: int = 200) -> Response:
    """The page of one, which the card has."""
    one = next(one for one in card.mandates if one.id == mandate_id)
    known = one.who if one.ended_at is None else replace(one.who, proof="", valid_until=None)
    visits = visits_told_by(context, card, one)
    html = render_template(
        "agent/mandate.html",
        visits=visit_texts(context, visits),
        told_without=told_without(context, visits),
        authority=context.authority,
        card=card,
        one=mandate_line(context, one),
        seen=one.version,
        latest=max(known.id for known in card.mandates),
        form=shown.given or shown.ending,
        change_form=shown.given or form_of(known),
        end_form=shown.ending or EndMandateForm(formdata=None),
        is_stale=shown.is_stale,
        has_errors=status >= 400,
    )
    return Response(html, status=status, mimetype="text/html")
