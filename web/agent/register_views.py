"""The register of people who cannot get online: who is on it, and what was decided of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.calls import open_call
from booking.use_cases.support_register import put_on_register, take_off_register
from core.errors import Invalid, Stale
from core.problems import field_texts
from people.residents.access_log import log_access
from people.residents.register_queries import MOST_LISTED, Registered, entries_of, register_of
from people.residents.register_rules import CRITERIA, REVIEWED_AFTER
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.merge_views import number_in
from web.agent.register_forms import RegisterForm, TakeOffForm
from web.agent.register_labels import CRITERIA_LABELS
from web.agent.resident_card import ResidentCard, resident_card
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import current_language, format_day

PATH = "/residents/<int:resident_id>/register"


@dataclass(frozen=True)
class EntryLine:
    """Something that was decided: of whom, when and by whom, on which criteria, until when, and what became of it."""

    name: str
    href: str
    decided: str
    criteria: tuple[str, ...]
    reason: str
    review: str
    is_due: bool
    ended: str
    ended_why: str


@dataclass(frozen=True)
class Forms:
    """The forms of the page; None for those that are not wrong, which are shown as they are at first."""

    put: RegisterForm | None = None
    off: TakeOffForm | None = None
    error: str = ""


@blueprint.get("/register")
@requires(Action.KEEP_REGISTER)
def register_list() -> ResponseReturnValue:
    """Who is on the register; those first whose review is due."""
    with staff_context() as context:
        found = register_of(context.db, context.authority.id, MOST_LISTED + 1)
        shown = found[:MOST_LISTED]
        ids = [one.entry.resident_id for one in shown]
        if ids:
            with context.runtime.database.writing() as db:
                authority_id, now = context.authority.id, context.now
                log_access(db, authority_id, None, context.actor, "register_list", now, residents=ids)
        lines = [_line(context, one) for one in shown]
        return render_template(
            "agent/register_list.html",
            due=[line for line in lines if line.is_due],
            later=[line for line in lines if not line.is_due],
            is_cut=len(found) > MOST_LISTED,
        )


def _line(context: StaffContext, one: Registered) -> EntryLine:
    entry, zone = one.entry, ZoneInfo(context.zone)
    decided = format_day(entry.decided_at.astimezone(zone).date())
    return EntryLine(
        name=one.name,
        href=url_for("agent.register_of_resident", resident_id=entry.resident_id),
        decided=_("%(day)s, %(name)s", day=decided, name=one.decided_by) if one.decided_by else decided,
        criteria=tuple(str(CRITERIA_LABELS[code]) for code in CRITERIA if code in entry.criteria),
        reason=entry.reason,
        review=format_day(entry.review_on),
        is_due=one.is_due(context.today),
        ended=format_day(entry.ended_at.astimezone(zone).date()) if entry.ended_at else "",
        ended_why=entry.ended_why,
    )


@blueprint.get(PATH)
@requires(Action.KEEP_REGISTER)
def register_of_resident(resident_id: int) -> ResponseReturnValue:
    """What was decided of somebody, and the forms to decide; once it was checked who calls."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "register")
        return _to_check(context, card) or _page(context, card, Forms())


def _to_check(context: StaffContext, card: ResidentCard) -> ResponseReturnValue | None:
    """To the question who calls, while it was not asked: as all that is kept of a person."""
    if open_call(context.runtime, context.call_with(card.id)).check_result:
        return None
    return redirect(url_for("agent.call", resident_id=card.id, _anchor="caller-check-title"), code=303)


@blueprint.post(PATH)
@requires(Action.KEEP_REGISTER)
def put_resident_on_register(resident_id: int) -> ResponseReturnValue:
    """Put them on the register, or keep them on it until another day."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "register")
        if (check := _to_check(context, card)) is not None:
            return check
        form = RegisterForm()
        if not form.validate():
            return _page(context, card, Forms(put=form), status=400)
        try:
            put_on_register(
                context.runtime,
                context.authority.id,
                resident_id,
                form.decision(),
                today=context.today,
                seen=_seen(),
                actor=context.actor,
            )
        except Invalid as error:
            _refuse(form, error)
            return _page(context, card, Forms(put=form), status=400)
        except Stale:
            return _changed(context, card, Forms(put=form))
    return redirect(url_for("agent.register_of_resident", resident_id=resident_id, done="put"), code=303)


@blueprint.post(f"{PATH}/end")
@requires(Action.KEEP_REGISTER)
def take_resident_off_register(resident_id: int) -> ResponseReturnValue:
    """Take them off the register, with the reason."""
    with staff_context() as context:
        card = resident_card(context, resident_id, "register")
        if (check := _to_check(context, card)) is not None:
            return check
        form = TakeOffForm()
        if not form.validate():
            return _page(context, card, Forms(off=form), status=400)
        try:
            take_off_register(
                context.runtime,
                context.authority.id,
                resident_id,
                form.why.data or "",
                seen=_seen(),
                actor=context.actor,
            )
        except Stale:
            return _changed(context, card, Forms(off=form))
    return redirect(url_for("agent.register_of_resident", resident_id=resident_id, done="off"), code=303)


def _seen() -> int:
    return number_in(request.form.get("seen", "")) or 0


def _refuse(form: RegisterForm, error: Invalid) -> None:
    for name, texts in field_texts(error, current_language()).items():
        form.refuse(name, texts[0])


def _changed(context: StaffContext, card: ResidentCard, forms: Forms) -> Response:
    """The page as it is now, with what was typed: somebody else has decided meanwhile."""
    text = _("Somebody else has decided about the register since you opened this page. Nothing was saved. Look again")
    with context.runtime.database.reading() as db:
        now = StaffContext(context.runtime, db, context.catalogue, context.actor, context.now, context.staff)
        return _page(now, card, Forms(forms.put, forms.off, str(text)), status=409)


def _page(context: StaffContext, card: ResidentCard, forms: Forms, status: int = 200) -> Response:
    entries = entries_of(context.db, context.authority.id, card.id)
    current = next((one for one in entries if one.entry.ended_at is None), None)
    errors: Sequence[FieldError] = [FieldError(forms.error, "")] if forms.error else []
    html = render_template(
        "agent/register.html",
        authority=context.authority,
        card=card,
        current=_line(context, current) if current else None,
        earlier=[_line(context, one) for one in entries if one is not current],
        seen=current.entry.id if current else 0,
        form=forms.put or forms.off or None,
        put_form=forms.put or _first_form(context, current),
        off_form=forms.off or TakeOffForm(formdata=None),
        errors=errors,
        has_errors=status >= 400,
        done=request.args.get("done", ""),
    )
    return Response(html, status=status, mimetype="text/html")


def _first_form(context: StaffContext, current: Registered | None) -> RegisterForm:
    """The form as it is opened: with the criteria that were met the last time, and a review in a year."""
    met = current.entry.criteria if current else []
    reason = current.entry.reason if current else ""
    review = (context.today + REVIEWED_AFTER).isoformat()
    return RegisterForm(formdata=None, data={"criteria": met, "reason": reason, "review_on": review})
