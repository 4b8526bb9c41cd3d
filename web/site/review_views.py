"""Papers that residents have sent: accepted, or wanted again."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from booking.use_cases.review_files import LONGEST_REASON, accept_file
from core.error_texts import text_of
from core.errors import InvalidValue, NotFound, Reason, Stale
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.paper_messages import ask_again
from web.components.form_fields import FieldError
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.document_page import VisitHere, documents_page, visit_here
from web.site.document_views import FILE_PATH, back_to
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


def _refused(context: SiteContext, visit: VisitHere, reason: Reason, target: str, status: int) -> ResponseReturnValue:
    """The page as it is now, with what is wrong, and what was typed."""
    typed = {"again": request.form.get("reason", ""), "of_file": (request.view_args or {}).get("document_file")}
    errors = [FieldError(text_of(reason, current_language()), target)]
    return documents_page(context, visit, errors, typed), status
