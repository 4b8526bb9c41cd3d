"""Hands an appointment that was booked for the wrong caller to the right resident.

The visit stays as it is: its time and place, its services, answers and notes. Everything that belonged to the wrong person
goes: who acts for them, how they are reached about it, their link, and what was still owed to them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.appointment_repository import check_seen
from booking.arrangements import asked_again
from booking.tables import Appointment, HandOver
from booking.use_cases.appointment_changes import check_changeable, lock_appointment, record_change, site_id_of
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.urgent_requests import move_urgent_requests
from booking.use_cases.wishes import end_wish_of_appointment
from core.audit import Actor
from core.errors import Invalid, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce
from people.residents.first_contact_repository import move_first_contact
from people.residents.resident_repository import lock_known, resident_of
from people.residents.tables import Resident


@dataclass(frozen=True)
class NewOwner:
    """From whom an appointment goes to whom, with the support needs of the visit as they were reviewed for them."""

    from_resident_id: int
    to_resident_id: int
    support_needs: tuple[str, ...]


def hand_over(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    owner: NewOwner,
    *,
    actor: Actor,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment as it belongs to the right resident: the same reference, the next version, and a new link.

    `seen` is the stamp of what was shown. Staff are not bound by limits of open appointments.
    Raises: IllegalMove when it is not booked any more, Stale when it is not as it was shown, or not that resident's,
    Invalid when they are the same person, NotFound, IdempotencyMismatch.
    """
    if owner.from_resident_id == owner.to_resident_id:
        raise Invalid.in_field("resident", "same_resident")

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        if row.resident_id != owner.from_resident_id:
            raise Stale.because("appointment_changed")
        check_changeable(db, row, now, enforce_cutoff=False)
        check_seen(row, seen)
        resident_of(db, authority_id, owner.to_resident_id)
        resident = lock_known(db, authority_id, owner.to_resident_id)
        end_wish_of_appointment(db, row.id, now)
        _keep_former_owner(db, row, now)
        move_urgent_requests(db, row, resident.id)
        if row.is_approach:
            move_first_contact(db, row.resident_id, resident.id, actor=actor, now=now)
        _change_needs(db, row, resident, owner.support_needs)
        _change_owner(runtime, row, resident, now)
        facts: dict[str, Any] = {"from_resident": owner.from_resident_id, "to_resident": owner.to_resident_id}
        record_change(db, row, actor, "handed_over", now, "", **facts)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _keep_former_owner(db: Session, row: Appointment, now: datetime) -> None:
    """Keep what the wrong person is told by, under the version that the appointment is about to have."""
    db.add(
        HandOver(
            authority_id=row.authority_id,
            appointment_id=row.id,
            version=row.version + 1,
            owner_since=row.owner_since,
            from_resident_id=row.resident_id,
            representative_id=row.representative_id,
            contact_email=row.contact_email,
            contact_phone=row.contact_phone,
            contact_postal=row.contact_postal,
            contact_preference=row.contact_preference,
            contact_leave_no_message=row.contact_leave_no_message,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            at=now,
        )
    )


def _change_needs(db: Session, row: Appointment, resident: Resident, support_needs: Collection[str]) -> None:
    """Keep the reviewed needs. An interpreter who was not needed before, or not for this language, is asked for anew."""
    own = row.contact_language
    spoken = db.get_one(Resident, row.resident_id).language if own is None else own
    other = set(support_needs) - set(row.support_needs)
    other |= {"language"} if resident.language != spoken else set()
    row.support_needs = sorted(set(support_needs))
    row.arrangements = asked_again(row.arrangements, other & set(row.support_needs))


def _change_owner(runtime: Runtime, row: Appointment, resident: Resident, now: datetime) -> None:
    """Make it the resident's, reached as their record says, with a link that nobody has yet."""
    row.resident_id, row.representative_id = resident.id, None
    row.contact_email = row.contact_phone = row.contact_postal = None
    row.contact_preference = row.contact_leave_no_message = None
    row.contact_language, row.earlier_emails, row.unanswered_calls, row.paper_answers = None, None, [], {}
    row.progress, row.tells_progress = [], False
    row.manage_nonce = new_nonce()
    row.manage_digest = digest(manage_token(runtime.settings.secret_key, row.manage_nonce))
    row.version += 1
    row.owner_since = row.version
    row.changed_at = now
