"""What rescheduling and cancelling have in common: locking a booked appointment, checking it, and recording the change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, service_ids_of
from booking.availability.values import SeatAllocation
from booking.capacity.kept_times import keep_time_of
from booking.capacity.placement import release
from booking.events import UNDO_FOR, AppointmentChange, announce
from booking.queries.references import meant_reference
from booking.states import State
from booking.tables import Allocation, Appointment
from core.audit import Actor, record
from core.errors import CapacityConflict, IllegalMove, NotFound, TooSoon
from locations.catalogue_queries import catalogue_by_id, catalogue_while_locked
from locations.model import Catalogue


def site_id_of(db: Session, authority_id: int, reference: str) -> int:
    """The id of the appointment's site, read without a lock. Raises: NotFound."""
    meant = meant_reference(db, authority_id, reference)
    same = (Appointment.authority_id == authority_id, Appointment.reference == meant)
    site_id = db.scalar(select(Appointment.site_id).where(*same))
    if site_id is None:
        raise NotFound.because("appointment_unknown")
    return site_id


def lock_appointment(db: Session, authority_id: int, reference: str, *site_ids: int) -> Appointment:
    """The appointment's row, locked after its site (the first of `site_ids`) and the others, as closures lock them.

    Raises: NotFound; CapacityConflict when the appointment was moved to another site since its site was read.
    """
    catalogue_while_locked(db, authority_id, site_ids)
    row = appointment_for_change(db, authority_id, reference)
    if row.site_id != site_ids[0]:
        raise CapacityConflict
    return row


def check_changeable(db: Session, row: Appointment, now: datetime, *, enforce_cutoff: bool) -> None:
    """Raises: IllegalMove when the appointment is not booked, TooSoon past the cut-off when that is enforced."""
    if row.state != State.BOOKED:
        raise IllegalMove(row.state, State.BOOKED)
    if enforce_cutoff and is_late(db, row, now):
        raise TooSoon(_cutoff_at(db, row))


def is_late(db: Session, row: Appointment, now: datetime) -> bool:
    """Whether the cut-off is past, after which the resident may not move the appointment by themselves."""
    return now > _cutoff_at(db, row)


def _cutoff_at(db: Session, row: Appointment) -> datetime:
    """The last instant at which the resident may change the appointment by themselves."""
    catalogue = catalogue_by_id(db, row.authority_id)
    services = [catalogue.service_by_id(service_id) for service_id in service_ids_of(db, row.id)]
    return row.starts_at - timedelta(minutes=max(service.cancel_cutoff_minutes for service in services))


def record_change(
    db: Session,
    row: Appointment,
    actor: Actor,
    what: Literal["rescheduled", "cancelled", "handed_over", "put_back"],
    now: datetime,
    reason: str,
    undoes: datetime | None = None,
    spoke_with: str = "",
    **facts: Any,
) -> None:
    """Write the change to the audit, with `facts`, and announce it. It `undoes` the one that was made then."""
    facts |= {"spoke_with": spoke_with} if spoke_with else {}
    record(
        db,
        actor,
        what,
        ("appointment", row.id),
        authority_id=row.authority_id,
        now=now,
        reason=reason.strip(),
        version=row.version,
        **facts,
    )
    is_undoable = actor.kind == "staff" and what in ("rescheduled", "cancelled")
    wait: timedelta = db.info.get(UNDO_FOR, timedelta()) if is_undoable else timedelta()
    change = AppointmentChange(row.authority_id, row.id, row.version, what, now, told_after=wait, undoes=undoes)
    announce(db, replace(change, spoke_with=spoke_with))


def raise_version(row: Appointment) -> None:
    """Count a change that its owner is told of. Whoever is rung instead of a video still is, while it is one."""
    is_rung = row.ring_instead_version == row.version and row.mode == "video"
    row.version += 1
    row.ring_instead_version = row.version if is_rung else None


def occupied_by(db: Session, appointment_id: int) -> list[list[int]]:
    """What the appointment occupies, as the audit keeps it: the id of the service and that of the resource, of each."""
    columns = (Allocation.service_id, Allocation.resource_id)
    rows = select(*columns).where(Allocation.appointment_id == appointment_id).order_by(Allocation.id)
    return [list(row) for row in db.execute(rows)]


def release_or_keep(
    db: Session, catalogue: Catalogue, row: Appointment, now: datetime, *, taken: Collection[SeatAllocation] = ()
) -> None:
    """Free the appointment's time, or keep it for those who wait, but for what is `taken` in its place."""
    keep_time_of(db, catalogue, row, now, taken=taken)
    release(db, appointment_id=row.id)
