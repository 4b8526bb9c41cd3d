"""Whether a booking is for people who live where whoever it is for does, and with the adviser whom they have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from booking.capacity.placement import Placement, live_hold
from booking.queries.advisers import (
    KnownAdviser,
    adviser_of,
    advisers_had,
    advisers_of_hold,
    has_time_within_promise,
    today_of,
)
from booking.queries.slots import SlotQuery
from booking.slot_tokens import SlotKey, decode
from core.audit import Actor
from core.errors import Invalid
from locations.catalogue_queries import catalogue_by_id
from locations.catchment import NAMED_ONLY, refusing_rule
from locations.model import Catalogue, ServiceFacts
from people.residents.details import ResidentDetails
from people.residents.tables import Resident


class Asked(Protocol):
    """What of a booking decides whether it is for people who live there."""

    @property
    def authority_id(self) -> int: ...
    @property
    def slot_key(self) -> SlotKey | None: ...
    @property
    def hold(self) -> str | None: ...
    @property
    def resident(self) -> ResidentDetails | int: ...
    @property
    def is_walk_in(self) -> bool: ...
    @property
    def outside_reason(self) -> str: ...


def check_lives_there(db: Session, booking: Asked, actor: Actor, now: datetime) -> None:
    """Raises: Invalid when a service of the booking is not for people who live there; walk-ins are not asked.

    Where the council allows it, staff who say why pass by the rule. HoldExpired when what was held is gone.
    """
    slot_key = booking.slot_key
    if slot_key is None and booking.hold:
        slot_key = decode(live_hold(db, booking.authority_id, booking.hold, now).slot_token)
    if slot_key is None or booking.is_walk_in:
        return
    catalogue, postcode = catalogue_by_id(db, booking.authority_id), _postcode(db, booking.resident)
    check_areas(catalogue, slot_key.service_ids, postcode, actor=actor, is_passed=bool(booking.outside_reason))


def check_areas(
    catalogue: Catalogue,
    service_ids: Collection[int],
    postcode: str,
    *,
    actor: Actor,
    is_passed: bool = False,
) -> None:
    """Raises: Invalid when one of the services is not for people with this postcode."""
    services = [one for one in catalogue.services if one.id in service_ids]
    refused = refusing_rule(services, postcode)
    if refused is None:
        return
    cannot_tell = refused.cannot_tell(postcode)
    if actor.kind == "staff" and (refused.staff_may_pass or cannot_tell):
        if is_passed:
            return
        raise Invalid.in_field("reason", "outside_area_reason")
    if not postcode:
        raise Invalid.in_field("postcode", "area_postcode", instead=refused.instead)
    if cannot_tell:
        council = catalogue.authority
        raise Invalid.in_field("postcode", "ward_unknown", ask=council.phone or council.email or council.name)
    raise Invalid.in_field("postcode", "outside_area", instead=refused.instead)


def _postcode(db: Session, who: ResidentDetails | int) -> str:
    return db.get_one(Resident, who).postcode if isinstance(who, int) else who.postcode


def check_adviser(
    db: Session,
    placement: Placement,
    people: Collection[int],
    actor: Actor,
    now: datetime,
    *,
    own: Collection[int] = (),
    is_passed: bool = False,
) -> None:
    """Raises: Invalid when `people`, the records of one person, may not have the visit with whom it is.

    Whoever is not staff chooses an adviser whom they have, or one of `own`: those of the appointment that moves. What is for
    people with an adviser is held with that one, unless they have no time as soon as it promises; staff may say why not.
    """
    if not placement.is_with_own_adviser:
        return
    slot_key, catalogue = placement.slot_key, placement.catalogue
    services = [catalogue.service_by_id(service_id) for service_id in dict.fromkeys(slot_key.service_ids)]
    only = [one for one in services if one.named_adviser == NAMED_ONLY]
    today = today_of(catalogue, now)
    known = {one.id: adviser_of(db, catalogue, people, (one.id,), today) for one in services}
    theirs = {one.resource_id for one in known.values() if one} | set(own)
    if (
        slot_key.adviser
        and actor.kind != "staff"
        and slot_key.adviser not in theirs | advisers_had(db, people, slot_key.service_ids)
    ):
        raise Invalid.in_field("slot", "adviser_of_others")
    taken = {seat.resource_id for seat in placement.seats} or advisers_of_hold(db, placement.hold_id)
    for service in only if taken.isdisjoint(own) else ():
        _check_only(db, placement, service, known[service.id], now, actor=actor, taken=taken, is_passed=is_passed)


def check_has_adviser(
    db: Session, catalogue: Catalogue, resident_id: int, service_ids: Collection[int], actor: Actor, now: datetime
) -> None:
    """Raises: Invalid when somebody would wait for what is for people with an adviser, and has none. Staff may know more."""
    only = [one for one in map(catalogue.service_by_id, service_ids) if one.named_adviser == NAMED_ONLY]
    for service in only if actor.kind != "staff" else ():
        if adviser_of(db, catalogue, (resident_id,), (service.id,), today_of(catalogue, now)) is None:
            raise Invalid.in_field("services", "named_adviser_only", instead=service.catchment_instead)


def _check_only(
    db: Session,
    placement: Placement,
    service: ServiceFacts,
    adviser: KnownAdviser | None,
    now: datetime,
    *,
    actor: Actor,
    taken: Collection[int],
    is_passed: bool,
) -> None:
    """Raises: Invalid when the service is for people with an adviser, and the visit is not with this person's."""
    # At this place and in this way, with what they need: whatever a page asked for, it asked for this as well.
    key = placement.slot_key
    query = SlotQuery(
        *(key.service_ids, (key.site_id,), key.mode, placement.search.needs),
        extra_time=key.extra_time,
        counts=key.counts,
    )
    if adviser is not None and (
        adviser.resource_id in taken or not has_time_within_promise(db, placement.catalogue, adviser, query, now)
    ):
        return
    if actor.kind == "staff" and service.catchment_may_be_passed:
        if is_passed:
            return
        raise Invalid.in_field("reason", "named_adviser_reason")
    has_none, instead = adviser is None, service.catchment_instead
    raise Invalid.in_field("slot", "named_adviser_only" if has_none else "only_with_adviser", instead=instead)
