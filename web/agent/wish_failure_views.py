"""Emails that did not reach somebody who waits: correct the address, try again, or ring them from now on."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.waiting_tasks import waiting_person
from core.errors import NotFound, Stale
from core.personal_data import mask_email
from people.residents.access_log import log_access
from people.residents.resident_repository import record_stamp, resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.failures import ContactPart, FailureResult
from reminders.wish_failure_work import WishFailureWork
from reminders.wish_mail_queries import WishFailure, wish_failures
from web.agent.correction_forms import CorrectionForm, correction_form
from web.agent.failure_views import CHANGED_MEANWHILE, PATH
from web.agent.message_views import blueprint
from web.labels import label_of, labels_of
from web.message_labels import FAILURE_KINDS, MESSAGE_KINDS
from web.page_context import StaffContext, staff_context
from web.told import ToldLine

WAYS = (FailureResult.CORRECTED, FailureResult.RETRIED, FailureResult.RUNG)


@blueprint.get(f"{PATH}/waiting/<int:wish>")
@requires(Action.BOOK_FOR_RESIDENT)
def wish_failure(wish: int) -> ResponseReturnValue:
    """What failed of one person who waits, and what can be done about it; the list, when nothing has."""
    with staff_context() as context:
        found = _found(context, wish)
        if found is None:
            return _gone()
        return _page(context, found, correction_form(ContactPart.EMAIL, {"email": found.email}))


@blueprint.post(f"{PATH}/waiting/<int:wish>")
@requires(Action.BOOK_FOR_RESIDENT)
def end_wish_failure(wish: int) -> ResponseReturnValue:
    """Do what the button says, and go back to the list."""
    result = next((one for one in WAYS if one.value == request.form.get("ending")), None)
    if result is None:
        raise NotFound
    with staff_context() as context:
        found, form = _found(context, wish), correction_form(ContactPart.EMAIL)
        is_corrected = result is FailureResult.CORRECTED
        if found and is_corrected and not (form.validate() and form.is_other_than({"email": found.email})):
            return _page(context, found, form, has_errors=True), 400
        whose = (context.runtime, context.authority.id, wish, context.actor, context.served_sites)
        work = WishFailureWork(*whose, seen=request.form.get("seen") or None)
        email = form.correction().email if is_corrected else ""
        try:
            is_done = work.ring() if result is FailureResult.RUNG else work.send_again(email)
        except Stale:
            form.refuse(form.names[0], str(CHANGED_MEANWHILE))
            return (_page(context, found, form, has_errors=True), 409) if found else _gone()
    done = result.value if is_done else None
    return redirect(url_for("messages.failure_list", done=done), code=303)


def _gone() -> ResponseReturnValue:
    return redirect(url_for("messages.failure_list"), code=303)


def _found(context: StaffContext, wish: int) -> WishFailure | None:
    """What failed; None where nothing has. Raises: NotFound, also for somebody at sites not served."""
    sites = context.served_sites
    if waiting_person(context.db, context.catalogue, context.now, wish, sites) is None:
        raise NotFound.because("wish_unknown")
    found = wish_failures(context.db, context.authority.id, site_ids=sites, limit=50, wish_id=wish)
    return found[0] if found else None


def _page(context: StaffContext, found: WishFailure, form: CorrectionForm, *, has_errors: bool = False) -> str:
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, found.resident_id, context.actor, "failures", context.now)
    again = _("what is still of use is sent again, to what stands here when you press")
    return render_template(
        "staff/wish_failure.html",
        found=found,
        form=form,
        has_errors=has_errors,
        seen=record_stamp(resident_of(context.db, context.authority.id, found.resident_id)),
        kinds=labels_of(MESSAGE_KINDS, found.kinds),
        what=label_of(FAILURE_KINDS, found.what),
        zone=context.zone,
        told=[ToldLine(f"{again} ({mask_email(found.email)})", found.name)],
    )
