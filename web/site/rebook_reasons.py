"""Why somebody must be rebooked, and how far that is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.day_list import RebookPerson
from booking.rebooking import RebookState
from web.labels import REBOOK_REASONS
from web.request_language import format_moment_short


def reason_text(person: RebookPerson) -> str:
    """What the council wrote about its closure, or the text of the code; and whether they were offered another time."""
    reason = person.closure_reason or str(REBOOK_REASONS[person.code])
    return f"{reason} ({_state_text(person)})"


def _state_text(person: RebookPerson) -> str:
    if person.state is RebookState.OFFERED and person.answer_by is not None:
        until = format_moment_short(person.answer_by.astimezone(ZoneInfo(person.appointment.zone)))
        return str(_("offered another time until %(time)s", time=until))
    return str(_("said no to the other time") if person.state is RebookState.DECLINED else _("to ring"))
