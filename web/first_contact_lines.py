"""How somebody first asked for help, in words for staff."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.queries.appointments import AppointmentView
from booking.triage.given_answers import words_of
from people.residents.approach import Approach
from web.labels import Labels, label_of
from web.request_language import format_moment

HOW_ASKED: Labels = {
    "online": _l("online"),
    "phone": _l("by telephone"),
    "counter": _l("at the counter"),
    "kiosk": _l("at the screen in the entrance"),
    "api": _l("through another system"),
}
URGENT_MEANINGS: Labels = {
    "homeless_tonight": _l("Nowhere to sleep tonight"),
    "no_food_or_heating": _l("No food or no heating"),
    "danger_at_home": _l("In danger at home"),
}


def first_contact_line(approach: Approach, view: AppointmentView) -> tuple[str, str]:
    """When, how and by whom they first asked, and in which words, unless these are the answers of this appointment."""
    words = approach.words if approach.words != words_of(view.answers) else ""
    return when_asked(approach, view.zone), words


def when_asked(approach: Approach, zone: str) -> str:
    """When, how and by whom they first asked."""
    moment = format_moment(approach.asked_at.astimezone(ZoneInfo(zone)))
    facts = [label_of(HOW_ASKED, approach.channel)]
    facts += [str(_("asked by %(name)s", name=approach.asked_by))] if approach.asked_by else []
    facts += [str(_("taken by %(name)s", name=approach.taken_by))] if approach.taken_by else []
    return str(_("First asked for help on %(moment)s (%(facts)s)", moment=moment, facts=", ".join(facts)))
