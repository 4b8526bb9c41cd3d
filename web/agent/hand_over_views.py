"""Handing a visit that was booked for the wrong caller to the right person: find or enter them, look at both, do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.handed_over import handed_to
from booking.states import State
from booking.use_cases.change_record import register_resident
from booking.use_cases.hand_over import NewOwner, hand_over
from core.error_texts import text_of
from core.errors import IllegalMove, Invalid, NotFound, Reason, Stale
from people.residents.details import NEEDS
from people.residents.resident_repository import residents_like
from people.residents.search_queries import find_residents
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import LONGEST_ID, CallState, read_search_text
from web.agent.caller_views import MOST_SHOWN, log_search, match_lines, resident_of_reference
from web.agent.form_result import FormResult
from web.agent.forms import ResidentForm, carried_over
from web.agent.hand_over_page import FindPage, HandOverPage, VisitPage
from web.agent.kept_forms import drop_record, keep_record, new_key, record_of, record_values, save_search, search_of
from web.agent.not_changeable import changed_text, handed_over_text
from web.agent.resident_card import ResidentCard, resident_card
from web.agent.resident_views import DetailsPage, alike_line, details_page, know_council
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

PATH = "/residents/<int:resident_id>/appointments/<reference>/hand-over"


@dataclass(frozen=True)
class Refusal:
    """Why nothing was handed over, and the page's status."""

    text: str
    target: str = ""
    status: int = 409


class VisitGone(Exception):
    """The visit is not this resident's any more, or is over."""

    def __init__(self, resident_id: int, text: str) -> None:
        super().__init__(text)
        self.resident_id, self.text = resident_id, text


@blueprint.get(PATH)
@requires(Action.CHANGE_APPOINTMENT)
def hand_over_to(resident_id: int, reference: str) -> ResponseReturnValue:
    """Whom the visit is for; and with a person in the address, both people side by side."""
    with staff_context() as context:
        to = _id(request.args.get("to", ""))
        if to is None or to == resident_id:
            return _find_page(FindPage(*_visit(context, resident_id, reference)))
        return _both(context, resident_id, reference, to)


@blueprint.post(f"{PATH}/find")
@requires(Action.CHANGE_APPOINTMENT)
def find_right_person(resident_id: int, reference: str) -> ResponseReturnValue:
    """Those who may be meant. By POST, so that no address, history or log has names and numbers."""
    search_text = read_search_text(request.form)
    with staff_context() as context:
        visit = _visit(context, resident_id, reference)
        if not search_text:
            error = FieldError(str(_("Type a name, telephone number, postcode, reference or email")), "q")
            return _find_page(FindPage(*visit, errors=[error]), 400)
        known = resident_of_reference(context, search_text)
        if known is not None and known != resident_id:
            return redirect(url_for(".hand_over_to", resident_id=resident_id, reference=reference, to=known), code=303)
        key = save_search(context, search_text)
    return redirect(url_for(".found_right_person", resident_id=resident_id, reference=reference, key=key), code=303)


@blueprint.get(f"{PATH}/found/<key>")
@requires(Action.CHANGE_APPOINTMENT)
def found_right_person(resident_id: int, reference: str, key: str) -> ResponseReturnValue:
    """Those who may be meant by a search that was sent a while ago; the search box when it is not known any more."""
    with staff_context() as context:
        visit, search_text = _visit(context, resident_id, reference), search_of(context, key)
        if not search_text:
            return redirect(VisitPage(*visit).address("hand_over_to"), code=303)
        found = find_residents(context.db, context.authority.id, search_text, context.today, limit=MOST_SHOWN + 1)
        matches = [match for match in found if match.resident.id != resident_id][:MOST_SHOWN]
        log_search(context, matches)
        page = FindPage(*visit, search_text=search_text, has_searched=True, matches=match_lines(context, matches))
        return _find_page(page)


@blueprint.post(f"{PATH}/new")
@requires(Action.CHANGE_APPOINTMENT)
def new_right_person(resident_id: int, reference: str) -> ResponseReturnValue:
    """On to the form of the right person, whom we do not have yet."""
    with staff_context() as context:
        page = VisitPage(*_visit(context, resident_id, reference))
        search_text = read_search_text(request.form)
        key = save_search(context, search_text) if search_text else new_key()
        return redirect(page.address("right_person", key=key), code=303)


@blueprint.get(f"{PATH}/new/<key>")
@requires(Action.CHANGE_APPOINTMENT)
def right_person(resident_id: int, reference: str, key: str) -> ResponseReturnValue:
    """The form of the right person: as it was left, or with what was searched for. With `ask` it asks about others."""
    with staff_context() as context:
        page, kept = VisitPage(*_visit(context, resident_id, reference)), record_of(context, key)
        if kept is None:
            carried = carried_over(search_of(context, key), context.today)
            return _new_page(context, page, ResidentForm(formdata=None, data=carried), key)
        form = ResidentForm(formdata=kept, meta={"csrf": False})
        know_council(form, context)
        alike = _others_like(context, form, resident_id) if "ask" in request.args and form.validate() else []
        return _new_page(context, page, form, key, alike)


def _others_like(context: StaffContext, form: ResidentForm, resident_id: int) -> list[Resident]:
    """Whom we have already and who may be meant: not the one for whom it was booked by mistake."""
    found = residents_like(context.db, context.authority.id, form.person())
    return [row for row in found if row.id != resident_id]


@blueprint.post(f"{PATH}/register")
@requires(Action.CHANGE_APPOINTMENT)
def register_right_person(resident_id: int, reference: str) -> ResponseReturnValue:
    """Save the right person, and go on; when we may have them already, that is asked first."""
    if request.form.get("q", "").strip():
        return redirect(url_for("agent.find"), code=307)
    with staff_context() as context:
        page = VisitPage(*_visit(context, resident_id, reference))
        form = ResidentForm()
        know_council(form, context)
        draft = request.form.get("draft", "") or new_key()
        if not form.validate():
            return _new_page(context, page, form, draft)
        person = form.person()
        if not request.form.get("is_somebody_else") and _others_like(context, form, resident_id):
            keep_record(context, draft, record_values(request.form))
            return redirect(page.address("right_person", key=draft, ask=1), code=303)
        key = context.form_key("register", person)
        to = register_resident(context.runtime, context.authority.id, person, actor=context.actor, idempotency=key)
        drop_record(context, draft)
    return redirect(page.address("hand_over_to", to=to), code=303)


@blueprint.post(PATH)
@requires(Action.CHANGE_APPOINTMENT)
def hand_visit_over(resident_id: int, reference: str) -> ResponseReturnValue:
    """Hand the visit over, and show what to read out to the right person."""
    to = _id(request.form.get("to", ""))
    if to is None:
        raise NotFound
    with staff_context() as context:
        refusal = _hand_over(context, resident_id, reference, to)
    if refusal is None:
        return redirect(url_for(".done", resident_id=to, reference=reference, what="handed_over"), code=303)
    with staff_context() as context:  # a new one, which reads the visit as it is after the click
        return _refused(context, resident_id, reference, to, refusal)


def _hand_over(context: StaffContext, resident_id: int, reference: str, to: int) -> Refusal | None:
    """Why nothing was handed over, or None when it was. Raises: NotFound."""
    view = by_reference(context.db, context.catalogue, reference)
    context.check_serves(view.site.id)
    needs = tuple(code for code in NEEDS if code in request.form.getlist("need"))
    owner = NewOwner(resident_id, to, needs)
    try:
        hand_over(
            context.runtime,
            context.authority.id,
            reference,
            owner,
            actor=context.actor,
            seen=request.form.get("seen"),
            idempotency=context.form_key(f"hand_over:{view.reference}", owner),
        )
    except Invalid:
        return Refusal(text_of(Reason("same_resident"), current_language()), "q", 400)
    except (Stale, IllegalMove):
        new_owner = handed_to(context.db, context.authority.id, resident_id, reference)
        return Refusal(handed_over_text(new_owner) if new_owner else "")
    return None


def _refused(context: StaffContext, resident_id: int, reference: str, to: int, refusal: Refusal) -> Response:
    """The page as it is now, with the reason: both people, or the search, or the call when it is not theirs any more."""
    view = resident_card(context, resident_id).find(reference)
    errors = [FieldError(refusal.text or changed_text(context, view), refusal.target)]
    if view is None or view.state is not State.BOOKED:
        return show_call(context, resident_id, CallState(), FormResult(errors=errors, status=refusal.status))
    if to == resident_id:
        return _find_page(FindPage(*_visit(context, resident_id, reference), errors=errors), refusal.status)
    return _both(context, resident_id, reference, to, errors, refusal.status)


def _visit(
    context: StaffContext, resident_id: int, reference: str
) -> tuple[StaffContext, ResidentCard, AppointmentView]:
    """What every page of a hand-over begins with. Raises: NotFound for what may not be, VisitGone for what cannot be."""
    card = resident_card(context, resident_id)
    view = card.find(reference)
    new_owner = "" if view else handed_to(context.db, context.authority.id, resident_id, reference)
    if new_owner:
        raise VisitGone(resident_id, handed_over_text(new_owner))
    view = card.appointment(reference)
    context.check_serves(view.site.id)
    if view.state is not State.BOOKED:
        raise VisitGone(resident_id, changed_text(context, view))
    return context, card, view


@blueprint.errorhandler(VisitGone)
def visit_gone(error: VisitGone) -> Response:
    """The call as it is now: the page of a hand-over was opened again, with the Back button say, after all was done."""
    with staff_context() as context:
        result = FormResult(errors=[FieldError(error.text, "")], status=409)
        return show_call(context, error.resident_id, CallState(), result)


def _both(
    context: StaffContext,
    resident_id: int,
    reference: str,
    to: int,
    errors: Sequence[FieldError] = (),
    status: int = 200,
) -> Response:
    right = resident_card(context, to, "hand_over")
    page = HandOverPage(*_visit(context, resident_id, reference), errors=errors, right=right)
    html = render_template("agent/hand_over.html", authority=context.authority, page=page, has_errors=bool(errors))
    return Response(html, status=status, mimetype="text/html")


def _find_page(page: FindPage, status: int = 200) -> Response:
    html = render_template(
        "agent/hand_over_find.html", authority=page.context.authority, page=page, has_errors=bool(page.errors)
    )
    return Response(html, status=status, mimetype="text/html")


def _new_page(
    context: StaffContext, visit: VisitPage, form: ResidentForm, key: str, alike: Sequence[Resident] = ()
) -> ResponseReturnValue:
    lines = tuple(alike_line(row, form.person(), visit.address("hand_over_to", to=row.id)) for row in alike)
    action = visit.address("register_right_person")
    drop = url_for("agent.drop", visitor=visit.card.id, hand_over=visit.view.reference)
    heading = str(_("New resident, for %(what)s", what=visit.services))
    return details_page(context, DetailsPage(form, action, heading, drop, key, alike=lines))


def _id(text: str) -> int | None:
    """The id in a form or an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else None
