"""How far somebody's matter has come after their visit: noted at the page of their documents, and taken back there."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from booking.documents.progress_steps import Step
from booking.documents.tables import LONGEST_DOCUMENT
from booking.use_cases.note_progress import note_progress, take_back_progress
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, InvalidValue, NotFound, Reason, Stale
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.document_page import documents_page, visit_here
from web.site.document_views import DOCUMENTS_PATH, back_to
from web.site.site_blueprint import blueprint


@blueprint.post(f"{DOCUMENTS_PATH}/progress", endpoint="note_progress")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def note(site: str, reference: str) -> ResponseReturnValue:
    """Note the next step."""
    with site_context(site) as context:
        step = next((one for one in Step if one.value == request.form.get("step")), None)
        if step is None:
            return _refused(context, reference, Reason("no_step_chosen"), "step", 400)
        seen, about = request.form.get("seen", ""), _about(context, reference)
        try:
            paper = clean_line(request.form.get("paper", ""), LONGEST_DOCUMENT)
            key = context.form_key("note_progress", (reference, step.value, paper, seen))
            note_progress(
                context.runtime,
                *about,
                step,
                paper,
                actor=context.actor,
                site_id=context.site.id,
                seen=seen,
                idempotency=key,
            )
        except InvalidValue as error:
            return _refused(context, reference, error.reason, "paper", 400)
        except Invalid as error:
            return _refused(context, reference, error.errors["reason"][0], "paper", 400)
        except (Stale, IllegalMove, IdempotencyMismatch):
            return _changed(site, reference)
    return back_to(site, reference)


@blueprint.post(f"{DOCUMENTS_PATH}/progress/back", endpoint="take_back_progress")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def take_back(site: str, reference: str) -> ResponseReturnValue:
    """Take back what was noted last."""
    with site_context(site) as context:
        seen, about = request.form.get("seen", ""), _about(context, reference)
        try:
            take_back_progress(context.runtime, *about, actor=context.actor, site_id=context.site.id, seen=seen)
        except Stale:
            return _changed(site, reference)
    return back_to(site, reference)


def _about(context: SiteContext, reference: str) -> tuple[int, str]:
    """The council and the reference of the appointment here. Raises: NotFound, for a walk-in, too."""
    visit = visit_here(context, reference)
    if visit.booked is None:
        raise NotFound
    return context.authority.id, visit.reference


def _changed(site: str, reference: str) -> ResponseReturnValue:
    """The page as it is now: it has changed since it was shown."""
    with site_context(site) as now:
        return _refused(now, reference, Reason("appointment_changed"), "", 409)


def _refused(context: SiteContext, reference: str, reason: Reason, target: str, status: int) -> ResponseReturnValue:
    typed = {"step": request.form.get("step", ""), "paper": request.form.get("paper", "")}
    errors = [FieldError(text_of(reason, current_language()), target)]
    return documents_page(context, visit_here(context, reference), errors, typed), status
