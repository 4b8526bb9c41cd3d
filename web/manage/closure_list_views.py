"""The list of what is shut, now and to come."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from booking.queries.closure_lists import closures_of
from booking.queries.rebook_lists import counts_of, list_of_misfits
from booking.rebooking import UNDECIDED
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.labels import REBOOK_STATES
from web.manage.closure_context import managed_sites
from web.manage.closure_pages import closure_line
from web.manage.manage_blueprint import CLOSURES_PATH, blueprint
from web.page_context import staff_context


@blueprint.get(CLOSURES_PATH)
@requires(Action.MANAGE_CLOSURES)
def closures() -> ResponseReturnValue:
    """The closures of the places that they may shut, with how far each is."""
    with staff_context() as context:
        found = closures_of(context.db, context.catalogue, context.now, managed_sites(context))
        lines = [(closure_line(one, context.authority.name, context.zone), one) for one in found]
        misfits = list_of_misfits(context.authority.id, managed_sites(context), context.now)
        return render_template(
            "manage/closures.html",
            lines=lines,
            misfits=sum(counts_of(context.db, misfits)[state] for state in UNDECIDED),
            states=REBOOK_STATES,
            council=context.authority.name,
        )
