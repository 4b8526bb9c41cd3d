"""The page of those who do not fit the plan any more: a session was shortened, a person or a skill was taken away."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.rebook_lists import list_of_misfits
from booking.use_cases.offers import make_offers, request_offers_to_misfits
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.reach_queries import can_be_told
from web.manage.closure_context import managed_sites
from web.manage.list_sections import (
    confirm_held_time,
    confirmed_person,
    confirmed_text,
    listed_person,
    sections_of,
)
from web.manage.manage_blueprint import MISFITS_PATH, blueprint
from web.manage.new_closure_views import SECONDS
from web.page_context import StaffContext, staff_context


@blueprint.get(MISFITS_PATH)
@requires(Action.MANAGE_CLOSURES)
def misfits() -> ResponseReturnValue:
    """The progress, and everybody by state."""
    with staff_context() as context:
        return _page(context)


@blueprint.post(f"{MISFITS_PATH}/offers")
@requires(Action.MANAGE_CLOSURES)
def offer_to_misfits() -> ResponseReturnValue:
    """Seek other times for everybody who has none, and go back."""
    with staff_context() as context:
        runtime, authority_id = context.runtime, context.authority.id
        request_offers_to_misfits(runtime, authority_id, managed_sites(context), actor=context.actor)
        make_offers(runtime, can_be_told, authority_id=authority_id, seconds=SECONDS)
    return redirect(url_for("manage.misfits", done="offers"), code=303)


@blueprint.post(f"{MISFITS_PATH}/people/<reference>/confirm")
@requires(Action.MANAGE_CLOSURES)
def confirm_misfit(reference: str) -> ResponseReturnValue:
    """Take the time that is held for somebody, who said yes on the telephone; and go back to the list."""
    with staff_context() as context:
        listed = list_of_misfits(context.authority.id, managed_sites(context), context.now)
        error = confirm_held_time(context, listed_person(context, listed, reference))
    if error:
        with staff_context() as context:  # a new one, which reads the list as it is now
            return _page(context, error), 409
    return redirect(url_for("manage.misfits", done="confirmed", person=reference), code=303)


def _page(context: StaffContext, error: str = "") -> str:
    listed = list_of_misfits(context.authority.id, managed_sites(context), context.now)
    values = sections_of(context, listed, is_seeking=True)
    done = "" if error else request.args.get("done", "")
    confirmed = confirmed_text(confirmed_person(context, listed))
    return render_template("manage/misfits.html", error=error, done=done, confirmed=confirmed, **values)
