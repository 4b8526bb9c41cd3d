"""Who is asked about a visit, once in thirty days, and the answers, which lead back to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ratings.rating_rules import (
    Rating,
    RatingFigures,
    figures_of,
    is_still_asked,
    month_of,
    months_shown,
)
from booking.ratings.tables import VisitRating
from booking.states import State
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from booking.visits.visit_states import SEEN
from core.errors import NotFound
from core.tokens import is_short_rating_token, new_nonce, number_of_short_token
from core.transactions import lock_by_name


@dataclass(frozen=True)
class AskedVisit:
    """A visit about which somebody was asked. `appointment_id` says in which language they read."""

    id: int
    authority_id: int
    appointment_id: int
    is_answered: bool
    is_late: bool
    is_withdrawn: bool  # it did not take place, as it stands now


def ask_about(db: Session, appointment_id: int, now: datetime, was_asked: Callable[[list[int]], bool]) -> None:
    """Have the message after the visit of the appointment ask about it, unless a message has asked within thirty days.

    `was_asked` says of other appointments with a question whether a message about one of them went out, or will. Where
    none did, this question takes the place of theirs.
    """
    person = db.scalars(select(Appointment.resident_id).where(Appointment.id == appointment_id)).one()
    lock_by_name(db, f"questions for {person}")
    theirs = select(DayVisit).join(Appointment, Appointment.id == DayVisit.appointment_id)
    rows = db.scalars(theirs.where(Appointment.resident_id == person)).all()
    row = next(one for one in rows if one.appointment_id == appointment_id)
    others = [one for one in rows if one is not row and one.rating_nonce and one.appointment_id]
    if was_asked([one.appointment_id for one in others if one.appointment_id]):
        row.rating_nonce, row.rating_asked_at = "", None
    else:
        for one in others:
            if not one.is_rated and one.rating_asked_at and is_still_asked(one.rating_asked_at, now):
                one.rating_nonce, one.rating_asked_at = "", None  # nobody was given this link
        row.rating_nonce, row.rating_asked_at = new_nonce(), now
    db.flush()


def asked_visit(db: Session, secret_keys: Sequence[str], token: str, now: datetime) -> AskedVisit:
    """The visit of a link. Raises: NotFound."""
    number = number_of_short_token(token)
    row = None if number is None else db.get(DayVisit, number)
    if row is None or not row.rating_nonce or row.appointment_id is None or row.rating_asked_at is None:
        raise NotFound.because("visit_unknown")
    if not is_short_rating_token(secret_keys, row.id, row.rating_nonce, token):
        raise NotFound.because("visit_unknown")
    is_late = not is_still_asked(row.rating_asked_at, now)
    about = (row.id, row.authority_id, row.appointment_id, row.is_rated, is_late)
    return AskedVisit(*about, is_withdrawn=not took_place(db, row))


def took_place(db: Session, visit: DayVisit) -> bool:
    """Whether somebody was seen, and their appointment, if they had one, is not cancelled or open again."""
    states = select(Appointment.state).where(Appointment.id == visit.appointment_id)
    return visit.state in SEEN and db.scalars(states).first() in (None, State.ATTENDED, State.NOT_COMPLETED)


def open_question_of(db: Session, appointment_id: int, now: datetime) -> tuple[int, str] | None:
    """The visit's id and the nonce of its link, where somebody was asked and can still answer."""
    columns = (DayVisit.id, DayVisit.rating_nonce, DayVisit.rating_asked_at, DayVisit.is_rated)
    row = db.execute(select(*columns).where(DayVisit.appointment_id == appointment_id)).first()
    if row is None or not row.rating_nonce or row.is_rated or not is_still_asked(row.rating_asked_at, now):
        return None
    return row.id, row.rating_nonce


def keep_rating(db: Session, authority_id: int, site: str, service: str, day: date, rating: Rating) -> None:
    """Keep an answer that was given on that day."""
    values = {"site": site, "service": service, "month": month_of(day)}
    db.add(VisitRating(id=new_nonce(), authority_id=authority_id, mark=rating.mark, comment=rating.comment, **values))


def rating_figures(
    db: Session, authority_id: int, sites: Collection[str], month: date, today: date
) -> list[RatingFigures]:
    """The figures of each service at these sites in that month; none while it is not over."""
    if month not in months_shown(today):
        return []
    statement = (
        select(VisitRating.site, VisitRating.service, VisitRating.mark, VisitRating.comment)
        .where(VisitRating.authority_id == authority_id, VisitRating.site.in_(sites))
        .where(VisitRating.month == month)
    )
    found: defaultdict[tuple[str, str], list[Rating]] = defaultdict(list)
    for site, service, mark, comment in db.execute(statement):
        found[site, service].append(Rating(mark, comment))
    return [figures_of(site, service, ratings) for (site, service), ratings in sorted(found.items())]
