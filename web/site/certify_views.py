"""Certified copies at the counter: made of a file that is kept, saved to be handed over, and revoked."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.documents.document_queries import documents_of
from booking.documents.file_content import PDF
from booking.documents.stamped_pdf import StampText
from booking.use_cases.certify_copy import NewCopy, certify_copy, copy_of, revoke_copy
from booking.use_cases.keep_documents import content_of, file_of
from core.errors import IdempotencyMismatch, InvalidValue, Reason
from core.text import clean_line
from core.tokens import new_certificate_code
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_day
from web.response_headers import file_answer
from web.site.document_page import log_documents, visit_here
from web.site.document_views import DOCUMENTS_PATH, FILE_PATH, back_to, document_sent, refused
from web.site.site_blueprint import blueprint

LONGEST_NAME = 200
COPY_PATH = f"{DOCUMENTS_PATH}/copies/<int:certified_copy>"


@blueprint.post(f"{FILE_PATH}/<int:document_file>/certify", endpoint="certify")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def certify(site: str, reference: str, document_file: int) -> ResponseReturnValue:
    """Certify that a file is a true copy of the original that was seen."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        file_of(documents_of(context.db, visit.owner), document_file)
        try:
            document, whose = document_sent(), clean_line(request.form.get("on_behalf_of", ""), LONGEST_NAME)
            new = _new_copy(context, document_file, document, whose or visit.name)
            key = context.form_key("certify", (visit.reference, document_file, document, whose))
            certify_copy(context.runtime, visit.owner, new, actor=context.actor, idempotency=key)
        except InvalidValue as error:
            return refused(context, visit, error.reason, f"document-of-{document_file}")
        except IdempotencyMismatch:
            return refused(context, visit, Reason("document_sent_before"), f"document-of-{document_file}")
    return back_to(site, reference)


def _new_copy(context: SiteContext, file_id: int, document: str, whose: str) -> NewCopy:
    """The copy with a new code, and the words of its stamp page."""
    code = new_certificate_code()
    link = f"{context.runtime.settings.public_url}/{context.authority.slug}/certified/{code}"
    lines = (
        (_("Original"), document),
        (_("Shown by or for"), whose),
        (_("Certified by"), f"{context.staff.name}, {context.authority.name}"),
        (_("Where"), f"{context.site.name}, {context.site.address}"),
        (_("When"), format_day(context.today)),
        (_("Code"), code),
    )
    text = StampText(
        context.authority.name,
        _("Certified copy"),
        _("I have seen the original. The pages that follow are a true copy of it."),
        lines,
        _("To check this copy, scan the code or open the address, and choose this file there. One changed byte shows."),
        current_language().code,
    )
    return NewCopy(file_id, document, whose, code, link, text)


@blueprint.get(COPY_PATH, endpoint="show_copy")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def show(site: str, reference: str, certified_copy: int) -> ResponseReturnValue:
    """The PDF of a certified copy. Each look is on record."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        copy = copy_of(documents_of(context.db, visit.owner).copies, certified_copy)
        content = content_of(context.runtime, copy.stored_name)
        log_documents(context, visit, "document_file", copy_id=copy.id)
    return file_answer(content, PDF, f"{visit.reference}-certified-{copy.id}.pdf")


@blueprint.post(f"{COPY_PATH}/revoke", endpoint="revoke_copy")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def revoke(site: str, reference: str, certified_copy: int) -> ResponseReturnValue:
    """Say of a certified copy that it counts no more: whoever checks it is told so."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        revoke_copy(context.runtime, visit.owner, certified_copy, actor=context.actor)
    return back_to(site, reference)
