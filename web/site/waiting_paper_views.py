"""The list of all papers that residents have sent and nobody has looked at."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from booking.documents.sent_queries import waiting_papers
from booking.queries.appointments import of_ids
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action, sites_for
from web.missing_papers import sent_papers
from web.page_context import staff_context
from web.site.site_blueprint import blueprint

MOST_SHOWN = 100


@blueprint.get("/staff/papers", endpoint="papers_sent")
@requires(Action.HANDLE_DOCUMENTS)
def papers_sent() -> ResponseReturnValue:
    """What waits at the sites where they may look at documents, the soonest visit first; who looked is on record."""
    with staff_context() as context:
        sites = sites_for(context.staff.roles, Action.HANDLE_DOCUMENTS)
        found = waiting_papers(context.db, context.authority.id, sites, context.today, limit=MOST_SHOWN + 1)
        shown = found[:MOST_SHOWN]
        views = of_ids(context.db, context.catalogue, [one.appointment_id for one in shown]) if shown else {}
        residents = [view.resident.id for view in views.values()]
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "papers_sent", context.now, residents=residents)
        return render_template(
            "site/papers_sent.html",
            lines=[(views[one.appointment_id], one, sent_papers(one.files)) for one in shown],
            is_cut=len(found) > MOST_SHOWN,
            zone=context.zone,
        )
