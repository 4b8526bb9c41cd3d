"""Takes back what staff have just changed: the appointment has its time again, unless somebody else has it by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.availability.needs_met import features_of, unmet_needs
from booking.capacity.placement import Placement, claim_for_appointment, place
from booking.events import UNDO_FOR
from booking.queries.references import meant_reference
from booking.slot_tokens import decode
from booking.states import CANCELLED, State
from booking.tables import Appointment, AppointmentService
from booking.use_cases.appointment_changes import (
    lock_appointment,
    raise_version,
    record_change,
    release_or_keep,
    site_id_of,
)
from booking.use_cases.book import Booked, insert_services, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.claim_number import check_still_free
from core.audit import Actor, AuditEntry
from core.errors import NotFound, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from core.wall_clock import instant_of
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue

RESCHEDULED, CANCELLATION = "rescheduled", "cancelled"
# Raises: Stale when somebody has been told of this version of the appointment, or is being told.
CheckUntold = Callable[[Session, int, int], None]


@dataclass(frozen=True)
class LastChange:
    """The change that staff can take back: what it was, the slot that the appointment had before, when, and until when.

    `occupied` has the id of the service and that of the resource, for all that the appointment occupied before.
    """

    what: str
    slot_token: str
    at: datetime
    until: datetime
    occupied: tuple[tuple[int, int], ...] = ()

    @property
    def site_id(self) -> int:
        """The site at which the appointment was before."""
        return decode(self.slot_token).site_id

    @property
    def resource_ids(self) -> frozenset[int]:
        """What the appointment occupied."""
        return frozenset(resource_id for _service_id, resource_id in self.occupied)


def last_change(db: Session, row: Appointment, now: datetime) -> LastChange | None:
    """The change of the appointment that can still be taken back: by staff, just now, and of a time still to come.

    Not of one for which the council arranges something: whoever arranges it has been asked again.
    """
    entries = select(AuditEntry.action, AuditEntry.actor_kind, AuditEntry.at, AuditEntry.facts).where(
        AuditEntry.subject_kind == "appointment",
        AuditEntry.subject_id == row.id,
        AuditEntry.action.in_((RESCHEDULED, CANCELLATION)),
    )
    entry = db.execute(entries.order_by(AuditEntry.id.desc()).limit(1)).first()
    undo_for: timedelta = db.info.get(UNDO_FOR, timedelta())
    if entry is None or entry.actor_kind != "staff" or entry.facts.get("version") != row.version or row.arrangements:
        return None
    is_as_changed = row.state == State.BOOKED if entry.action == RESCHEDULED else row.state in CANCELLED
    token = entry.facts["was"] if entry.action == RESCHEDULED else row.slot_token
    if not is_as_changed or now >= entry.at + undo_for or instant_of(decode(token).start_unit) <= now:
        return None
    occupied = tuple((service_id, resource_id) for service_id, resource_id in entry.facts.get("occupied", ()))
    return LastChange(entry.action, token, entry.at, entry.at + undo_for, occupied)


def change_to_undo(db: Session, authority_id: int, reference: str, now: datetime) -> LastChange | None:
    """The last change of the appointment if it can be taken back; None when there is nothing to take back."""
    row = _row(db, authority_id, reference)
    return last_change(db, row, now) if row is not None else None


def undo_change(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    check_untold: CheckUntold,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment at the time that it had before the last change; its version rises.

    Raises: SlotTaken when somebody has that time, Stale when it is too late, NotFound. Then nothing is changed.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        before = _row(db, authority_id, reference)
        change = last_change(db, before, now) if before is not None else None
        if before is None:
            raise NotFound.because("appointment_unknown")
        if change is None:
            raise Stale.because("too_late_to_undo")
        old = decode(change.slot_token)
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference), old.site_id)
        db.refresh(row)
        if last_change(db, row, now) != change:
            raise Stale.because("too_late_to_undo")
        check_untold(db, row.id, row.version)
        check_still_free(db, row, now)
        placement = _placed(db, row, change, now)
        _put_back(db, row, placement, actor, now, change)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _row(db: Session, authority_id: int, reference: str) -> Appointment | None:
    meant = meant_reference(db, authority_id, reference)
    return db.scalar(
        select(Appointment).where(Appointment.authority_id == authority_id, Appointment.reference == meant)
    )


def _placed(db: Session, row: Appointment, change: LastChange, now: datetime) -> Placement:
    """The slot from before, with what the appointment occupied if that is free, and else with what it needs as much."""
    needs = _needs_met(catalogue_by_id(db, row.authority_id), row, change)
    return place(
        db,
        decode(change.slot_token),
        now,
        for_public=False,
        needs=needs,
        exclude_appointment_ids=[row.id],
        prefer=change.resource_ids,
        takes_kept=True,
    )


def _needs_met(catalogue: Catalogue, row: Appointment, change: LastChange) -> frozenset[str]:
    """The support needs that the visit met before the change: by its place, by what it occupied, by its length."""
    old, needs = decode(change.slot_token), frozenset(row.support_needs)
    site = catalogue.site_by_id(old.site_id)
    skills: defaultdict[int, frozenset[str]] = defaultdict(frozenset)
    for service_id, resource_id in change.occupied:
        resource = catalogue.resource_at(site, resource_id)
        skills[service_id] |= resource.skills if resource else frozenset()
    return needs.difference(unmet_needs(needs, features_of(site), skills.values(), is_longer=old.extra_time))


def _put_back(
    db: Session, row: Appointment, placement: Placement, actor: Actor, now: datetime, change: LastChange
) -> None:
    was = row.slot_token
    if row.state == State.BOOKED:
        release_or_keep(db, placement.catalogue, row, now, taken=placement.seats)
    claim_for_appointment(db, placement, appointment_id=row.id, now=now)
    for name, value in placement.columns().items():
        setattr(row, name, value)
    row.state, row.state_reason, row.given_back_at, row.not_needed_at = State.BOOKED.value, "", None, None
    raise_version(row)
    row.changed_at = now
    db.execute(delete(AppointmentService).where(AppointmentService.appointment_id == row.id))
    insert_services(db, row.id, placement.services())
    record_change(db, row, actor, "put_back", now, "", undoes=change.at, was=was, slot_token=placement.slot_token)
