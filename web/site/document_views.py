"""Documents at the counter: originals that were seen, and files that are kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from booking.documents.document_owner import CheckResult
from booking.documents.document_queries import documents_of
from booking.documents.file_content import SUFFIXES
from booking.documents.pdf_pages import LARGEST_FILE
from booking.documents.tables import LONGEST_DOCUMENT
from booking.use_cases.keep_documents import (
    MOST_DOCUMENTS,
    check_documents,
    checked_file,
    content_of,
    delete_file,
    file_of,
    keep_file,
)
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, InvalidValue, Reason
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.body_limits import FILES
from web.components.form_fields import FieldError
from web.error_pages import http_error
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.response_headers import file_answer
from web.site.document_page import VisitHere, documents_page, log_documents, visit_here
from web.site.site_blueprint import SITE_PATH, blueprint
from web.uploads import uploaded

DOCUMENTS_PATH = f"{SITE_PATH}/documents/<reference>"
FILE_PATH = f"{DOCUMENTS_PATH}{FILES}"


@blueprint.get(DOCUMENTS_PATH, endpoint="documents")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def documents(site: str, reference: str) -> ResponseReturnValue:
    """What was seen, kept and certified of one visit."""
    with site_context(site) as context:
        return documents_page(context, visit_here(context, reference))


@blueprint.post(DOCUMENTS_PATH, endpoint="check_documents")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def check(site: str, reference: str) -> ResponseReturnValue:
    """Write which originals were seen, and which documents were missing."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        try:
            other = clean_line(request.form.get("other", ""), LONGEST_DOCUMENT)
            check_documents(context.runtime, visit.owner, _results(other), actor=context.actor)
        except InvalidValue as error:
            return refused(context, visit, error.reason, "other")
    return back_to(site, reference)


def _results(other: str) -> Mapping[str, CheckResult | None]:
    """What the form says of each document. Raises: InvalidValue for a name that cannot be kept."""
    results: dict[str, CheckResult | None] = {}
    for number in range(MOST_DOCUMENTS):
        name = clean_line(request.form.get(f"document-{number}", ""), LONGEST_DOCUMENT)
        sent = request.form.get(f"result-{number}", "")
        if sent == request.form.get(f"was-{number}"):
            continue  # left as the page showed it: what a colleague has written meanwhile stays
        if name and sent in ("", *CheckResult):
            results[name] = CheckResult(sent) if sent else None
    return results | ({other: CheckResult.SEEN} if other else {})


@blueprint.post(FILE_PATH, endpoint="keep_file")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def keep(site: str, reference: str) -> ResponseReturnValue:
    """Keep a scan or a photograph of a document."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        try:
            document = document_sent()
            new = checked_file(context.runtime, document, uploaded())
            key = context.form_key("keep_file", (visit.reference, document, sha256(new.file.content).hexdigest()))
            keep_file(context.runtime, visit.owner, new, actor=context.actor, idempotency=key)
        except InvalidValue as error:
            return refused(
                context, visit, error.reason, "file" if error.reason.code != "document_unnamed" else "document"
            )
        except IdempotencyMismatch:
            return refused(context, visit, Reason("document_sent_before"), "file")
    return back_to(site, reference)


@blueprint.get(f"{FILE_PATH}/<int:document_file>", endpoint="show_file")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def show(site: str, reference: str, document_file: int) -> ResponseReturnValue:
    """A file that is kept. Each look is on record."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        file = file_of(documents_of(context.db, visit.owner), document_file)
        content = content_of(context.runtime, file.stored_name)
        log_documents(context, visit, "document_file", file_id=file.id)
    return file_answer(content, file.media_type, f"{visit.reference}-{file.id}{SUFFIXES[file.media_type]}")


@blueprint.post(f"{FILE_PATH}/<int:document_file>/delete", endpoint="delete_file")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def delete(site: str, reference: str, document_file: int) -> ResponseReturnValue:
    """Delete a file, at once and for good."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        delete_file(context.runtime, visit.owner, document_file, actor=context.actor)
    return back_to(site, reference)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The page with its form; the guard has let its sender in before it looked at what was sent."""
    if request.endpoint != "site.keep_file":
        return http_error(error)
    arguments: dict[str, str] = dict(request.view_args or {})
    with site_context(arguments["site"]) as context:
        visit = visit_here(context, arguments["reference"])
        text = text_of(Reason("file_too_large", {"most": LARGEST_FILE // 1_000_000}), current_language())
        return documents_page(context, visit, [FieldError(text, "file")]), 413


def document_sent() -> str:
    """Which document the form names. Raises: InvalidValue."""
    name = clean_line(request.form.get("document", ""), LONGEST_DOCUMENT)
    if not name:
        raise InvalidValue.because("document_unnamed")
    return name


def refused(context: SiteContext, visit: VisitHere, reason: Reason, target: str) -> ResponseReturnValue:
    """The page with what is wrong, and what was typed."""
    typed: dict[str, Any] = {
        name: request.form.get(name, "") for name in ("document", "other", "on_behalf_of", "original_document", "place")
    }
    sent = ((request.form.get(f"document-{number}"), f"result-{number}") for number in range(MOST_DOCUMENTS))
    typed["of_file"] = (request.view_args or {}).get("document_file")
    typed["results"] = {name: request.form[result] for name, result in sent if name and result in request.form}
    return documents_page(context, visit, [FieldError(text_of(reason, current_language()), target)], typed), 400


def back_to(site: str, reference: str) -> ResponseReturnValue:
    """Back to the page."""
    return redirect(url_for("site.documents", site=site, reference=reference), code=303)
