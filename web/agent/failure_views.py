"""The list of messages that failed, by person: correct it, try again, ring, or say that nothing more is to do."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from core.errors import NotFound
from people.residents.resident_repository import resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.failure_work import Done, FailureWork
from reminders.failures import ContactPart, FailureEnding
from web.agent.correction_forms import CorrectionForm, correction_form
from web.agent.failure_page import MOST_SHOWN, failed_parts, failed_people, failed_person, found_failures, known_values
from web.agent.message_views import blueprint
from web.message_labels import FAILURE_ENDINGS
from web.page_context import StaffContext, staff_context

PATH = "/staff/failures"
TAKEN = lazy_gettext("A colleague has them, or it has been dealt with.")


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
    ending = next((one for one in FailureEnding if one.value == request.form.get("ending")), None)
    part = next((one for one in ContactPart if one.value == request.form.get("part")), None)
    with staff_context() as context:
        resident_of(context.db, context.authority.id, resident_id)
        if ending is None or part is None:
            raise NotFound
        if not found_failures(context, resident_id):
            return _list_page(context, TAKEN), 409
        form = None
        if ending is FailureEnding.CORRECTED:
            form = correction_form(part)
            known = known_values(context, failed_person(context, resident_id), part)
            if not form.validate() or not form.is_other_than(known):
                return _person_page(context, resident_id, form)
        if not _ended(_work(context, resident_id), part, ending, form):
            return _list_page(context, TAKEN), 409
        left = found_failures(context, resident_id)
    address = url_for("messages.failures_of", resident_id=resident_id) if left else url_for("messages.failure_list")
    return redirect(f"{address}?done={ending.value}", code=303)


def _ended(work: FailureWork, part: ContactPart, ending: FailureEnding, form: CorrectionForm | None) -> Done | None:
    if form is not None:
        return work.correct(part, form.correction())
    ways = {FailureEnding.RETRIED: work.retry, FailureEnding.RUNG: work.ring, FailureEnding.NOTHING: work.leave}
    return ways[ending](part)


def _work(context: StaffContext, resident_id: int) -> FailureWork:
    whose = (context.authority.id, resident_id, context.staff.staff_id)
    return FailureWork(context.runtime, *whose, context.actor, context.served_sites)


def _done() -> LazyString | str:
    return FAILURE_ENDINGS.get(request.args.get("done", ""), "")


def _list_page(context: StaffContext, error: LazyString | str = "") -> str:
    found = found_failures(context)
    people = failed_people(context, found[:MOST_SHOWN])
    is_cut, done = len(found) > MOST_SHOWN, "" if error else _done()
    return render_template("staff/failures.html", people=people, is_cut=is_cut, done=done, error=error)


def _person_page(context: StaffContext, resident_id: int, form: CorrectionForm | None = None) -> ResponseReturnValue:
    person = failed_person(context, resident_id)
    parts = failed_parts(context, person, form)
    page = render_template("staff/failure.html", person=person, parts=parts, error_form=form, done=_done())
    return (page, 400) if form is not None else page
