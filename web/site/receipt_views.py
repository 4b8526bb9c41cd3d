"""Receipts for documents: given at the counter, and verified by the back office by their number."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.documents.document_queries import ReceiptView, receipt_by_number
from booking.use_cases.keep_documents import give_receipt
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, InvalidValue, NotFound, Reason
from core.tokens import spoken_reference
from locations.model import SiteFacts
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.page_context import StaffContext, site_context, staff_context
from web.request_language import current_language
from web.site.document_page import visit_here
from web.site.document_views import DOCUMENTS_PATH, back_to, refused
from web.site.site_blueprint import blueprint

RECEIPTS_PATH = f"{DOCUMENTS_PATH}/receipts"


@blueprint.post(RECEIPTS_PATH, endpoint="give_receipt")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def give(site: str, reference: str) -> ResponseReturnValue:
    """Give a receipt for all that was seen, kept and certified until now, and show it."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        key = context.form_key("receipt", visit.reference)
        try:
            number = give_receipt(context.runtime, visit.owner, actor=context.actor, idempotency=key)
        except InvalidValue as error:
            return refused(context, visit, error.reason, "")
        except IdempotencyMismatch:
            return back_to(site, reference)
    return redirect(url_for("site.show_receipt", site=site, reference=reference, number=number), code=303)


@blueprint.get(f"{RECEIPTS_PATH}/<number>", endpoint="show_receipt")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def show(site: str, reference: str, number: str) -> ResponseReturnValue:
    """The receipt, to be printed or read out."""
    with site_context(site) as context:
        visit = visit_here(context, reference)
        receipt = receipt_by_number(context.db, context.authority.id, number)
        if (receipt.owner.subject, receipt.owner.resident_id) != (visit.owner.subject, visit.owner.resident_id):
            raise NotFound
        return render_template(
            "site/receipt.html",
            visit=visit,
            spoken_number=spoken_reference(receipt.number),
            **_facts(context, receipt),
        )


@blueprint.get("/staff/receipts", endpoint="verify_receipt")
@requires(Action.VERIFY_RECEIPT)
def verify() -> ResponseReturnValue:
    """What a receipt of this number was given for. Each answer is on record."""
    number = request.args.get("number", "")
    with staff_context() as context:
        receipt, errors = None, []
        if number:
            try:
                receipt = receipt_by_number(context.db, context.authority.id, number)
                _log(context, receipt)
            except NotFound:
                errors = [FieldError(text_of(Reason("receipt_unknown"), current_language()), "number")]
        facts = _facts(context, receipt) if receipt else {"receipt": None}
        return render_template(
            "site/verify_receipt.html", number=number, errors=errors, has_errors=bool(errors), **facts
        )


def _facts(context: StaffContext, receipt: ReceiptView) -> dict[str, object]:
    place: SiteFacts = context.catalogue.site_by_id(receipt.site_id)
    return {"receipt": receipt, "site": place, "zone": context.zone}


def _log(context: StaffContext, receipt: ReceiptView) -> None:
    facts = {"receipt_id": receipt.id, "site_id": receipt.site_id}
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "receipt", context.now, **facts)
