"""What a call's page says when a slot cannot be booked any more, with the nearest others."""

from __future__ import annotations

from flask_babel import gettext as _

from booking.queries.alternatives import nearest_alternatives
from booking.slot_tokens import SlotKey, decode
from core.errors import Refused, TooSoon
from core.problems import title_of_error
from web.agent.form_result import SlotConflict
from web.agent.suggestions import alternatives
from web.page_context import StaffContext
from web.request_language import current_language


def conflict_of(context: StaffContext, error: Refused, token: str, needs: frozenset[str]) -> SlotConflict:
    """Why the slot of `token` cannot be booked, with the three nearest others."""
    title = _("That time has passed") if isinstance(error, TooSoon) else title_of_error(error, current_language())
    return conflict_near(context, title, decode(token), needs)


def conflict_near(context: StaffContext, title: str, slot_key: SlotKey, needs: frozenset[str]) -> SlotConflict:
    """What the page says under `title`, with the three slots nearest to one that cannot be booked."""
    with context.runtime.database.reading() as db:
        others = nearest_alternatives(db, context.catalogue, slot_key, context.now, for_public=False, needs=needs)
    others = [slot for slot in others if context.serves(slot.site.id)]
    text = _("Nothing else is free near that time. Choose from the grid.")
    if others:
        text = _("These are the nearest others.")
    return SlotConflict(title, text, alternatives(others))
