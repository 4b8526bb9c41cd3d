"""Somebody without an appointment waits for a time, and has said so online: nobody has proved who they are.

So nothing that is there already is changed by it, and of one email address or telephone number only so many such wishes are
open, or are made in a day: a stranger must not fill somebody's mailbox, nor have them rung all day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from booking.events import WishChange, announce_wish
from booking.proposals.tables import Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT, WishState
from booking.use_cases.booking_checks import check_areas, check_has_adviser
from booking.use_cases.claim_number import check_may_wait
from booking.use_cases.wishes import NewWish, numbers_asked, record_wish, service_ids_named, times_of
from core.audit import Actor
from core.errors import Invalid, LimitReached
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, new_nonce, wish_token
from core.transactions import lock_by_name
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.shut_for_good import last_date_of
from people.residents.details import ResidentDetails, email_key, phone_key
from people.residents.resident_repository import identify
from people.residents.tables import Resident

ONLINE = "online"
LONGEST_WAIT = timedelta(days=91)  # it ends by itself: nobody is bound to a stranger's wish for ever
# Of one email address or telephone number, as many as confirmations of bookings in a day (reminders.outbox).
MOST_OPEN = 3
WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class OnlineWish:
    """Who waits for what, how they are told (`BY_EMAIL`, `BY_TEXT`, `BY_PHONE`), the digest of where they asked from."""

    services: tuple[str, ...]
    resident: ResidentDetails
    told_by: str
    origin: str
    until: date
    sites: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    hours: tuple[time | None, time | None] = (None, None)
    numbers: tuple[int, ...] = ()

    @property
    def contact(self) -> str:
        """The address or the number by which they are told, as it is compared."""
        person = self.resident
        return email_key(person.email) if self.told_by == BY_EMAIL else phone_key(person.phone)


def wait_online(
    runtime: Runtime, authority_id: int, wanted: OnlineWish, *, idempotency: IdempotencyKey | None = None
) -> None:
    """Wait for a time. Whoever waits for the same already goes on as they are, and is sent their link again.

    Raises: LimitReached, Invalid, naming the field; IdempotencyMismatch.
    """
    if not wanted.contact:
        raise Invalid.in_field("resident", "wish_without_contact")

    def operation(db: Session) -> dict[str, Any]:
        _wait(db, runtime, authority_id, wanted)
        return {}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def _wait(db: Session, runtime: Runtime, authority_id: int, wanted: OnlineWish) -> None:
    now, catalogue = runtime.clock.database_now(db), catalogue_by_id(db, authority_id)
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    ends = (last_date_of(one.ending) for one in catalogue.services if one.slug in wanted.services)
    until = min(wanted.until, today + LONGEST_WAIT, *ends)
    days = NewWish(ONLINE, sites=wanted.sites, weekdays=wanted.weekdays, until=until)
    columns = times_of(catalogue, replace(days, from_time=wanted.hours[0], to_time=wanted.hours[1]), now)
    service_ids = service_ids_named(catalogue, wanted.services)
    lock_by_name(db, f"wishes of {authority_id} {wanted.contact}")
    known = db.scalars(_made_for(authority_id, wanted, now)).all()
    check_areas(catalogue, service_ids, wanted.resident.postcode, actor=Actor.resident())
    what = (service_ids, numbers_asked(catalogue, service_ids, wanted.numbers), wanted.told_by)
    is_open = (one for one in known if one.closed_at is None)
    same = next((one for one in is_open if (one.service_ids, one.numbers, one.told_by) == what), None)
    if same is not None:
        announce_wish(db, WishChange(authority_id, same.id, "link", now))
        return
    _check_limit(known, now)
    nonce = new_nonce()
    wish = Wish(
        authority_id=authority_id,
        resident_id=_who_may_wait(db, catalogue, service_ids, wanted.resident, now),
        service_ids=service_ids,
        numbers=what[1],
        channel=ONLINE,
        asked_at=now,
        changed_at=now,
        state=WishState.OPEN.value,
        support_needs=sorted(wanted.resident.support_needs),
        told_by=wanted.told_by,
        origin=wanted.origin,
        link_nonce=nonce,
        link_digest=digest(wish_token(runtime.settings.secret_key, nonce)),
        **columns,
    )
    db.add(wish)
    db.flush()
    record_wish(db, Actor.resident(), "wish_made", wish, now, channel=ONLINE)
    announce_wish(db, WishChange(authority_id, wish.id, "link", now))


def _check_limit(known: Sequence[Wish], now: datetime) -> None:
    """Raises: LimitReached, when as many wishes of the address or number are open, or were made today, as may be."""
    made_today = [wish for wish in known if wish.asked_at > now - WINDOW]
    if max(len(made_today), sum(wish.closed_at is None for wish in known)) >= MOST_OPEN:
        raise LimitReached(MOST_OPEN)


def _who_may_wait(
    db: Session, catalogue: Catalogue, service_ids: list[int], person: ResidentDetails, now: datetime
) -> int:
    """The record of whoever waits. Raises: Invalid, when a service is for people with an adviser, and they have none."""
    resident_id: int = identify(db, catalogue.authority.id, person, now).id
    check_has_adviser(db, catalogue, resident_id, service_ids, Actor.resident(), now)
    check_may_wait(catalogue, service_ids, Actor.resident())
    return resident_id


def _made_for(authority_id: int, wanted: OnlineWish, now: datetime) -> Select[Wish]:
    """The wishes of this address or number that were made online without an appointment, open or made within a day."""
    column = Resident.email if wanted.told_by == BY_EMAIL else Resident.phone_key
    is_recent: ColumnElement[bool] = or_(Wish.closed_at.is_(None), Wish.asked_at > now - WINDOW)
    ways = (BY_EMAIL,) if wanted.told_by == BY_EMAIL else (BY_TEXT, BY_PHONE)
    theirs = (Wish.authority_id == authority_id, Wish.told_by.in_(ways), column == wanted.contact)
    return select(Wish).join(Resident, Resident.id == Wish.resident_id).where(*theirs, is_recent).order_by(Wish.id)
