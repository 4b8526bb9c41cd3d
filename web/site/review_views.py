"""Papers that residents have sent: accepted, or wanted again; and the visit that is not needed any more."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.end_without_visit import end_without_visit
from booking.use_cases.review_files import LONGEST_REASON, accept_file
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, InvalidValue, NotFound, Reason, Stale
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.paper_messages import ask_again
from web.components.form_fields import FieldError
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.document_page import VisitHere, documents_page, visit_here
from web.site.document_views import DOCUMENTS_PATH, FILE_PATH, back_to
from web.site.site_blueprint import blueprint


@blueprint.post(f"{FILE_PATH}/<int:document_file>/accept", endpoint="accept_file")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def accept(site: str, reference: str, document_file: int) -> ResponseReturnValue:
    """Accept a paper that was sent."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        try:
            accept_file(
                context.runtime, visit.owner, document_file, actor=context.actor, was=request.form.get("was", "")
            )
        except Stale:
            return _refused(context, visit, Reason("appointment_changed"), "", 409)
    return back_to(site, reference)


@blueprint.post(f"{FILE_PATH}/<int:document_file>/again", endpoint="ask_file_again")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def again(site: str, reference: str, document_file: int) -> ResponseReturnValue:
    """Have a paper sent again, for a reason that the resident reads."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        if not visit.owner.appointment_id:
            raise NotFound
        try:
            reason = clean_line(request.form.get("reason", ""), LONGEST_REASON)
            was = request.form.get("was", "")
            ask_again(context.runtime, visit.owner, document_file, reason, actor=context.actor, was=was)
        except InvalidValue as error:
            return _refused(context, visit, error.reason, f"reason-{document_file}", 400)
        except Stale:
            return _refused(context, visit, Reason("appointment_changed"), "", 409)
    return back_to(site, reference)


@blueprint.post(f"{DOCUMENTS_PATH}/not-needed", endpoint="end_without_visit")
@requires(Action.END_WITHOUT_VISIT, site_arg="site")
def not_needed(site: str, reference: str) -> ResponseReturnValue:
    """Cancel the visit, since all papers are accepted, and go on to where that can be taken back."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        if visit.booked is None:
            raise NotFound
        seen = request.form.get("seen", "")
        key = context.form_key("end_without_visit", (visit.reference, seen))
        here = (context.runtime, context.authority.id, context.site.id, visit.reference)
        try:
            end_without_visit(*here, actor=context.actor, seen=seen, idempotency=key)
        except (Stale, IllegalMove, IdempotencyMismatch):
            with site_context(site) as now:
                return _refused(now, visit_here(now, reference), Reason("appointment_changed"), "", 409)
        resident_id = visit.booked.resident.id
    return redirect(
        url_for("agent.done", resident_id=resident_id, reference=visit.reference, what="cancelled"), code=303
    )


def _refused(context: SiteContext, visit: VisitHere, reason: Reason, target: str, status: int) -> ResponseReturnValue:
    """The page as it is now, with what is wrong, and what was typed."""
    typed = {"again": request.form.get("reason", ""), "of_file": (request.view_args or {}).get("document_file")}
    errors = [FieldError(text_of(reason, current_language()), target)]
    return documents_page(context, visit, errors, typed), status
