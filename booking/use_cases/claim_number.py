"""One right to one time: the number of a case for which a service is, checked in the transaction that books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.capacity.placement import Placement
from booking.invitations.tables import Invitation
from booking.queries.same_case import SameCase, listed_under, open_under_number
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.answer_invitation import NOT_ANSWERED
from core.audit import Actor
from core.errors import Invalid, InvalidValue, Stale
from core.tokens import spoken_reference
from core.transactions import lock_by_name
from locations.case_numbers import REFUSE, example_of, has_form, number_key, parse_case_number
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue, ServiceFacts
from people.residents.details import ResidentDetails, email_key, name_key, phone_key
from people.residents.tables import Resident

FIELD = "case_number"


class Numbered(Protocol):
    """What of a booking says which number was typed, and for whom."""

    @property
    def resident(self) -> ResidentDetails | int: ...
    @property
    def case_number(self) -> str | None: ...
    @property
    def despite_number(self) -> bool: ...
    @property
    def invitation(self) -> int | None: ...


@dataclass(frozen=True)
class ClaimedNumber:
    """The columns of the new appointment with its number, and the invitations that it answers.

    `also_with` is the reference of somebody else's open appointment under it, where the booking goes before that.
    """

    invited: Sequence[Invitation]
    columns: Mapping[str, str] = field(default_factory=dict)
    also_with: str = ""


def claim_number(
    db: Session,
    booking: Numbered,
    placement: Placement,
    who: Sequence[int],
    invited: Sequence[Invitation],
    actor: Actor,
    now: datetime,
) -> ClaimedNumber:
    """What the number means for the booking; nothing where no service asks for one, or nobody could be asked.

    `who` are the records of the person, `invited` their invitations. The number is locked until the transaction ends, so
    that of any number of bookings under it each sees those before it. Whoever is invited has theirs from the invitation, and
    is not refused for an appointment of somebody else. Raises: Invalid.
    """
    catalogue = placement.catalogue
    services = map(catalogue.service_by_id, dict.fromkeys(placement.slot_key.service_ids))
    asking = [one for one in services if one.case_number]
    ids = {one.id for one in asking}
    known = next((row.case_number for row in invited if row.case_key and row.service_id in ids), "")
    is_asked = booking.invitation is None and booking.case_number is not None
    number = _typed(asking, booking.case_number or "", known, actor) if is_asked and asking else known
    if not number:
        return ClaimedNumber(invited)
    key, columns = number_key(number), {"case_number": number, "case_key": number_key(number)}
    _lock(db, asking, key)
    if is_asked:
        asked = NumberAsked(tuple(asking), key, booking.resident, tuple(who), is_warned=booking.despite_number)
        answered = check_right(db, catalogue, asked, actor, now)
        return ClaimedNumber([*invited, *_not_answered(db, answered, invited)], columns)
    others = _others(db, catalogue, asking, key, now)
    if booking.invitation is not None and any(one.resident_id in who for one in others):
        _refuse_second(catalogue, asking, others, actor, is_warned=booking.despite_number)
    also = next((one.reference for one in others if one.resident_id not in who), "")
    return ClaimedNumber(invited, columns, also)


def _typed(asking: Sequence[ServiceFacts], typed: str, known: str, actor: Actor) -> str:
    """The number as it is kept; staff need not type the one that is known of an invitation. Raises: Invalid."""
    if known and actor.kind == "staff" and number_key(typed) in ("", number_key(known)):
        return known
    return checked_number(asking, typed)


def _not_answered(db: Session, ids: Sequence[int], but: Sequence[Invitation]) -> Sequence[Invitation]:
    """Those of the invitations that nobody has answered yet, locked, without those that are answered anyway."""
    new = set(ids) - {row.id for row in but}
    rows = select(Invitation).where(Invitation.id.in_(new), Invitation.state.in_(NOT_ANSWERED)).order_by(Invitation.id)
    return db.scalars(rows.with_for_update()).all() if new else ()


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


@dataclass(frozen=True)
class NumberAsked:
    """A number that was typed for services that ask for one: its key, and for whom; `who` are the records of the person.

    `is_warned` says that whoever books knows of another appointment under it.
    """

    asking: tuple[ServiceFacts, ...]
    key: str
    resident: ResidentDetails | int
    who: tuple[int, ...] = ()
    is_warned: bool = False

    def is_of(self, record: Resident) -> bool:
        """Whether the number of this record, on a list, may be typed for the person: the name or one contact is the same."""
        if record.id in self.who or isinstance(self.resident, int):
            return record.id in (*self.who, self.resident)
        person = self.resident
        known = (record.name_key, record.email, record.phone_key)
        typed = (name_key(person.name), email_key(person.email), phone_key(person.phone))
        return any(one and one == other for one, other in zip(typed, known, strict=True))


def check_right(db: Session, catalogue: Catalogue, asked: NumberAsked, actor: Actor, now: datetime) -> list[int]:
    """The ids of the invitations with the number, which the person answers by it.

    Raises: Invalid when it is on no list, is somebody else's by a list, or has an open appointment already. Whoever is not
    staff reads the same in all these cases, and not whose that appointment is.
    """
    answered, is_staff = list[int](), actor.kind == "staff"
    for service in asked.asking:
        listed = listed_under(db, catalogue.authority.id, service.id, asked.key)
        theirs = [id_ for id_, record in listed if asked.is_of(record)]
        if not is_staff and listed and not theirs:
            raise _unusable(catalogue)
        if service.case_number_listed and not listed:
            raise Invalid.in_field(FIELD, "case_number_unknown") if is_staff else _unusable(catalogue)
        answered += theirs
    others = _others(db, catalogue, asked.asking, asked.key, now)
    if others:
        _refuse_second(catalogue, asked.asking, others, actor, is_warned=asked.is_warned)
    return answered


def _others(
    db: Session, catalogue: Catalogue, asking: Sequence[ServiceFacts], key: str, now: datetime
) -> list[SameCase]:
    """The open appointments under the number, for one of the services."""
    of_each = (open_under_number(db, catalogue.authority.id, service.id, key, now) for service in asking)
    return [one for found in of_each for one in found]


def _refuse_second(
    catalogue: Catalogue,
    asking: Sequence[ServiceFacts],
    others: Sequence[SameCase],
    actor: Actor,
    *,
    is_warned: bool,
) -> None:
    """Raises: Invalid when a service allows no second appointment, or whoever books has not been warned of it."""
    is_staff, reference = actor.kind == "staff", spoken_reference(others[0].reference)
    if any(service.case_number_again == REFUSE for service in asking):
        taken = Invalid.in_field(FIELD, "case_number_taken", reference=reference)
        raise taken if is_staff else _unusable(catalogue)
    if not is_warned and actor.kind in ("staff", "resident"):
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
        if open_under_number(db, row.authority_id, service.id, row.case_key, now, except_id=row.id):
            raise Stale.because("case_number_used_since")


def _lock(db: Session, asking: Sequence[ServiceFacts], key: str) -> None:
    for service_id in sorted(one.id for one in asking):
        lock_by_name(db, f"case number {service_id} {key}")
