"""Records whether an interpreter could be arranged. The appointment stays as it is, and the resident is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change
from booking.arrangements import DECIDED, ArrangementState, arrangements_of, decided
from booking.events import AppointmentChange, announce
from booking.queries.unmet_needs import unmet_by_appointment
from booking.states import State
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import IllegalMove, Invalid, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id


@dataclass(frozen=True)
class Decision:
    """Whether `need` could be arranged for this version of the appointment; `shown` is the state that was decided upon."""

    need: str
    state: ArrangementState
    version: int
    shown: ArrangementState | None = None


def arrange_need(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    decision: Decision,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """Record `decision`. What is recorded already is not recorded, nor told, again.

    Raises: Invalid, IllegalMove, NotFound; Stale when the appointment has moved, nobody asks for the need any more,
    or somebody else has decided otherwise meanwhile.
    """
    if decision.state not in DECIDED:
        raise Invalid.in_field("state", "arrangement_unknown", known=[state.value for state in DECIDED])

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        if row.state != State.BOOKED:
            raise IllegalMove(row.state, State.BOOKED)
        known = _arrangements(db, row)
        if decision.version != row.version or decision.need not in known:
            raise Stale.because("appointment_changed")
        if decision.shown not in (None, known[decision.need]) and known[decision.need] is not decision.state:
            raise Stale.because("appointment_changed")
        if known[decision.need] is not decision.state:
            _write(db, row, decision, actor, now)
        return {}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def _arrangements(db: Session, row: Appointment) -> dict[str, ArrangementState]:
    """What is to be arranged; nothing is for a language that an adviser of the visit speaks."""
    unmet = unmet_by_appointment(db, [row], {row.authority_id: catalogue_by_id(db, row.authority_id)})[row.id]
    found = arrangements_of(row.support_needs, row.arrangements, spoken=set(row.support_needs).difference(unmet))
    return {need: state for need, state in found.items() if state is not ArrangementState.SPOKEN}


def _write(db: Session, row: Appointment, decision: Decision, actor: Actor, now: datetime) -> None:
    row.arrangements = decided(row.arrangements, decision.need, decision.state)
    number, subject = len(row.arrangements), ("appointment", row.id)
    # Not which need: what somebody needs is personal, and ends with the appointment's own record.
    record(
        db,
        actor,
        "arrangement_recorded",
        subject,
        authority_id=row.authority_id,
        now=now,
        number=number,
        state=decision.state.value,
    )
    announce(db, AppointmentChange(row.authority_id, row.id, row.version, "arranged", now, arrangement=number))
