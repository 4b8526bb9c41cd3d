"""Whether a booking is for people who live where whoever it is for does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from booking.capacity.placement import live_hold
from booking.slot_tokens import SlotKey, decode
from core.audit import Actor
from core.errors import Invalid
from locations.catalogue_queries import catalogue_by_id
from locations.catchment import refusing_rule
from locations.model import Catalogue
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
    if actor.kind == "staff" and refused.staff_may_pass:
        if is_passed:
            return
        raise Invalid.in_field("reason", "outside_area_reason")
    if not postcode:
        raise Invalid.in_field("postcode", "area_postcode", instead=refused.instead)
    raise Invalid.in_field("postcode", "outside_area", instead=refused.instead)


def _postcode(db: Session, who: ResidentDetails | int) -> str:
    return db.get_one(Resident, who).postcode if isinstance(who, int) else who.postcode
