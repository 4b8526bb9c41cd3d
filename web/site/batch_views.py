"""Receipts of a site are handed to the back office as a batch: which way it went, whether it arrived, and its file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.documents.batch_files import batch_archive
from booking.documents.batch_queries import (
    batch_at,
    batch_to_deliver,
    batches_at,
    receipts_of_batch,
    waiting_receipts,
)
from booking.use_cases.batch_contents import contents_of_batch
from booking.use_cases.hand_over_receipts import hand_over_receipts
from booking.use_cases.pass_on_batch import pass_on_as_file
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, InvalidValue, Reason, Stale
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.components.form_fields import FieldError
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.response_headers import file_answer
from web.site.batch_lines import BatchLine
from web.site.site_blueprint import SITE_PATH, blueprint

BATCHES_PATH = f"{SITE_PATH}/batches"
LONGEST_NUMBER = 12  # figures that are looked at


@blueprint.get(BATCHES_PATH, endpoint="batches")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def show(site: str) -> ResponseReturnValue:
    """The receipts that nobody has handed over, and the batches in which others were."""
    with site_context(site) as context:
        return _page(context)


@blueprint.post(BATCHES_PATH, endpoint="hand_over_receipts")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def hand_over(site: str) -> ResponseReturnValue:
    """Hand over those that were chosen."""
    sent = request.form.getlist("receipt")
    with site_context(site) as context:
        try:
            if any(len(one) > LONGEST_NUMBER or not (one.isascii() and one.isdecimal()) for one in sent):
                raise Stale.because("receipts_handed_over")
            ids = sorted({int(one) for one in sent})
            where = (context.runtime, context.authority.id, context.site.id)
            hand_over_receipts(*where, ids, actor=context.actor, idempotency=context.form_key("batch", (site, ids)))
        except InvalidValue as error:
            reason, status = error.reason, 400
        except (Stale, IdempotencyMismatch):
            reason, status = Reason("receipts_handed_over"), 409
        else:
            return redirect(url_for("site.batches", site=site), code=303)
    with site_context(site) as context:
        return _page(context, text_of(reason, current_language()), frozenset(sent)), status


@blueprint.get(f"{BATCHES_PATH}/<number>", endpoint="save_batch")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def save(site: str, number: str) -> ResponseReturnValue:
    """The batch as one file, as often as it is needed. Each time is on record."""
    with site_context(site) as context:
        db, council = context.db, context.authority
        batch = batch_at(db, council.id, context.site.id, number)
        residents = dict.fromkeys(
            one.resident_id for one in receipts_of_batch(db, council.id, batch.id) if one.resident_id
        )
        context.log_view("document_batch", list(residents), number=batch.number)
        whole = batch_to_deliver(db, batch.id)
        content = batch_archive(contents_of_batch(context.runtime, whole, all_of_it=False))
        return file_answer(content, "application/zip", f"{whole.folder_name}.zip")


@blueprint.post(f"{BATCHES_PATH}/<number>/by-file", endpoint="pass_on_batch")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def pass_on(site: str, number: str) -> ResponseReturnValue:
    """Staff pass on what has not arrived; it is not tried again."""
    with site_context(site) as context:
        try:
            pass_on_as_file(context.runtime, context.authority.id, context.site.id, number, actor=context.actor)
        except Stale as error:
            reason = error.reason or Reason("batch_arrived")
        else:
            return redirect(url_for("site.batches", site=site), code=303)
    with site_context(site) as context:
        return _page(context, text_of(reason, current_language())), 409


def _page(context: SiteContext, problem: str = "", chosen: frozenset[str] | None = None) -> str:
    """The page; those of today are chosen, or what was sent."""
    waiting = waiting_receipts(context.db, context.authority.id, context.site.id, context.now)
    zone = ZoneInfo(context.zone)
    today = frozenset(str(one.id) for one in waiting if one.given_at.astimezone(zone).date() == context.today)
    context.log_view("batches", list(dict.fromkeys(one.resident_id for one in waiting if one.resident_id)))
    return render_template(
        "site/batches.html",
        site=context.site,
        waiting=waiting,
        chosen=today if chosen is None else chosen,
        batches=[BatchLine(one, context.zone) for one in batches_at(context.db, context.authority.id, context.site.id)],
        zone=context.zone,
        errors=[FieldError(problem, f"receipt-{waiting[0].id}" if waiting else "")] if problem else [],
    )
