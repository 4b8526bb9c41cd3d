"""Saying that somebody comes, where they were asked to confirm their appointment."""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue

from booking.use_cases.confirm import confirm
from core.audit import Actor
from core.errors import IllegalMove, Stale
from people.staff.access_marks import public
from web.resident.appointment_page import open_appointment_context
from web.resident.urls import blueprint


@blueprint.post("/<authority:authority>/appointment/<reference>/confirm")
@public
def confirm_coming(authority: str, reference: str) -> ResponseReturnValue:
    """Write that they come. Of one that has another time since, or none, the page says how it is now."""
    with open_appointment_context(authority, reference) as page:
        try:
            confirm(page.context.runtime, page.view.authority_id, reference, actor=Actor.resident(), seen=page.seen)
        except Stale:
            return page.redirect("offer_changed")
        except IllegalMove:
            return redirect(page.url, code=303)
        return page.redirect("confirmed")
