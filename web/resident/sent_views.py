"""Papers that are sent before the visit, from a telephone's camera too: the page, a file, and taking one back."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.documents.document_owner import DocumentOwner
from booking.documents.document_queries import BY_RESIDENT, documents_of
from booking.documents.file_store import file_store
from booking.documents.kept_papers import papers_of_visit, rules_of, stored_ticks
from booking.documents.pdf_pages import LARGEST_FILE
from booking.use_cases.keep_documents import checked_file, delete_file, file_of, keep_file
from booking.use_cases.keep_papers import keep_papers, papers_stamp
from core.audit import Actor
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, InvalidValue, NotFound, Reason, Stale
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from locations.paper_rules import PaperRule
from people.staff.access_marks import public
from web.body_limits import FILES
from web.components.form_fields import FieldError
from web.request_language import current_language
from web.resident.appointment_page import AppointmentPage, open_appointment_context
from web.resident.urls import blueprint
from web.uploads import uploaded

FILES_OF_ORIGIN = SlowingLimit("40/day", beyond="1/10 minutes")
SEND_PATH = "/<authority:authority>/appointment/<reference>/send"
FILES_PATH = f"/<authority:authority>/appointment/<reference>{FILES}"
PAPER, FILE = "paper", "file"


@blueprint.get(SEND_PATH, endpoint="send_papers")
@public
def send_papers(authority: str, reference: str) -> ResponseReturnValue:
    """What was sent, what became of it, and the form for one more."""
    with open_appointment_context(authority, reference) as page:
        return _away(page) or _shown(page)


@blueprint.post(FILES_PATH, endpoint="send_file")
@public
def send_file(authority: str, reference: str) -> ResponseReturnValue:
    """Keep a picture or a PDF of a paper."""
    with open_appointment_context(authority, reference) as page:
        if away := _away(page):
            return away
        check_slowing_limit(page.context.runtime, FILES_OF_ORIGIN, "papers", origin_of(request.remote_addr))
        document = request.form.get(PAPER, "")
        try:
            if document not in {rule.document for rule in _rules(page)}:
                raise InvalidValue.because("document_unnamed")
            _keep(page, document)
        except InvalidValue as error:
            field = PAPER if error.reason.code == "document_unnamed" else FILE
            return _shown(page, error.reason, field, document), 400
        except IdempotencyMismatch:
            return _shown(page, Reason("document_sent_before"), FILE, document), 400
        return redirect(f"{page.url}/send", code=303)


@blueprint.post(f"{FILES_PATH}/<int:document_file>/delete", endpoint="take_file_back")
@public
def take_back(authority: str, reference: str, document_file: int) -> ResponseReturnValue:
    """Delete a file that the resident has sent, at once."""
    with open_appointment_context(authority, reference) as page:
        if away := _away(page):
            return away
        if not file_of(documents_of(page.context.db, _owner(page)), document_file).is_sent:
            raise NotFound
        delete_file(page.context.runtime, _owner(page), document_file, actor=Actor.resident())
        return redirect(f"{page.url}/send", code=303)


def file_too_large() -> ResponseReturnValue:
    """The page with its form, for a file that is too large."""
    arguments: dict[str, str] = dict(request.view_args or {})
    with open_appointment_context(arguments["authority"], arguments["reference"]) as page:
        return _away(page) or (_shown(page, Reason("file_too_large", {"most": LARGEST_FILE // 10**6}), FILE), 413)


def may_send(page: AppointmentPage) -> bool:
    """Whether a paper of the appointment can be sent, and kept here."""
    return bool(_rules(page)) and file_store(page.context.runtime.settings) is not None


def _rules(page: AppointmentPage) -> tuple[PaperRule, ...]:
    return tuple(rule for rule in rules_of(page.view.services) if "upload" in rule.taken)


def _away(page: AppointmentPage) -> ResponseReturnValue | None:
    """To where something can be done, where nothing can be sent."""
    return page.refuse_unless_booked() or (None if may_send(page) else redirect(page.url, code=303))


def _owner(page: AppointmentPage) -> DocumentOwner:
    view = page.view
    return DocumentOwner(view.authority_id, view.site.id, view.id, resident_id=view.resident.id)


def _keep(page: AppointmentPage, document: str) -> None:
    """Keep the file, and that they have the paper. Raises: InvalidValue, IdempotencyMismatch."""
    new = checked_file(page.context.runtime, document, uploaded(), BY_RESIDENT)
    facts = (page.view.reference, document, sha256(new.file.content).hexdigest())
    key = page.context.form_key("send_paper", facts)
    keep_file(page.context.runtime, _owner(page), new, actor=Actor.resident(), idempotency=key)
    kept = page.view.paper_answers
    papers = papers_of_visit(page.view.services, kept, page.view.local_date)
    sent = [paper for paper in papers.missing if paper.rule.document == document]
    if not sent:
        return
    had = [paper for paper in papers.needed if papers.has(paper)]
    try:
        keep_papers(
            page.context.runtime,
            page.view.authority_id,
            page.view.reference,
            stored_ticks(kept, [*had, *sent]),
            actor=Actor.resident(),
            seen=papers_stamp(page.view.stamp, kept),
        )
    except (Stale, IllegalMove):  # ticked elsewhere meanwhile: the file is kept all the same
        return


def _shown(page: AppointmentPage, reason: Reason | None = None, field: str = "", chosen: str = "") -> str:
    found = documents_of(page.context.db, _owner(page))
    names = {rule.document: rule.name for rule in rules_of(page.view.services)}
    errors = [FieldError(text_of(reason, current_language()), field)] if reason else []
    shown: dict[str, Any] = {
        "files": [file for file in found.files if file.is_sent and file.is_kept],
        "names": names,
        "rules": _rules(page),
        "chosen": chosen,
        "errors": errors,
        "has_errors": bool(errors),
        "back": page.url,
    }
    return page.show("send_papers", has_changed=False, **shown)
