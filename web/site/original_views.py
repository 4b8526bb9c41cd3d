"""Originals that are kept at a site: taken and given back at the page of a visit, and the list of all of them."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.documents.original_queries import Returned, given_back_lately, originals_at
from booking.documents.tables import LONGEST_DOCUMENT
from booking.use_cases.keep_originals import is_still_here, keep_original, return_original
from core.errors import IdempotencyMismatch, IllegalMove, InvalidValue, NotFound, Reason
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import site_context
from web.site.document_page import RETURNED, visit_here
from web.site.document_views import DOCUMENTS_PATH, back_to, refused
from web.site.site_blueprint import SITE_PATH, blueprint

ORIGINALS_PATH = f"{DOCUMENTS_PATH}/originals"
STILL_HERE = "still_here"
LONGEST_PLACE = 200
LONGEST_NUMBER = 12  # figures that are looked at


@blueprint.post(ORIGINALS_PATH, endpoint="keep_original")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def keep(site: str, reference: str) -> ResponseReturnValue:
    """Take an original, and write where it lies."""
    with site_context(site) as context:
        visit, field = visit_here(context, reference), "original_document"
        try:
            document = clean_line(request.form.get("original_document", ""), LONGEST_DOCUMENT)
            field = "place"
            place = clean_line(request.form.get("place", ""), LONGEST_PLACE)
            key = context.form_key("keep_original", (visit.reference, document, place))
            keep_original(context.runtime, visit.owner, document, place, actor=context.actor, idempotency=key)
        except InvalidValue as error:
            field = "original_document" if error.reason.code == "document_unnamed" else field
            return refused(context, visit, error.reason, field)
        except IdempotencyMismatch:
            return refused(context, visit, Reason("document_sent_before"), "original_document")
    return back_to(site, reference)


@blueprint.post(f"{SITE_PATH}/originals/returned", endpoint="return_original")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def give_back(site: str) -> ResponseReturnValue:
    """Write that an original was given back or posted, or was not after all; back to the page of the visit, or the list."""
    number, how = request.form.get("original", "")[:LONGEST_NUMBER], request.form.get("how", "")
    if not (number.isascii() and number.isdecimal()) or how not in (*Returned, STILL_HERE):
        raise NotFound
    with site_context(site) as context:
        reference = request.form.get("reference", "")
        visit = visit_here(context, reference) if reference else None
        with suppress(IllegalMove):  # a colleague was quicker: the page says who
            here = (context.runtime, context.authority.id, context.site.id)
            if how == STILL_HERE:
                is_still_here(*here, int(number), actor=context.actor)
            else:
                return_original(*here, int(number), Returned(how), actor=context.actor)
    return back_to(site, visit.reference) if visit else redirect(url_for("site.originals", site=site), code=303)


@blueprint.get(f"{SITE_PATH}/originals", endpoint="originals")
@requires(Action.HANDLE_DOCUMENTS, site_arg="site")
def originals(site: str) -> ResponseReturnValue:
    """All originals that the site has now, those first that it should have given back."""
    with site_context(site) as context:
        found = originals_at(context.db, context.site.id)
        lately = given_back_lately(context.db, context.site.id, context.now)
        context.log_view("originals", [one.resident_id for one in (*found, *lately) if one.resident_id])
        return render_template(
            "site/originals.html",
            site=context.site,
            originals=found,
            lately=lately,
            returned_words=RETURNED,
            zone=context.zone,
            now=context.now,
        )
