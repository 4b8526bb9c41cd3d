"""One right to one time: the number of a case for which a service is, checked in the transaction that books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.capacity.placement import Placement
from booking.invitations.tables import Invitation
from booking.queries.same_case import is_listed, open_under_number
from booking.states import State
from booking.tables import Appointment
from core.audit import Actor
from core.errors import Invalid, InvalidValue, Stale
from core.tokens import spoken_reference
from core.transactions import lock_by_name
from locations.case_numbers import REFUSE, example_of, has_form, number_key, parse_case_number
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue, ServiceFacts

FIELD = "case_number"


class Numbered(Protocol):
    """What of a booking says which number was typed."""

    @property
    def case_number(self) -> str | None: ...
    @property
    def despite_number(self) -> bool: ...
    @property
    def invitation(self) -> int | None: ...


def number_columns(
    db: Session,
    booking: Numbered,
    placement: Placement,
    invited: Sequence[Invitation],
    actor: Actor,
    now: datetime,
) -> dict[str, str]:
    """The columns of the new appointment that have its number; none where no service asks for one, or nobody could be asked.

    The number is locked until the transaction ends, so that of any number of bookings under it each sees those before it.
    Whoever is invited has theirs from their invitation. Raises: Invalid.
    """
    catalogue = placement.catalogue
    services = map(catalogue.service_by_id, dict.fromkeys(placement.slot_key.service_ids))
    asking = [one for one in services if one.case_number]
    if not asking:
        return {}
    ids = {one.id for one in asking}
    known = next((row.case_number for row in invited if row.case_key and row.service_id in ids), "")
    if booking.invitation is not None or booking.case_number is None:
        number = known
    else:
        is_known = actor.kind == "staff" and bool(known)
        number = booking.case_number.strip() or (known if is_known else "")
        number = number if is_known and number_key(number) == number_key(known) else checked_number(asking, number)
    if not number:
        return {}
    key = number_key(number)
    _lock(db, asking, key)
    is_from_list = bool(known) and number_key(known) == key
    check_right(
        db, catalogue, asking, key, actor, now, is_from_list=is_from_list, is_known_again=booking.despite_number
    )
    return {"case_number": number, "case_key": key}


def checked_number(asking: Sequence[ServiceFacts], typed: str) -> str:
    """The number as it is kept. Raises: Invalid when it has not the form that each of the services wants."""
    if len({(number_key(one.case_number), one.case_number_form) for one in asking}) > 1:
        raise Invalid.in_field(FIELD, "case_numbers_differ")
    try:
        number = parse_case_number(typed) if typed.strip() else ""
    except InvalidValue as error:
        raise Invalid({FIELD: [error.reason]}) from error
    if not number:
        raise Invalid.in_field(FIELD, "case_number_missing")
    forms = asking[0].case_number_form
    if not has_form(forms, number):
        raise Invalid.in_field(FIELD, "case_number_form", example=example_of(forms))
    return number


def check_right(
    db: Session,
    catalogue: Catalogue,
    asking: Sequence[ServiceFacts],
    key: str,
    actor: Actor,
    now: datetime,
    *,
    is_from_list: bool = False,
    is_known_again: bool = False,
) -> None:
    """Raises: Invalid when the number is on no list, or has an open appointment already.

    Whoever is not staff reads the same in both cases, and not whose that appointment is.
    """
    council, is_staff = catalogue.authority, actor.kind == "staff"
    for service in asking:
        if service.case_number_listed and not is_from_list and not is_listed(db, council.id, service.id, key):
            raise Invalid.in_field(FIELD, "case_number_unknown") if is_staff else _unusable(catalogue)
        other = open_under_number(db, council.id, service.id, key, now)
        if other is None:
            continue
        reference = spoken_reference(other.reference)
        if service.case_number_again == REFUSE:
            taken = Invalid.in_field(FIELD, "case_number_taken", reference=reference)
            raise taken if is_staff else _unusable(catalogue)
        if is_known_again or actor.kind not in ("staff", "resident"):
            continue
        used = Invalid.in_field(FIELD, "case_number_used", reference=reference)
        raise used if is_staff else Invalid.in_field(FIELD, "case_number_again")


def _unusable(catalogue: Catalogue) -> Invalid:
    """The refusal for whoever may not know whether it is on no list, or has an appointment."""
    council = catalogue.authority
    return Invalid.in_field(FIELD, "case_number_unusable", ask=council.phone or council.email or council.name)


def check_may_wait(catalogue: Catalogue, service_ids: Sequence[int], actor: Actor) -> None:
    """Raises: Invalid when somebody would wait for what is for one number each: who waits is not asked for it. Staff do."""
    if actor.kind == "staff" or not any(catalogue.service_by_id(one).case_number for one in service_ids):
        return
    council = catalogue.authority
    raise Invalid.in_field("services", "case_number_no_wait", ask=council.phone or council.email or council.name)


def check_still_free(db: Session, row: Appointment, now: datetime) -> None:
    """Raises: Stale when an appointment that becomes open again has a number under which another one is booked."""
    if not row.case_key or (row.state == State.BOOKED and row.ends_at > now):
        return
    catalogue = catalogue_by_id(db, row.authority_id)
    services = map(catalogue.service_by_id, dict.fromkeys(service_ids_of(db, row.id)))
    asking = [one for one in services if one.case_number and one.case_number_again == REFUSE]
    _lock(db, asking, row.case_key)
    for service in asking:
        if open_under_number(db, row.authority_id, service.id, row.case_key, now, except_id=row.id) is not None:
            raise Stale.because("case_number_used_since")


def _lock(db: Session, asking: Sequence[ServiceFacts], key: str) -> None:
    for service_id in sorted(one.id for one in asking):
        lock_by_name(db, f"case number {service_id} {key}")
