"""What staff read of an appointment that is to be confirmed: when it is given back, or why it never is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView
from booking.states import State
from core.runtime import Runtime
from reminders.channels.registry import confirming_channels
from reminders.confirming.confirm_facts import asks
from reminders.confirming.confirm_queries import visits_to_confirm
from reminders.confirming.confirm_rules import Kept, Spared, ToConfirm, spared, why_kept
from web.labels import Labels, label_of
from web.request_language import format_moment_short

SPARED: Labels = {
    Spared.REPRESENTATIVE: _l("Somebody acts for them"),
    Spared.INTERPRETER: _l("They need an interpreter"),
    Spared.URGENT: _l("It is urgent"),
    Spared.TO_REBOOK: _l("It is to be rebooked"),
    Spared.CALLED: _l("They are on the list of people to ring"),
    Spared.ONE_WAY: _l("We cannot write to them in two ways"),
}
KEPT: Labels = {
    Kept.CHANGED: _l("It has changed since"),
    Kept.CONFIRMED: _l("They have said that they come"),
    Kept.WRITTEN: _l("They wrote something that a person has to read"),
    Kept.TOUCHED: _l("Something was changed or noted since they were asked"),
    Kept.NOT_YET: _l("They can still answer"),
    Kept.TOO_LATE: _l("The appointment is too near"),
    Kept.ONE_TRIED: _l("They were asked in one way only"),
    Kept.NOT_ARRIVED: _l("We do not know if a question has reached them in time"),
}


def confirmation_lines(
    runtime: Runtime, db: Session, views: Iterable[AppointmentView], now: datetime
) -> Mapping[int, str]:
    """By the appointment's id, what staff read of each that is to be confirmed, is still to come and is not confirmed."""
    zones = {
        view.id: view.zone
        for view in views
        if view.state is State.BOOKED and now < view.starts_at and asks(view.services) and not view.is_confirmed
    }
    if not zones:
        return {}
    found = visits_to_confirm(db, zones, confirming_channels(runtime.settings, runtime.database))
    return {id_: _line(known, ZoneInfo(zones[id_]), now) for id_, known in found.items()}


def _line(known: ToConfirm, zone: ZoneInfo, now: datetime) -> str:
    if known.answer_by is None:
        why = spared(known.visit)
        if why is None:
            return str(_("Not confirmed. They were not asked yet."))
        return str(_("Nobody has to confirm it. %(why)s.", why=label_of(SPARED, why)))
    reason = why_kept(known.visit, known.questions, known.answer_by, now)
    if reason in (Kept.NOT_YET, None):
        until = format_moment_short(known.answer_by.astimezone(zone))
        return str(_("Not confirmed. It is given back if nobody confirms it by %(moment)s.", moment=until))
    return str(_("Not confirmed, and kept. %(why)s.", why=label_of({**SPARED, **KEPT}, str(reason))))
