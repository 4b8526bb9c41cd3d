"""Wishes for an earlier time: made, changed, withdrawn, and answered by a colleague."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.appointment_repository import check_link
from booking.availability.site_days import counts_of
from booking.counted import counts_asked
from booking.events import WishChange, announce_wish
from booking.proposals.tables import Wish
from booking.proposals.wish_rules import WishState
from booking.slot_tokens import MAX_SERVICES
from booking.states import CHANNELS, State
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.booking_checks import check_areas, check_has_adviser
from booking.use_cases.claim_number import check_may_wait
from booking.use_cases.proposals import end_proposal_of_wish
from booking.use_cases.wish_ways import choose_way, own_adviser_of
from core.audit import Actor, record
from core.errors import IllegalMove, Invalid, NotFound
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.details import ResidentDetails
from people.residents.resident_repository import identify, lock_known, resident_of
from people.residents.tables import Resident


@dataclass(frozen=True)
class NewWish:
    """An earlier time is wanted: of an appointment (its reference), or by a resident for services (their slugs).

    No weekdays (Monday is 1) or hours are any; no sites are the appointment's own, or, without one, any. A visit is to begin
    before `to_time`, and on `until` at the latest. `numbers` answer what the services count; without them it is one of each.
    They are `told_by` email, text or phone; without it as about the appointment, or, where there is none, rung. With
    `own_adviser` they come to the adviser alone whom they have: named, of the appointment, or seen last.
    """

    channel: str
    appointment: str | None = None
    services: tuple[str, ...] = ()
    resident: ResidentDetails | int | None = None
    sites: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_time: time | None = None
    to_time: time | None = None
    until: date | None = None
    numbers: tuple[int, ...] = ()
    told_by: str = ""
    own_adviser: bool = False


def make_wish(
    runtime: Runtime,
    authority_id: int,
    new: NewWish,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> int:
    """The id of the wish. Who waits already for the same keeps the place in the queue, and waits for what this one says.

    Raises: Invalid, naming the field; IllegalMove when the appointment is not booked; LinkEnded, NotFound,
    IdempotencyMismatch.
    """
    if new.channel not in CHANNELS:
        raise Invalid.in_field("channel", "channel_unknown", known=sorted(CHANNELS))

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        catalogue = catalogue_by_id(db, authority_id)
        times = times_of(catalogue, new, now)
        find = _of_appointment if new.appointment else _of_resident
        wish = find(db, catalogue, new, actor, now)
        is_written_to = choose_way(db, runtime, wish, new.told_by, now)
        wish.adviser_id = own_adviser_of(db, catalogue, wish, now) if new.own_adviser else None
        for name, value in times.items():
            setattr(wish, name, value)
        wish.state, wish.unanswered, wish.changed_at = WishState.OPEN.value, 0, now
        db.add(wish)
        db.flush()
        record_wish(db, actor, "wish_made", wish, now, channel=new.channel)
        if is_written_to:
            announce_wish(db, WishChange(authority_id, wish.id, "link", now))
        return {"id": wish.id}

    wish_id: int = run_once(runtime.database, idempotency, operation, runtime.clock.now())["id"]
    return wish_id


def withdraw_wish(runtime: Runtime, authority_id: int, wish_id: int, *, actor: Actor) -> None:
    """Nothing more is offered; a time that is held is free again. A second time it changes nothing. Raises: NotFound."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        wish_of(db, authority_id, wish_id)
        end_proposal_of_wish(db, wish_id, now)
        wish = _locked(db, wish_id)
        if wish.closed_at is None:
            wish.state, wish.closed_at, wish.changed_at = WishState.WITHDRAWN.value, now, now
            record_wish(db, actor, "wish_withdrawn", wish, now)

    run_with_retries(runtime.database, operation)


def mark_wish_told(runtime: Runtime, authority_id: int, wish_id: int, *, actor: Actor) -> None:
    """Write that whoever waits was told how it stands. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        wish_of(db, authority_id, wish_id)
        wish = _locked(db, wish_id)
        wish.told_at = now
        record_wish(db, actor, "wish_told", wish, now)


def end_wish_of_appointment(db: Session, appointment_id: int, now: datetime) -> None:
    """End the appointment's open wish, if there is one, in the transaction of `db`: it is somebody else's now."""
    _end_all(db, Wish.appointment_id == appointment_id, now)


def end_wishes_of_resident(db: Session, resident_id: int, now: datetime) -> None:
    """End every open wish of the resident in the transaction of `db`: nothing is kept about them any more."""
    _end_all(db, Wish.resident_id == resident_id, now)


def _end_all(db: Session, of_whom: ColumnElement[bool], now: datetime) -> None:
    for wish_id in db.scalars(select(Wish.id).where(of_whom, Wish.closed_at.is_(None)).order_by(Wish.id)).all():
        end_proposal_of_wish(db, wish_id, now)
        wish = _locked(db, wish_id)
        wish.state, wish.closed_at, wish.changed_at = WishState.WITHDRAWN.value, now, now


def wait_again(runtime: Runtime, authority_id: int, wish_id: int, *, actor: Actor) -> None:
    """Offer free times again to somebody whose offers were not answered; any other wish stays as it is. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        wish_of(db, authority_id, wish_id)
        wish = _locked(db, wish_id)
        if wish.state == WishState.PAUSED:
            wish.state, wish.unanswered, wish.changed_at = WishState.OPEN.value, 0, now
            record_wish(db, actor, "wish_made", wish, now, channel=wish.channel)


def wish_of(db: Session, authority_id: int, wish_id: int) -> Wish:
    """The council's wish of this id, read without a lock. Raises: NotFound."""
    wish = db.scalar(select(Wish).where(Wish.id == wish_id, Wish.authority_id == authority_id))
    if wish is None:
        raise NotFound.because("wish_unknown")
    return wish


def _locked(db: Session, wish_id: int) -> Wish:
    statement = select(Wish).where(Wish.id == wish_id).with_for_update().execution_options(populate_existing=True)
    return db.scalars(statement).one()


def times_of(catalogue: Catalogue, new: NewWish, now: datetime) -> dict[str, Any]:
    """The columns that say which times are wanted. Raises: Invalid."""
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    if new.until is not None and new.until < today:
        raise Invalid.in_field("until", "wish_until_past")
    if new.from_time is not None and new.to_time is not None and new.to_time <= new.from_time:
        raise Invalid.in_field("to_time", "wish_hours")
    sites = {site.slug: site.id for site in catalogue.sites}
    if not sites.keys() >= set(new.sites):
        raise Invalid.in_field("sites", "wish_site_unknown")
    return {
        "site_ids": sorted(sites[slug] for slug in set(new.sites)),
        "weekdays": sorted(set(new.weekdays)),
        "from_time": new.from_time,
        "to_time": new.to_time,
        "until": new.until,
    }


def _of_appointment(db: Session, catalogue: Catalogue, new: NewWish, actor: Actor, now: datetime) -> Wish:
    """The appointment's open wish, or a new one. Raises: Invalid, IllegalMove, LinkEnded, NotFound."""
    authority_id, reference = catalogue.authority.id, new.appointment or ""
    row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
    check_link(row, actor, now)
    if row.state != State.BOOKED:
        raise IllegalMove(row.state, State.BOOKED)
    if row.local_date <= now.astimezone(ZoneInfo(catalogue.authority.zone)).date():
        raise Invalid.in_field("appointment", "wish_too_late")
    same = (Wish.appointment_id == row.id, Wish.closed_at.is_(None))
    wish = db.scalar(select(Wish).where(*same).with_for_update())
    return wish or Wish(
        authority_id=authority_id,
        resident_id=row.resident_id,
        appointment_id=row.id,
        service_ids=[],
        channel=new.channel,
        asked_at=now,
    )


def _of_resident(db: Session, catalogue: Catalogue, new: NewWish, actor: Actor, now: datetime) -> Wish:
    """The resident's open wish for these services, or a new one. Raises: Invalid, NotFound."""
    service_ids = service_ids_named(catalogue, new.services)
    resident = _resident(db, catalogue.authority.id, new.resident, actor, now)
    if not resident.email and not resident.phone:
        raise Invalid.in_field("resident", "wish_without_contact")
    check_areas(catalogue, service_ids, resident.postcode, actor=actor, is_passed=True)
    check_has_adviser(db, catalogue, resident.id, service_ids, actor, now)
    check_may_wait(catalogue, service_ids, actor)
    numbers = numbers_asked(catalogue, service_ids, new.numbers)
    same = (Wish.resident_id == resident.id, Wish.appointment_id.is_(None), Wish.closed_at.is_(None))
    for known in db.scalars(select(Wish).where(*same).order_by(Wish.id).with_for_update()):
        if known.service_ids == service_ids:
            known.numbers = numbers
            return known
    return Wish(
        numbers=numbers,
        authority_id=catalogue.authority.id,
        resident_id=resident.id,
        service_ids=service_ids,
        channel=new.channel,
        asked_at=now,
    )


def service_ids_named(catalogue: Catalogue, slugs: tuple[str, ...]) -> list[int]:
    """Raises: Invalid, when there are none, too many, or some that nobody opens."""
    known = {service.slug: service.id for service in catalogue.public_services()}
    if not 0 < len(set(slugs)) <= MAX_SERVICES or len(set(slugs)) < len(slugs) or not known.keys() >= set(slugs):
        raise Invalid.in_field("services", "wish_service_unknown")
    return [known[slug] for slug in slugs]


def numbers_asked(catalogue: Catalogue, service_ids: list[int], numbers: tuple[int, ...]) -> list[int]:
    """The number of each service, for the column. Raises: Invalid, when the services do not ask for these numbers."""
    services = [catalogue.service_by_id(service_id) for service_id in service_ids]
    counts = counts_asked(services, numbers) if numbers else counts_of(services)
    if counts is None:
        raise Invalid.in_field("numbers", "numbers_not_asked")
    return [count.number for count in counts]


def _resident(
    db: Session, authority_id: int, person: ResidentDetails | int | None, actor: Actor, now: datetime
) -> Resident:
    if person is None:
        raise Invalid.in_field("resident", "wish_for_nobody")
    if isinstance(person, int):
        resident_of(db, authority_id, person)
        return lock_known(db, authority_id, person)
    found = identify(db, authority_id, person, now, by_staff=actor.kind == "staff")
    return db.get_one(Resident, found.id)


def record_wish(db: Session, actor: Actor, action: str, wish: Wish, now: datetime, **facts: Any) -> None:
    """Write the audit entry of a change of a wish."""
    about = {"appointment": wish.appointment_id} if wish.appointment_id else {"services": wish.service_ids}
    record(db, actor, action, ("wish", wish.id), authority_id=wish.authority_id, now=now, **about | facts)
