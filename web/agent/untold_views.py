"""The list of those whom no message has reached: who rings them, and how that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference, of_ids
from booking.ringing.ring_queries import RingingNow, ringing_of
from core.errors import IdempotencyMismatch, NotFound
from locations.own_words import Told, languages_for
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.call_decisions import MOST_TRIES, CallOutcome
from reminders.owed_calls import end_call, take_call
from reminders.recipients import CALL, CONFIRMATION, ChannelRules, Delivery, Withheld, deliveries_for
from reminders.sending_times import hours_of, may_go_at, rules_of_council
from reminders.site_text import SiteText
from reminders.site_text_queries import site_texts
from reminders.untold import Untold, calls_later, mark_told, untold
from reminders.words_to_leave import words_to_leave
from web.agent.hand_made_views import lines_to_make
from web.agent.message_views import blueprint
from web.labels import CONTACT_WISHES_IN_SENTENCE, ContactLine, labels_of, phone_of, wishes_of
from web.language_labels import language_to_ring_in
from web.manage.list_sections import who_rings
from web.message_labels import MESSAGE_KINDS, message_reason
from web.message_routes import contacts_of_appointment
from web.page_context import StaffContext, staff_context

MOST_SHOWN = 200
BY_TELEPHONE = ChannelRules(frozenset({CALL}))
TAKEN = lazy_gettext("A colleague is ringing them already.")
PATH = "/staff/untold"


@dataclass(frozen=True)
class UntoldLine:
    """Somebody to tell: their appointment, what, why it was not sent, until when it matters, and whom to ring.

    `rung_by` says who rings them now; `tried` how often nobody answered. Nothing is empty text. `to_leave` is what may be
    said to whoever else answers or left on a machine, empty where nobody may know of the call; `called` is what the visit is
    called where its service is not named.
    """

    view: AppointmentView
    kinds: str
    reason: str
    until: datetime
    phone: ContactLine
    whom: str
    language: str
    is_to_ring: bool
    rung_by: str
    is_mine: bool
    tried: str
    not_before: datetime | None
    may_leave_message: bool
    to_say: tuple[str, ...]
    to_leave: Sequence[str]
    called: tuple[str, ...] = ()
    told_with: tuple[AppointmentView, ...] = ()  # of which they are reminded in the same call


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def untold_list() -> ResponseReturnValue:
    """Whom somebody has to ring or write to, the soonest first; site staff see their sites."""
    with staff_context() as context:
        return _list_page(context)


@blueprint.get(f"{PATH}/<reference>")
@requires(Action.SEE_RESIDENT)
def untold_one(reference: str) -> ResponseReturnValue:
    """Somebody to ring: what to tell them, in which language, and the buttons for how it ended."""
    with staff_context() as context:
        view = by_reference(context.db, context.catalogue, reference)
        found = untold(
            context.db,
            context.authority.id,
            context.now,
            site_ids=context.served_sites,
            limit=MOST_SHOWN,
            only=view.id,
        )
        if not found:
            raise NotFound
        _log(context, [view.resident.id])
        return render_template("staff/untold_one.html", line=_lines(context, found)[0])


@blueprint.post(f"{PATH}/<reference>/ring")
@requires(Action.SEE_RESIDENT)
def take_untold(reference: str) -> ResponseReturnValue:
    """Take somebody to ring, and go to their page; the list, when somebody else has them."""
    with staff_context() as context:
        key = (context.authority.id, reference, context.staff.staff_id)
        is_mine = take_call(context.runtime, *key, actor=context.actor, site_ids=context.served_sites)
    if not is_mine:
        with staff_context() as context:
            return _list_page(context, TAKEN), 409
    return redirect(url_for("messages.untold_one", reference=reference), code=303)


@blueprint.post(f"{PATH}/<reference>/outcome")
@requires(Action.SEE_RESIDENT)
def call_ended(reference: str) -> ResponseReturnValue:
    """Write how the call ended, and go back to the list."""
    outcome = next((one for one in CallOutcome if one.value == request.form.get("outcome")), None)
    if outcome is None:
        raise NotFound
    with staff_context() as context:
        key = (context.authority.id, reference, context.staff.staff_id)
        try:
            is_written = end_call(
                context.runtime,
                *key,
                outcome,
                actor=context.actor,
                site_ids=context.served_sites,
                idempotency=context.form_key("call_ended", (reference, outcome.value)),
            )
        except IdempotencyMismatch:
            is_written = False
    if not is_written:
        with staff_context() as context:
            return _list_page(context, TAKEN), 409
    is_told = outcome in (CallOutcome.REACHED, CallOutcome.MESSAGE_LEFT)
    name, value = ("told", reference) if is_told else ("done", outcome.value)
    return redirect(url_for("messages.untold_list") + f"?{name}={value}", code=303)


@blueprint.post(f"{PATH}/<reference>")
@requires(Action.SEE_RESIDENT)
def told(reference: str) -> ResponseReturnValue:
    """Record that they were told, and go back to the list."""
    with staff_context() as context:
        view = by_reference(context.db, context.catalogue, reference)
        mark_told(context.runtime, context.authority.id, view.id, actor=context.actor, site_ids=context.served_sites)
    return redirect(url_for("messages.untold_list", told=view.reference), code=303)


def _list_page(context: StaffContext, error: LazyString | str = "") -> str:
    place = (context.db, context.authority.id, context.now)
    found = untold(*place, site_ids=context.served_sites, limit=MOST_SHOWN + 1)
    lines = _lines(context, found[:MOST_SHOWN])
    _log(context, [line.view.resident.id for line in lines])
    return render_template(
        "staff/untold.html",
        lines=lines,
        is_cut=len(found) > MOST_SHOWN,
        made=lines_to_make(context),
        later=calls_later(*place, site_ids=context.served_sites),
        told=None if error else _just_told(context),
        done="" if error else request.args.get("done", ""),
        error=error,
    )


def _log(context: StaffContext, residents: list[int]) -> None:
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "untold", context.now, residents=residents)


def _just_told(context: StaffContext) -> AppointmentView | None:
    """Whose appointment the address says that somebody has just been told about."""
    try:
        view = by_reference(context.db, context.catalogue, request.args.get("told", ""))
    except NotFound:
        return None
    return view if context.serves(view.site.id) else None


def _lines(context: StaffContext, found: list[Untold]) -> list[UntoldLine]:
    ids = [id_ for one in found for id_ in (one.appointment_id, *one.told_with)]
    views, ringing = of_ids(context.db, context.catalogue, ids), ringing_of(context.db, ids)
    texts = site_texts(context.db, {number for one in found for number in one.site_messages})
    lines = []
    for one in found:
        view, others = views[one.appointment_id], tuple(views[id_] for id_ in one.told_with)
        line = _line(context, one, view, ringing.get(one.appointment_id), texts)
        lines.append(replace(line, told_with=others, called=_called((view, *others))))
    return lines


def _line(
    context: StaffContext,
    one: Untold,
    view: AppointmentView,
    ringing: RingingNow | None,
    texts: Mapping[int, SiteText],
) -> UntoldLine:
    whom = _whom_to_ring(view)
    helper = whom.name if whom and whom.acts_for else ""
    rung = ringing if ringing and ringing.until > context.now else None
    return UntoldLine(
        view=view,
        kinds=labels_of(MESSAGE_KINDS, one.kinds),
        reason=message_reason(one.reason) if one.reason else str(_("We can only ring them.")),
        until=one.useful_until,
        phone=ContactLine(whom.address, wishes_of(view.resident, CONTACT_WISHES_IN_SENTENCE))
        if whom
        else phone_of(view),
        whom=helper,
        language=language_to_ring_in(context.authority, view.resident),
        is_to_ring=one.is_to_ring,
        rung_by=who_rings(context, rung) if rung and one.is_to_ring else "",
        is_mine=rung is not None and rung.staff_id == context.staff.staff_id,
        tried=str(_("Nobody answered %(tries)s of %(most)s calls", tries=one.tries, most=MOST_TRIES))
        if one.tries
        else "",
        not_before=_not_before(context, one, view),
        may_leave_message=not view.resident.leave_no_message,
        to_say=_to_say(context, [texts[number] for number in one.site_messages if number in texts], view),
        to_leave=()
        if view.resident.leave_no_message
        else words_to_leave(context.catalogue, helper or view.resident.name, view.resident.message_language),
    )


def _called(views: Sequence[AppointmentView]) -> tuple[str, ...]:
    """What the visits are called where somebody else may hear it; empty where their services may be named."""
    booked = tuple(service for view in views for service in view.services)
    told = Told(booked, is_neutral=views[0].resident.uses_neutral_name).services
    return tuple(dict.fromkeys(one.name for one in told)) if told != booked else ()


def _to_say(context: StaffContext, texts: Sequence[SiteText], view: AppointmentView) -> tuple[str, ...]:
    """What colleagues wrote to everybody of the day, to be read out in the languages in which they are written to."""
    codes = languages_for(context.authority, view.resident.message_language)
    hidden = Told(view.services, is_neutral=view.resident.uses_neutral_name).hidden_names
    texts = [text.without(hidden) for text in texts] if hidden else texts
    return tuple(dict.fromkeys(text.text_in(code) for text in texts for code in codes))


def _not_before(context: StaffContext, one: Untold, view: AppointmentView) -> datetime | None:
    """When they may be rung first, if not now."""
    wanted = hours_of(view.resident.safe_hours)
    if one.is_urgent and wanted is None:
        return None
    at = may_go_at(CALL, context.now, rules_of_council(context.authority), wanted)
    return at.astimezone(ZoneInfo(context.zone)) if at > context.now else None


def _whom_to_ring(view: AppointmentView) -> Delivery | None:
    """Who is rung, as the rule says: whoever acts for the resident comes first."""
    found = deliveries_for(contacts_of_appointment(view), CONFIRMATION, BY_TELEPHONE)
    return None if isinstance(found, Withheld) else found[0]
