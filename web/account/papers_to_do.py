"""How many papers residents have sent that wait to be looked at, for the home page of staff."""

from __future__ import annotations

from flask_babel import ngettext

from booking.documents.sent_queries import waiting_count
from people.staff.policy import Action, sites_for
from web.page_context import StaffContext


def papers_to_do(context: StaffContext) -> str:
    """How many there are at the sites where they may look at documents; empty for none."""
    if not context.staff.may(Action.HANDLE_DOCUMENTS):
        return ""
    sites = sites_for(context.staff.roles, Action.HANDLE_DOCUMENTS)
    number = waiting_count(context.db, context.authority.id, sites, context.today)
    text = ngettext(
        "Look at %(num)d paper that a resident has sent", "Look at %(num)d papers that residents have sent", number
    )
    return str(text) if number else ""
