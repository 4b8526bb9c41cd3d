"""Somebody is turned away because a document is missing: which one, and the next appointment, by one click."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import optional

from booking.documents.tables import LONGEST_DOCUMENT
from booking.queries.counter_visits import CounterVisit, counter_visit
from booking.states import State
from booking.use_cases.end_of_visit import AtCounter
from booking.use_cases.next_booking import take_back_next
from booking.use_cases.turn_away import TurnedAway, take_back_turned_away, turn_away
from booking.visits.visit_states import HERE, VisitState, can_step_back
from core.errors import IllegalMove, Stale
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import AtMost, Choices, Form, Text
from web.page_context import SiteContext, site_context
from web.site.next_visit_form import (
    NO_TIME,
    REFUSALS,
    booking_sent,
    name_field,
    next_booked,
    offer_times,
    phone_field,
    refusal_of,
    slot_field,
    told_of_next,
)
from web.site.site_blueprint import SITE_PATH, blueprint

MISSING_PATH = f"{SITE_PATH}/turned-away/<reference>"


class MissingForm(Form):
    """Which documents were missing, and when they come again."""

    missing = Choices(_l("Which documents were missing?"))
    other = Text(
        _l("Another document (optional)"),
        validators=[optional(), AtMost(LONGEST_DOCUMENT)],
        render_kw={"autocomplete": "off", "classes": "govuk-!-width-two-thirds"},
    )
    slot = slot_field()
    name = name_field()
    phone = phone_field()

    @property
    def documents(self) -> tuple[str, ...]:
        """All that were missing, each once."""
        other = (self.other.data or "").strip()
        return tuple(dict.fromkeys([*(self.missing.data or ()), *([other] if other else [])]))


@blueprint.get(MISSING_PATH, endpoint="missing")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def show(site: str, reference: str) -> ResponseReturnValue:
    """The form, or what was recorded."""
    with site_context(site) as context:
        return _page(context, counter_visit(context.db, context.catalogue, context.site, reference), None)


@blueprint.post(MISSING_PATH, endpoint="turn_away")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def record(site: str, reference: str) -> ResponseReturnValue:
    """Record it, and book the next appointment."""
    with site_context(site) as context:
        seen = counter_visit(context.db, context.catalogue, context.site, reference)
        form = _form(context, seen)
        status = _refused(context, seen, form)
        if status is None:
            return redirect(url_for("site.missing", site=site, reference=seen.reference), code=303)
    with site_context(site) as context:
        return _page(context, counter_visit(context.db, context.catalogue, context.site, reference), form), status


@blueprint.post(f"{MISSING_PATH}/undo", endpoint="undo_turned_away")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def undo(site: str, reference: str) -> ResponseReturnValue:
    """Let them be at the desk again, and cancel what was booked next."""
    with site_context(site) as context:
        here = AtCounter(context.authority.id, context.site.id, reference, request.form.get("seen", ""))
        version = request.form.get("version") or None
        try:
            take_back_turned_away(
                context.runtime, here, actor=context.actor, reason=_("Put right by the same page"), version=version
            )
        except (Stale, IllegalMove):
            with site_context(site) as again:
                seen = counter_visit(again.db, again.catalogue, again.site, reference)
                return _page(again, seen, None, has_changed=True), 409
    return redirect(url_for("site.missing", site=site, reference=reference), code=303)


@blueprint.post(f"{MISSING_PATH}/cancel", endpoint="cancel_next")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def cancel_booked(site: str, reference: str) -> ResponseReturnValue:
    """Cancel what was booked next, and nothing else."""
    with site_context(site) as context:
        here = AtCounter(context.authority.id, context.site.id, reference, request.form.get("seen", ""))
        version = request.form.get("version") or None
        try:
            take_back_next(context.runtime, here, actor=context.actor, version=version)
        except Stale:
            with site_context(site) as again:
                seen = counter_visit(again.db, again.catalogue, again.site, reference)
                return _page(again, seen, None, has_changed=True), 409
    return redirect(url_for("site.missing", site=site, reference=reference), code=303)


def _form(context: SiteContext, seen: CounterVisit, *, is_empty: bool = False) -> MissingForm:
    """The form with the documents and times of the visit; without times while another one is booked already."""
    form = MissingForm(formdata=None, name=seen.name) if is_empty else MissingForm()
    form.missing.choices = [(paper, paper) for paper in seen.papers]
    booked = next_booked(context, seen)
    if booked is not None and booked.is_open:
        del form.slot, form.name, form.phone
    else:
        offer_times(context, seen, form)
    return form


def _refused(context: SiteContext, seen: CounterVisit, form: MissingForm) -> int | None:
    """Record what the form says. The status where that was refused, with what stands against it in the form; or None."""
    if not form.validate():
        return 400
    if not form.documents:
        form.refuse("missing" if seen.papers else "other", _("Choose or enter which document was missing"))
        return 400
    if form.slot and form.slot.data != NO_TIME and seen.resident_id is None and not form.name.data:
        form.refuse("name", _("Enter a name, or choose no time"))
        return 400
    here = AtCounter(context.authority.id, context.site.id, seen.reference, request.form.get("seen", ""))
    try:
        booking = booking_sent(context, seen, form)
        key = context.form_key(f"turned away:{seen.reference}", (seen.reference, form.documents, form.slot.data))
        turn_away(context.runtime, TurnedAway(here, form.documents), booking, actor=context.actor, idempotency=key)
    except REFUSALS as error:
        text, status = refusal_of(error)
        form.refuse("slot", text)
        return status
    return None


def _page(context: SiteContext, seen: CounterVisit, form: MissingForm | None, *, has_changed: bool = False) -> str:
    facts: dict[str, Any] = {
        "site_id": context.site.id,
        "visit_id": seen.visit.id if seen.visit else None,
        "appointment_id": seen.booked.id if seen.booked else None,
    }
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, seen.resident_id, context.actor, "turned_away", context.now, **facts)
    booked, missing = next_booked(context, seen), seen.visit.missing if seen.visit else ()
    can_record = not missing and _can_end(context, seen)
    form = form or _form(context, seen, is_empty=True)
    if form.slot and not form.slot.data:
        form.slot.data = form.slot.choices[0][0]
    return render_template(
        "site/missing.html",
        site=context.site,
        seen=seen,
        form=form,
        has_errors=bool(form.errors),
        has_changed=has_changed,
        can_record=can_record,
        missing=missing,
        booked=booked,
        can_undo=bool(missing) and _can_undo(context, seen),
        has_times=not form.slot or len(form.slot.choices) > 1,
        may_change=context.may(Action.CHANGE_APPOINTMENT),
        told=told_of_next(context, seen) if can_record and form.slot else (),
    )


def _can_end(context: SiteContext, seen: CounterVisit) -> bool:
    """Whether the visit is one of today, and is not over otherwise."""
    if seen.visit is None:
        booked = seen.booked
        return booked is not None and booked.state is State.BOOKED and booked.local_date == context.today
    is_open = seen.visit.state in (*HERE, VisitState.NOT_COMPLETED)
    return is_open and seen.visit.local_date == context.today


def _can_undo(context: SiteContext, seen: CounterVisit) -> bool:
    visit = seen.visit
    return visit is not None and can_step_back(
        visit.state, VisitState.BEING_SEEN, changed_at=visit.changed_at, now=context.now
    )
