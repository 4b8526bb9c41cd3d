"""Other contact details, needs and notes for one appointment. The person's own record is changed by staff alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_link, check_seen
from booking.arrangements import asked_again
from booking.events import AppointmentChange, announce
from booking.queries.appointments import contact_of
from booking.states import Contact, ContactChange, State, link_sent_to, written_to
from booking.tables import Appointment
from core.audit import Actor, record
from core.errors import IllegalMove
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce
from people.residents.details import Representation, email_key
from people.residents.resident_repository import add_representative
from people.residents.tables import Representative, Resident


@dataclass(frozen=True)
class HelperContact:
    """How whoever acts for the resident is reached."""

    email: str
    phone: str


@dataclass(frozen=True)
class Details:
    """What may be changed of an appointment without changing its time. None stays as it is."""

    contact: Contact | None = None
    support_needs: tuple[str, ...] | None = None
    language: str | None = None
    notes: str | None = None
    helper: HelperContact | None = None


def change_details(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    details: Details,
    *,
    actor: Actor,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> None:
    """New details for this appointment alone. Another address gets a confirmation with a new link, the old one a notice.

    `seen` is the stamp of what was shown. Raises: IllegalMove, LinkEnded, Stale, NotFound.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        row = appointment_for_change(db, authority_id, reference)
        check_link(row, actor, now)
        has_begun = actor.kind == "resident" and row.starts_at <= now
        if row.state != State.BOOKED or has_begun:
            raise IllegalMove(row.state, State.BOOKED)
        check_seen(row, seen)
        row.changed_at = now
        _change_needs(db, row, details)
        row.notes = row.notes if details.notes is None else details.notes
        change_contact(db, runtime, row, details, actor, now)
        return {}

    run_once(runtime.database, idempotency, operation, runtime.clock.now())


def change_contact(
    db: Session, runtime: Runtime, row: Appointment, details: Details, actor: Actor, now: datetime
) -> None:
    """Keep the contact details with the locked appointment, record it, and announce who has to be told."""
    change = None
    if details.contact or details.helper:
        resident = db.get_one(Resident, row.resident_id)
        contact = details.contact or contact_of(row, resident)
        change = _change_contact(db, runtime, row, contact, details.helper)
    _recorded(db, row, actor, now, change)


def _change_needs(db: Session, row: Appointment, details: Details) -> None:
    """Keep other needs. An interpreter who was not needed before, or not for this language, is asked for anew."""
    before, spoken = set(row.support_needs), _spoken_language(db, row)
    if details.support_needs is not None:
        row.support_needs = sorted(set(details.support_needs))
    row.contact_language = row.contact_language if details.language is None else details.language
    other = set(row.support_needs) - before
    other |= {"language"} if _spoken_language(db, row) != spoken else set()
    row.arrangements = asked_again(row.arrangements, other & set(row.support_needs))


def _spoken_language(db: Session, row: Appointment) -> str:
    own = row.contact_language
    return db.get_one(Resident, row.resident_id).language if own is None else own


def follow_record(
    db: Session, runtime: Runtime, resident: Resident, actor: Actor, now: datetime, *, is_reached_anew: bool = True
) -> None:
    """Remove the contact details of each appointment ahead: the resident's record, which staff have changed, counts again.

    Where they are reached in another way now (`is_reached_anew`), it is announced for the other appointments too.
    Call it in the transaction that changes the record, after the change.
    """
    rows = db.scalars(
        select(Appointment)
        .where(
            Appointment.resident_id == resident.id,
            Appointment.state == State.BOOKED.value,
            Appointment.starts_at > now,
        )
        .order_by(Appointment.id)
        .with_for_update(key_share=True)
    ).all()
    for row in rows:
        if (row.contact_email, row.contact_phone, row.contact_preference) != (None, None, None):
            row.changed_at = now
            _recorded(db, row, actor, now, _change_contact(db, runtime, row, None))
        elif is_reached_anew:
            announce(db, AppointmentChange(row.authority_id, row.id, row.version, "contact", now))


def _change_contact(
    db: Session, runtime: Runtime, row: Appointment, contact: Contact | None, helper: HelperContact | None = None
) -> ContactChange | None:
    """What has changed, after the change to `contact`, or back to the record for None; None when nothing has."""
    resident = db.get_one(Resident, row.resident_id)
    before = contact_of(row, resident)
    old, old_reader = _address(db, row, before), _link_reader(db, row, before)
    _set_contact(row, resident, contact)
    after = contact_of(row, resident)
    is_same_helper = helper is None or not _replace_helper(db, row, helper)
    if after == before and is_same_helper:
        return None
    new = _address(db, row, after)
    # Whoever reads the old address keeps no key to the appointment.
    if old != new or old_reader != _link_reader(db, row, after):
        row.manage_nonce = new_nonce()
        row.manage_digest = digest(manage_token(runtime.settings.secret_key, row.manage_nonce))
    row.earlier_emails = [*(row.earlier_emails or []), old]
    return ContactChange(len(row.earlier_emails), bool(old), bool(new) and old != new)


def _set_contact(row: Appointment, resident: Resident, contact: Contact | None) -> None:
    """Keep `contact` with the appointment where it differs from the record."""
    if contact is None:
        row.contact_email = row.contact_phone = row.contact_preference = row.contact_leave_no_message = None
        return
    email, phone = email_key(contact.email), contact.phone.strip()
    row.contact_email = None if email == resident.email else email
    row.contact_phone = None if phone == resident.phone else phone
    row.contact_preference = None if contact.preference == resident.contact_preference else contact.preference
    is_same = contact.leave_no_message == resident.leave_no_message
    row.contact_leave_no_message = None if is_same else contact.leave_no_message


def _replace_helper(db: Session, row: Appointment, contact: HelperContact) -> bool:
    """Whether whoever acts for the resident is reached in another way now; other appointments keep theirs."""
    known = db.get(Representative, row.representative_id) if row.representative_id else None
    if known is None or (known.email, known.phone) == (contact.email.strip(), contact.phone.strip()):
        return False
    changed = Representation(known.name, known.basis, contact.email, contact.phone)
    row.representative_id = add_representative(db, row.authority_id, row.resident_id, changed, row.changed_at)
    return True


def _address(db: Session, row: Appointment, contact: Contact) -> str:
    return written_to(contact.preference, contact.email, _helper_email(db, row), mode=row.mode)


def _link_reader(db: Session, row: Appointment, contact: Contact) -> str:
    return link_sent_to(contact.email, _helper_email(db, row))


def _helper_email(db: Session, row: Appointment) -> str:
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    return helper.email if helper else ""


def _recorded(db: Session, row: Appointment, actor: Actor, now: datetime, contact: ContactChange | None) -> None:
    subject = ("appointment", row.id)
    record(db, actor, "details_changed", subject, authority_id=row.authority_id, now=now, contact=contact is not None)
    change = AppointmentChange(row.authority_id, row.id, row.version, "details", now, contact=contact)
    announce(db, change)
