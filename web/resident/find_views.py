"""A lost link: reference and surname have it sent again to the address on record."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.references import has_old_references
from booking.use_cases.manage_links import request_manage_link
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from people.staff.access_marks import public
from web.page_context import council_context
from web.resident.forms import FindForm
from web.resident.page_rendering import show
from web.resident.urls import blueprint

# From one origin: a household needs one or two, a library's computers share theirs.
LINK_LIMIT = SlowingLimit("10/hour", beyond="1/minute")


@blueprint.route("/<authority:authority>/find", methods=["GET", "POST"])
@public
def find(authority: str) -> ResponseReturnValue:
    """Have the link sent again. The answer is the same whether reference and surname belong together or not."""
    with council_context(authority) as context:
        form = FindForm()
        if has_old_references(context.db, context.authority.id):
            form.takes_old_references = True
            form.reference.description = _("It has letters and numbers. You can leave out spaces and signs.")
        if not form.validate_on_submit():
            return show("find", context, form=form, back=f"{context.base}/")
        check_slowing_limit(context.runtime, LINK_LIMIT, "find", origin_of(request.remote_addr))
        request_manage_link(context.runtime, context.authority.id, form.reference.data, form.surname.data)
        return redirect(f"{context.base}/find/sent", code=303)


@blueprint.get("/<authority:authority>/find/sent")
@public
def find_sent(authority: str) -> ResponseReturnValue:
    """What happens now."""
    with council_context(authority) as context:
        return show("find_sent", context)
