"""Rows in bulk: residents with their name tokens, appointments with their services, seats and claims.

The same rows, equally consistent, as the use cases of booking write, thousands at a time.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.slot_tokens import SlotKey, encode
from booking.states import CANCELLED, State
from booking.tables import Allocation, Appointment, AppointmentService, Claim
from core.database import connection_of
from core.tokens import ALPHABET, LENGTH, check_character, digest, manage_token
from core.wall_clock import instant_of
from demo.bulk_insert import insert_rows, insert_with_ids
from demo.day_filler import Seat
from demo.invented_people import InventedResident
from people.residents.details import email_key, name_key, phone_key, postcode_key, surname_of
from people.residents.resident_repository import name_token_rows
from people.residents.tables import Resident, ResidentNameToken

CHUNK = 5_000
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class DemoAppointment:
    """An appointment to be written: one service, its seats and its state."""

    authority_id: int
    site_id: int
    service_id: int
    mode: str
    start_unit: int
    end_unit: int
    local_date: date
    seats: tuple[Seat, ...]
    resident_id: int
    state: State
    created_at: datetime
    changed_at: datetime
    channel: str = "online"
    representative_id: int | None = None
    support_needs: tuple[str, ...] = ()
    notes: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    is_walk_in: bool = False
    state_reason: str = ""

    @property
    def holds_capacity(self) -> bool:
        """Whether its seats are allocated."""
        return self.state not in CANCELLED


class BulkWriter:
    """Writes appointments in the current transaction. Units from `claims_from` on are claimed; earlier ones are past."""

    def __init__(self, db: Session, secret_key: str, rng: random.Random, claims_from: int) -> None:
        self._connection = connection_of(db)
        self._secret_key = secret_key
        self._rng = rng
        self._claims_from = claims_from
        self._references = set(self._connection.scalars(select(Appointment.reference)))

    def write(self, appointments: Iterable[DemoAppointment]) -> int:
        """Write all of them. Returns how many there were."""
        written = 0
        for chunk in chunks(appointments):
            ids = insert_with_ids(self._connection, Appointment, [self._row(appointment) for appointment in chunk])
            insert_rows(
                self._connection,
                AppointmentService,
                [_appointment_service(appointment, id_) for appointment, id_ in zip(chunk, ids, strict=True)],
            )
            self._write_allocations(chunk, ids)
            written += len(chunk)
        return written

    def _write_allocations(self, chunk: Sequence[DemoAppointment], ids: Sequence[int]) -> None:
        occupied = [
            (appointment, id_, seat)
            for appointment, id_ in zip(chunk, ids, strict=True)
            if appointment.holds_capacity
            for seat in appointment.seats
        ]
        allocation_ids = insert_with_ids(
            self._connection, Allocation, [_allocation(appointment, id_, seat) for appointment, id_, seat in occupied]
        )
        claims = [
            {"resource_id": resource_id, "unit": unit, "seat": seat, "allocation_id": allocation_id}
            for (_, _, (resource_id, seat, first, last)), allocation_id in zip(occupied, allocation_ids, strict=True)
            if last > self._claims_from
            for unit in range(max(first, self._claims_from), last)
        ]
        insert_rows(self._connection, Claim, claims)

    def _row(self, appointment: DemoAppointment) -> dict[str, Any]:
        nonce = f"{self._rng.getrandbits(128):032x}"
        slot_key = SlotKey(
            appointment.authority_id,
            appointment.site_id,
            (appointment.service_id,),
            appointment.mode,
            appointment.start_unit,
        )
        return {
            "authority_id": appointment.authority_id,
            "reference": self._reference(),
            "version": 1,
            "state": appointment.state.value,
            "site_id": appointment.site_id,
            "mode": appointment.mode,
            "starts_at": instant_of(appointment.start_unit),
            "ends_at": instant_of(appointment.end_unit),
            "local_date": appointment.local_date,
            "slot_token": encode(slot_key),
            "channel": appointment.channel,
            "resident_id": appointment.resident_id,
            "representative_id": appointment.representative_id,
            "support_needs": list(appointment.support_needs),
            "notes": appointment.notes,
            "answers": appointment.answers,
            "manage_nonce": nonce,
            "manage_digest": digest(manage_token(self._secret_key, nonce)),
            "is_walk_in": appointment.is_walk_in,
            "created_at": appointment.created_at,
            "changed_at": appointment.changed_at,
            "arrived_at": appointment.changed_at if appointment.state is State.ARRIVED else None,
            "state_reason": appointment.state_reason,
        }

    def _reference(self) -> str:
        while True:
            body = "".join(self._rng.choices(ALPHABET, k=LENGTH - 1))
            reference = body + check_character(body)
            if reference not in self._references:
                self._references.add(reference)
                return reference


def write_residents(db: Session, authority_id: int, people: Iterable[InventedResident], now: datetime) -> list[int]:
    """The ids of the residents, in order; each can be found by name, sound, telephone and postcode."""
    connection, ids = connection_of(db), list[int]()
    for chunk in chunks(people):
        fresh = insert_with_ids(connection, Resident, [_resident(authority_id, person, now) for person in chunk])
        tokens = [
            token
            for person, resident_id in zip(chunk, fresh, strict=True)
            for token in name_token_rows(authority_id, resident_id, person.name)
        ]
        insert_rows(connection, ResidentNameToken, tokens)
        ids += fresh
    return ids


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists of at most CHUNK, so that a million of them need little memory."""
    remaining = iter(items)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _resident(authority_id: int, person: InventedResident, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": authority_id,
        "name": person.name,
        "surname": surname_of(person.name),
        "name_key": name_key(person.name),
        "email": email_key(person.email),
        "phone": person.phone,
        "phone_key": phone_key(person.phone) if person.phone else "",
        "postcode": person.postcode,
        "postcode_key": postcode_key(person.postcode),
        "language": person.language,
        "support_needs": list(person.support_needs),
        "contact_preference": person.contact_preference,
        "do_not_text": person.do_not_text,
        "leave_no_message": person.leave_no_message,
        "created_at": now,
    }


def _appointment_service(appointment: DemoAppointment, appointment_id: int) -> dict[str, Any]:
    return {
        "appointment_id": appointment_id,
        "service_id": appointment.service_id,
        "position": 0,
        "starts_at": instant_of(appointment.start_unit),
        "ends_at": instant_of(appointment.end_unit),
    }


def _allocation(appointment: DemoAppointment, appointment_id: int, seat: Seat) -> dict[str, Any]:
    resource_id, number, first_unit, last_unit = seat
    return {
        "site_id": appointment.site_id,
        "resource_id": resource_id,
        "seat": number,
        "first_unit": first_unit,
        "last_unit": last_unit,
        "service_id": appointment.service_id,
        "appointment_id": appointment_id,
    }
