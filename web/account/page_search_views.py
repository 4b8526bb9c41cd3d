"""The search of those who look for no residents: places, services, pages and settings alone."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.pages_found import pages_found
from web.account.staff_blueprint import blueprint
from web.page_context import staff_context

LONGEST_SEARCH = 200


@blueprint.get("/pages")
@requires(Action.SEE_STAFF_HOME)
def find_page() -> ResponseReturnValue:
    """What is called like what was typed."""
    wanted = " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]
    with staff_context() as context:
        return render_template("staff/found.html", wanted=wanted, pages=pages_found(context, wanted))
