"""Changing the record of a resident, and what is typed of a record and not saved."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.resident_feeds import has_feed
from booking.use_cases.change_record import change_record
from booking.use_cases.own_calendar import revoke_feeds_of
from core.errors import Stale
from people.residents.details import ResidentDetails
from people.residents.resident_repository import record_stamp, resident_of
from people.residents.tables import Resident
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.forms import ResidentForm, facts_of
from web.agent.kept_forms import drop_record, keep_record, key_of_resident, record_of, record_values, resident_id_of
from web.agent.record_conflict import facts_as_text, merged_form, shown_facts
from web.agent.resident_card import details_of
from web.agent.resident_views import DetailsPage, details_page, know_council
from web.agent.told_on_call import told_of_record
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context

RECORD_HAS_CHANGED = _l(
    "The details have changed since you opened this page. Nothing was saved. Check them, and save again"
)
CALENDAR_STOPPED = _l("The calendar is stopped. Its address does not work any more.")
NOT_SAVED_YET = _l("You typed this before, and have not saved it yet.")


@blueprint.get("/residents/<int:resident_id>/details")
@requires(Action.BOOK_FOR_RESIDENT)
def details(resident_id: int) -> ResponseReturnValue:
    """The form of a resident's record, with what was typed there and not saved."""
    with staff_context() as context:
        known = resident_of(context.db, context.authority.id, resident_id)
        kept = record_of(context, key_of_resident(resident_id))
        if kept is None:
            return _record_page(context, known, ResidentForm(formdata=None, data=facts_of(known)))
        form = ResidentForm(formdata=kept, meta={"csrf": False})
        shown = Shown(kept.get("seen", ""), kept.get("was", ""))
        return _record_page(context, known, form, shown=shown, notice=str(NOT_SAVED_YET))


@blueprint.post("/residents/<int:resident_id>/details")
@requires(Action.BOOK_FOR_RESIDENT)
def save_details(resident_id: int) -> ResponseReturnValue:
    """Change the record of a resident, and show the call again in the same state."""
    if request.form.get("q", "").strip():
        return redirect(url_for("agent.find"), code=307)
    with staff_context() as context:
        known = resident_of(context.db, context.authority.id, resident_id)
        form, shown = ResidentForm(), Shown(request.form.get("seen", ""), request.form.get("was", ""))
        know_council(form, context)
        if not form.validate():
            return _record_page(context, known, form, shown=shown)
        authority_id, seen = context.authority.id, shown.seen or None
        try:
            change_record(context.runtime, authority_id, resident_id, form.person(), actor=context.actor, seen=seen)
        except Stale:
            return _changed_meanwhile(context, resident_id, form.person(), shown)
        drop_record(context, key_of_resident(resident_id))
        return redirect(_back_to(resident_id), code=303)


@blueprint.post("/residents/<int:resident_id>/stop-calendar")
@requires(Action.BOOK_FOR_RESIDENT)
def stop_calendar(resident_id: int) -> ResponseReturnValue:
    """Stop every address at which a calendar reads the resident's appointments; what is typed stays."""
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        keep_record(context, key_of_resident(resident_id), record_values(request.form))
        revoke_feeds_of(context.runtime, context.authority.id, resident_id, actor=context.actor)
    query = f"{request.query_string.decode()}&said=stopped".lstrip("&")
    return redirect(f"{url_for('agent.details', resident_id=resident_id)}?{query}", code=303)


@dataclass(frozen=True)
class Shown:
    """What a page has shown of a record: its stamp, and the facts as text."""

    seen: str
    was: str


def _changed_meanwhile(
    context: StaffContext, resident_id: int, typed: ResidentDetails, shown: Shown
) -> ResponseReturnValue:
    """The form with both changes; what is kept of it from now on is compared with the record as it is now."""
    with context.runtime.database.reading() as db:
        known = resident_of(db, context.authority.id, resident_id)
        form, lines = merged_form(typed, shown_facts(shown.was), details_of(known))
        drop_record(context, key_of_resident(resident_id))
        lines = [FieldError(str(RECORD_HAS_CHANGED), ""), *lines]
        return _record_page(context, known, form, lines=tuple(lines))


def _record_page(
    context: StaffContext,
    known: Resident,
    form: ResidentForm,
    *,
    shown: Shown | None = None,
    notice: str = "",
    lines: tuple[FieldError, ...] = (),
) -> Response:
    know_council(form, context)
    shown = shown or Shown(record_stamp(known), facts_as_text(details_of(known)))
    query = request.query_string.decode()
    page = DetailsPage(
        form=form,
        form_action=request.full_path.rstrip("?"),
        heading=_("Details of %(name)s", name=known.name),
        drop_action=f"{url_for('agent.drop')}?{query}" if query else url_for("agent.drop"),
        draft=key_of_resident(known.id),
        seen=shown.seen,
        was=shown.was,
        notice=f"{CALENDAR_STOPPED} {notice}".strip() if request.args.get("said") == "stopped" else notice,
        lines=lines,
        told=told_of_record(context, known.id),
        calendar_action=_calendar_action(context, known.id),
    )
    return details_page(context, page)


def _calendar_action(context: StaffContext, resident_id: int) -> str:
    """Where their calendar is stopped; empty where no calendar reads their appointments."""
    if not has_feed(context.db, context.authority.id, resident_id):
        return ""
    address, query = url_for("agent.stop_calendar", resident_id=resident_id), request.query_string.decode()
    return f"{address}?{query}" if query else address


def _back_to(resident_id: int) -> str:
    """The page from which the details were opened: what is read out of an appointment, or the call in its state."""
    reference, query = request.args.get("read_out", ""), request.query_string.decode()
    if reference:
        what = request.args.get("what", "")
        return url_for("agent.done", resident_id=resident_id, reference=reference, what=what or None)
    address = url_for("agent.call", resident_id=resident_id)
    return f"{address}?{query}" if query else address


@blueprint.post("/drop")
@requires(Action.FIND_RESIDENT)
def drop() -> ResponseReturnValue:
    """Forget what was typed of a record, and go back."""
    key = request.form.get("draft", "")
    with staff_context() as context:
        drop_record(context, key)
    resident_id = resident_id_of(key)
    reference = request.args.get("hand_over", "")
    visitor_id = request.args.get("visitor", type=int)
    if reference and visitor_id is not None:
        return redirect(url_for("agent.hand_over_to", resident_id=visitor_id, reference=reference), code=303)
    return redirect(url_for("agent.start") if resident_id is None else _back_to(resident_id), code=303)
