"""The search of those who look for no residents: places, services, pages and settings alone."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.pages_found import pages_found
from web.account.staff_blueprint import blueprint
from web.page_context import staff_context

LONGEST_SEARCH = 200


@blueprint.post("/find")
@requires(Action.SEE_STAFF_HOME)
def find_page() -> ResponseReturnValue:
    """What is called like what was typed. By POST, so that no address and no log has what was typed."""
    wanted = " ".join(request.form.get("q", "").split())[:LONGEST_SEARCH]
    if not wanted:
        return redirect(url_for("staff.home"), code=303)
    with staff_context() as context:
        return render_template("staff/found.html", wanted=wanted, pages=pages_found(context, wanted))
