"""The list of messages that failed, by person: correct it, try again, ring, or say that nothing more is to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext, ngettext

from core.errors import NotFound, Stale
from people.residents.resident_repository import resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.failure_work import MOST_AT_ONCE, Done, FailureWork
from reminders.failures import ContactPart, FailureResult
from web.agent.correction_forms import CorrectionForm, correction_form
from web.agent.failure_page import (
    MOST_SHOWN,
    failed_parts,
    failed_people,
    failed_person,
    failed_wishes,
    found_failures,
    known_values,
)
from web.agent.message_views import blueprint
from web.message_labels import FAILURE_RESULTS
from web.page_context import StaffContext, staff_context

PATH = "/staff/failures"
TAKEN = lazy_gettext("A colleague has them, or it has been dealt with.")
TAKEN_MEANWHILE = lazy_gettext(
    "You do not have this person any more. What you entered is still here; nothing was saved"
)
CHANGED_MEANWHILE = lazy_gettext(
    "Somebody has changed this person’s details or appointment since you opened this page. Check it, and save again"
)
_WAYS: Mapping[FailureResult, Callable[[FailureWork, ContactPart], Done | None]] = {
    FailureResult.RETRIED: FailureWork.retry,
    FailureResult.RUNG: FailureWork.ring,
    FailureResult.NOTHING: FailureWork.leave,
}
SENDS_AGAIN = (FailureResult.CORRECTED, FailureResult.RETRIED)


@blueprint.get(PATH)
@requires(Action.BOOK_FOR_RESIDENT)
def failure_list() -> ResponseReturnValue:
    """Whose messages failed, the soonest visit first; site staff see those of their sites."""
    with staff_context() as context:
        return _list_page(context)


@blueprint.get(f"{PATH}/<int:resident_id>")
@requires(Action.BOOK_FOR_RESIDENT)
def failures_of(resident_id: int) -> ResponseReturnValue:
    """What failed of one person, with what can be done about each part of their contact; the list, when nothing has."""
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        if not found_failures(context, resident_id):
            return redirect(url_for("messages.failure_list"), code=303)
        return _person_page(context, resident_id)


@blueprint.post(f"{PATH}/<int:resident_id>/take")
@requires(Action.BOOK_FOR_RESIDENT)
def take_failures(resident_id: int) -> ResponseReturnValue:
    """Take somebody, and go to their page; the list, when a colleague has them."""
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        if not _work(context, resident_id).take():
            return _list_page(context, TAKEN), 409
    return redirect(url_for("messages.failures_of", resident_id=resident_id), code=303)


@blueprint.post(f"{PATH}/<int:resident_id>/give-back")
@requires(Action.BOOK_FOR_RESIDENT)
def give_back_failures(resident_id: int) -> ResponseReturnValue:
    """Let colleagues have them, and go back to the list."""
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        _work(context, resident_id).give_back()
    return redirect(url_for("messages.failure_list"), code=303)


@blueprint.post(f"{PATH}/<int:resident_id>/end")
@requires(Action.BOOK_FOR_RESIDENT)
def end_failures(resident_id: int) -> ResponseReturnValue:
    """Do what the button says about the failures of a part of their contact, and go on with what is left."""
    result = next((one for one in FailureResult if one.value == request.form.get("ending")), None)
    part = next((one for one in ContactPart if one.value == request.form.get("part")), None)
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        if part is None or result is None or (result not in _WAYS and result is not FailureResult.CORRECTED):
            raise NotFound
        if not found_failures(context, resident_id):
            return _list_page(context, TAKEN), 409
        form, work = None, _work(context, resident_id)
        if result is FailureResult.CORRECTED:
            form = correction_form(part)
            known = known_values(context, failed_person(context, resident_id), part)
            if not form.validate() or not form.is_other_than(known):
                return _person_page(context, resident_id, form)
            if "take" in request.form:  # their time was up, and what they typed still stands on the page
                work.take()
        try:
            seen = request.form.get("seen") or None
            done = work.correct(part, form.correction(), seen) if form is not None else _WAYS[result](work, part)
        except Stale:
            return _taken_page(context, resident_id, form, CHANGED_MEANWHILE)
        if done is None:
            return _taken_page(context, resident_id, form)
        left = found_failures(context, resident_id)
    address = url_for("messages.failures_of", resident_id=resident_id) if left else url_for("messages.failure_list")
    said = urlencode({"done": _said(result, done), "again": done.again, "not_again": done.not_again})
    return redirect(f"{address}?{said}", code=303)


def _said(result: FailureResult, done: Done) -> str:
    return (FailureResult.CHECKED if result is FailureResult.RETRIED and not done.again else result).value


def _taken_page(
    context: StaffContext, resident_id: int, form: CorrectionForm | None, why: LazyString = TAKEN_MEANWHILE
) -> ResponseReturnValue:
    """Say that a colleague has them, or was there; what was typed stays while it is about something that failed."""
    if form is None or all(one.part is not form.part for one in found_failures(context, resident_id)):
        return _list_page(context, TAKEN), 409
    form.refuse(form.names[0], str(why))
    return _person_page(context, resident_id, form, 409)


def _work(context: StaffContext, resident_id: int) -> FailureWork:
    whose = (context.authority.id, resident_id, context.staff.staff_id)
    return FailureWork(context.runtime, *whose, context.actor, context.served_sites)


def _done() -> str:
    """What was done just now, and what is sent again and what is not."""
    result = request.args.get("done", "")
    again, not_again = (_number(name) if result in SENDS_AGAIN else 0 for name in ("again", "not_again"))
    said = [str(FAILURE_RESULTS.get(result, ""))]
    if again:
        said.append(ngettext("%(num)d message is sent again", "%(num)d messages are sent again", again))
    if not_again:
        said.append(
            ngettext(
                "%(num)d message is not sent again: it went in another way, or is of no use any more",
                "%(num)d messages are not sent again: they went in another way, or are of no use any more",
                not_again,
            )
        )
    return ". ".join(said)


def _number(name: str) -> int:
    return min(max(request.args.get(name, 0, type=int), 0), MOST_AT_ONCE)


def _list_page(context: StaffContext, error: LazyString | str = "") -> str:
    found = found_failures(context)
    people, waiting = failed_people(context, found[:MOST_SHOWN]), failed_wishes(context)
    is_cut, done = len(found) > MOST_SHOWN, "" if error else _done()
    return render_template("staff/failures.html", people=people, waiting=waiting, is_cut=is_cut, done=done, error=error)


def _person_page(
    context: StaffContext, resident_id: int, form: CorrectionForm | None = None, status: int = 400
) -> ResponseReturnValue:
    person = failed_person(context, resident_id)
    parts = failed_parts(context, person, form)
    page = render_template("staff/failure.html", person=person, parts=parts, error_form=form, done=_done())
    return (page, status) if form is not None else page
