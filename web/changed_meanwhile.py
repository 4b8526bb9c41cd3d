"""What staff are told about an appointment that is not any more what their page showed: what it is now, and by whom."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import AppointmentView
from booking.queries.day_list import LastChange
from web.labels import STATES_IN_SENTENCE, Labels, label_of
from web.request_language import format_moment, format_moment_short

# Who changed something without a name on record, by the kind of actor.
NAMELESS: Labels = {
    "resident": _l("the resident"),
    "api": _l("a program of the council"),
    "staff": _l("somebody"),
}


def who_acted(last_change: LastChange) -> str:
    """The name of who made the change, or what they are where there is no name."""
    return last_change.actor_name or label_of(NAMELESS, last_change.actor_kind)


def state_now(view: AppointmentView, last_change: LastChange | None) -> str:
    """The state and time of the appointment now, and who changed it last and when, as far as that is on record."""

    def local(at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(view.zone))

    facts = {"state": str(STATES_IN_SENTENCE[view.state]), "moment": format_moment(local(view.starts_at))}
    if last_change is None:
        return str(_("It is now: %(state)s, %(moment)s.", **facts))
    facts |= {"who": who_acted(last_change), "when": format_moment_short(local(last_change.at))}
    return str(_("It is now: %(state)s, %(moment)s. Changed by %(who)s, %(when)s.", **facts))
