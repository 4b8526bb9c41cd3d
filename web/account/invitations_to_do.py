"""Whose invitation nobody has answered, for the home page of staff."""

from __future__ import annotations

from flask_babel import ngettext

from booking.invitations.invitation_queries import invitation_task_count
from people.staff.policy import Action
from web.page_context import StaffContext


def invitations_to_do(context: StaffContext) -> str:
    """How many invitations have to be seen to, for whoever invites; empty for none."""
    if not context.staff.may(Action.INVITE):
        return ""
    number = invitation_task_count(context.db, context.authority.id, context.served_sites)
    text = ngettext(
        "Invitations: %(num)d person has not answered, or could not be told",
        "Invitations: %(num)d people have not answered, or could not be told",
        number,
    )
    return str(text) if number else ""
