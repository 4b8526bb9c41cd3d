"""Who on the register of people who cannot get online is to be looked at anew, for the home page of staff."""

from __future__ import annotations

from flask_babel import ngettext

from people.residents.register_queries import reviews_due
from people.staff.policy import Action
from web.page_context import StaffContext


def reviews_to_do(context: StaffContext) -> str:
    """How many reviews are due, for whoever keeps the register; empty for none."""
    if not context.staff.may(Action.KEEP_REGISTER):
        return ""
    number = reviews_due(context.db, context.authority.id, context.today)
    text = ngettext(
        "The register: %(num)d person who cannot get online is to be looked at anew",
        "The register: %(num)d people who cannot get online are to be looked at anew",
        number,
    )
    return str(text) if number else ""
