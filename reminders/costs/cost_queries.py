"""How many texts and letters a council has sent, by service, kind and month, and how many of its visits were missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from booking.proposals.tables import Wish
from booking.states import State
from booking.tables import Appointment, AppointmentService
from booking.visits.tables import DayVisit
from core.wall_clock import wall_instant
from locations.model import AuthorityFacts
from reminders.call_text_tables import CallText
from reminders.costs.message_costs import Sent, Visits
from reminders.delivery_decisions import IN_DOUBT, SENT
from reminders.recipients import LETTER, SITE_MESSAGE, TEXT, family_of
from reminders.tables import Notification
from reminders.wish_kinds import FAMILY_OF
from reminders.wish_tables import WishMail

CAME = (State.ATTENDED, State.NOT_COMPLETED, State.LEFT_BEFORE_SEEN)
MISSED = State.DID_NOT_ATTEND


def sent_by_month(db: Session, council: AuthorityFacts, months: Sequence[date]) -> list[Sent]:
    """What was sent of the messages that were due in `months`, which follow each other, by the first service of the visit.

    What the provider took counts, whether it arrived or not: it is paid for.
    """
    found: dict[tuple[int, str, date], Sent] = {}
    for month in months:
        for one in _sent_in(db, council, month):
            key = (one.service_id, one.kind, one.month)
            found[key] = _sum(found[key], one) if key in found else one
    return [found[key] for key in sorted(found)]


def visits_by_month(db: Session, council: AuthorityFacts, months: Sequence[date]) -> list[Visits]:
    """How many of the visits of `months` people came to, and missed: those of which somebody has written it down."""
    of_council = (Appointment.authority_id == council.id, Appointment.is_walk_in.is_(False))
    rows = (
        select(Appointment.local_date, Appointment.state, func.count())
        .where(*of_council, Appointment.local_date >= months[0], Appointment.local_date < _next(months[-1]))
        .where(Appointment.state.in_((*CAME, MISSED)))
        .group_by(Appointment.local_date, Appointment.state)
    )
    counts: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    for day, state, number in db.execute(rows):
        counts[day.replace(day=1)][state == MISSED] += number
    return [Visits(month, *counts[month]) for month in months]


def _sent_in(db: Session, council: AuthorityFacts, month: date) -> Iterator[Sent]:
    first, end = (wall_instant(day, time.min, council.zone) for day in (month, _next(month)))
    is_text, is_counted = Notification.channel == TEXT, Notification.units_sent.is_not(None)
    counts = (
        func.sum(case((is_text & (Notification.units_sent > 0), 1), else_=0)),
        func.sum(case((is_text, func.coalesce(Notification.units_sent, 0)), else_=0)),
        func.sum(case((is_text, 0), else_=func.coalesce(Notification.units_sent, 0))),
        func.sum(case((is_counted, 0), else_=1)),
    )
    rows = (
        select(AppointmentService.service_id, Notification.kind, *counts)
        .join(AppointmentService, AppointmentService.appointment_id == Notification.appointment_id)
        .where(Notification.authority_id == council.id, Notification.due_at >= first, Notification.due_at < end)
        .where(Notification.channel.in_((TEXT, LETTER)), AppointmentService.position == 0)
        .where(or_(is_counted, Notification.status.in_((SENT, IN_DOUBT))))
        .group_by(AppointmentService.service_id, Notification.kind)
    )
    for service_id, kind, *numbers in db.execute(rows):
        yield Sent(service_id, family_of(kind), month, *map(int, numbers))
    to_who_waits = (
        select(Wish.service_ids, WishMail.kind, WishMail.units_sent)
        .join(Wish, Wish.id == WishMail.wish_id)
        .where(WishMail.authority_id == council.id, WishMail.created_at >= first, WishMail.created_at < end)
        .where(WishMail.channel == TEXT, WishMail.units_sent > 0)
    )
    for service_ids, kind, segments in db.execute(to_who_waits):
        yield Sent(service_ids[0], FAMILY_OF[kind], month, texts=1, segments=segments or 0)
    of_calls = (
        select(DayVisit.service_id, CallText.units_sent)
        .join(DayVisit, DayVisit.id == CallText.visit_id)
        .where(CallText.authority_id == council.id, CallText.created_at >= first, CallText.created_at < end)
        .where(CallText.units_sent > 0)
    )
    for service_id, segments in db.execute(of_calls):
        yield Sent(service_id, SITE_MESSAGE, month, texts=1, segments=segments or 0)


def _sum(one: Sent, other: Sent) -> Sent:
    names = ("texts", "segments", "letters", "uncounted")
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
