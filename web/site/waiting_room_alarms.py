"""The alarms of the waiting room: desks that could call somebody, and people who wait too long without an appointment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.visits.idle_desk_queries import IdleDesk
from booking.visits.long_wait_queries import LongWait
from web.request_language import format_minutes, format_time

ROUNDED_TO_MINUTES = 5  # so that the page does not change every minute


@dataclass(frozen=True)
class RoomAlarms:
    """What there is to be alarmed about."""

    idle: tuple[IdleDesk, ...] = ()
    long_waits: tuple[LongWait, ...] = ()


NO_ALARMS = RoomAlarms()


@dataclass(frozen=True)
class IdleAlarm:
    """A desk that could have called somebody: in words, its slug and its name."""

    text: str
    desk: str
    desk_name: str


@dataclass(frozen=True)
class LongWaitRow:
    """Somebody who waits too long: who, and how it stands with them."""

    visit_id: int
    who: str
    text: str


def idle_alarms(idle: Iterable[IdleDesk], zone: str) -> tuple[IdleAlarm, ...]:
    """An alarm for each desk."""
    return tuple(_idle_alarm(one, zone) for one in idle)


def _idle_alarm(one: IdleDesk, zone: str) -> IdleAlarm:
    facts = {"desk": one.desk.name, "ticket": one.visit.ticket, "name": one.visit.name}
    since = format_time(one.since.astimezone(ZoneInfo(zone)))
    text = _("%(desk)s is free, and %(ticket)s %(name)s could have been called since %(since)s.", since=since, **facts)
    return IdleAlarm(str(text), one.desk.slug, one.desk.name)


def long_wait_rows(found: Iterable[LongWait]) -> tuple[LongWaitRow, ...]:
    """A row for each person."""
    return tuple(_long_wait_row(one) for one in found)


def _long_wait_row(one: LongWait) -> LongWaitRow:
    who = " ".join(filter(None, [str(one.visit.ticket), one.visit.name]))
    if one.called_in_minutes is None:
        return LongWaitRow(one.visit.id, who, str(_("no gap is left today")))
    in_all = one.waited_minutes + one.called_in_minutes
    minutes = format_minutes(in_all - in_all % ROUNDED_TO_MINUTES)
    return LongWaitRow(one.visit.id, who, str(_("about %(minutes)s in all", minutes=minutes)))
