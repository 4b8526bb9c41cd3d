"""Whether somebody is told when it moves on after their visit."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from booking.use_cases.progress_news import want_progress_news
from core.audit import Actor
from core.errors import IllegalMove, Stale
from people.staff.access_marks import public
from web.resident.appointment_page import open_appointment_context
from web.resident.urls import blueprint


@blueprint.post("/<authority:authority>/appointment/<reference>/news")
@public
def progress_news(authority: str, reference: str) -> ResponseReturnValue:
    """Write it. Of one that has changed since, the page says how it is now."""
    with open_appointment_context(authority, reference, to_read=True) as page:
        page.count_change()
        wants = request.form.get("wants") == "yes"
        about = (page.context.runtime, page.view.authority_id, reference)
        try:
            want_progress_news(*about, wants=wants, actor=Actor.resident(), seen=page.seen)
        except Stale:
            return page.redirect("offer_changed")
        except IllegalMove:
            return redirect(page.url, code=303)
        return page.redirect("news_wanted" if wants else "news_ended")
