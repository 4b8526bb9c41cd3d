"""Other contact details, needs and notes for one appointment. The person's own record is changed by staff alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import appointment_for_change, check_link, check_seen
from booking.arrangements import asked_again
from booking.events import AppointmentChange, Readers, announce, readers_of
from booking.queries.appointments import contact_of
from booking.states import Contact, ContactChange, State, link_sent_to, written_to
from booking.tables import Appointment
from core.audit import Actor, record
from core.contact_values import postal_of
from core.errors import IllegalMove
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.tokens import digest, manage_token, new_nonce
from people.residents.details import Representation, email_key
from people.residents.mandate_queries import is_told
from people.residents.representative_repository import add_representative
from people.residents.tables import Representative, Resident

BY_VOICE = "call"  # the channel by which nobody gets a link


@dataclass(frozen=True)
class HelperContact:
    """How whoever acts for the resident is reached."""

    email: str
    phone: str
    address: str = ""
    postcode: str = ""


@dataclass(frozen=True)
class Details:
    """What may be changed of an appointment without changing its time. None stays as it is."""

    contact: Contact | None = None
    support_needs: tuple[str, ...] | None = None
    language: str | None = None
    notes: str | None = None
    helper: HelperContact | None = None
    uses_neutral_name: bool | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How the people of an appointment are reached: `address` gets its email, `link_reader` the link when it is lost.

    `readers` are the channels and addresses of `booking.events.readers_of`.
    """

    contact: Contact
    representative_id: int | None
    address: str
    link_reader: str
    readers: Readers

    @property
    def who(self) -> tuple[object, ...]:
        """Those who can have the link."""
        return (self.address, self.link_reader, self.readers)

    @property
    def confirmed_to(self) -> set[tuple[str, str]]:
        """Where confirmations are read: by the channel that is meant for them, and by the one that is left."""
        return {one for one in (self.readers[0], self.readers[-1]) if one[0] not in ("", BY_VOICE)}


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
        if details.uses_neutral_name:  # of the person, whoever asks for it: nobody is silenced, nor redirected
            db.get_one(Resident, row.resident_id).uses_neutral_name = True
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


def keep_contact(db: Session, row: Appointment, details: Details, actor: Actor, now: datetime) -> None:
    """Keep the contact details with the locked appointment, which is cancelled or over, for what is still owed about it.

    Nobody is told: there is nothing to come to.
    """
    row.changed_at = now
    if details.contact:
        _set_contact(row, db.get_one(Resident, row.resident_id), details.contact)
    if details.helper:
        _replace_helper(db, row, details.helper)
    subject = ("appointment", row.id)
    record(db, actor, "details_changed", subject, authority_id=row.authority_id, now=now, contact=True)


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
    db: Session,
    runtime: Runtime,
    resident: Resident,
    actor: Actor,
    now: datetime,
    *,
    known: Mapping[int, Reached] | None = None,
    is_reached_anew: bool = True,
    keeps_own: bool = False,
    tells_old: bool = True,
) -> None:
    """Remove the contact details of each appointment ahead: the resident's record, which staff have changed, counts again.

    They stay where it `keeps_own`: staff have changed one part of the record, and did not see those. Where somebody
    else is reached than before (`known`, of `reached_ahead`), they get a new link. Where it is another way
    (`is_reached_anew`), it is announced for the other appointments too. Unless it `tells_old`, who was reached before gets
    nothing, and whoever is reached now the confirmation.
    Call it in the transaction that changes the record, after the change.
    """
    for row in _ahead(db, resident, now):
        before = (known or {}).get(row.id) or reached_now(db, row, resident)
        own = (row.contact_email, row.contact_phone, row.contact_postal, row.contact_preference)
        has_own = not keeps_own and any(one is not None for one in own)
        if not keeps_own:
            _set_contact(row, resident, None)
        after = reached_now(db, row, resident)
        if has_own or after.who != before.who:
            row.changed_at = now
            change = _renewed(runtime, row, before, after)
            if (
                change and not has_own
            ):  # staff wrote it: a notice is for who has the address no more, and may be written to
                is_noticed = bool(after.readers[0][0]) and before.address not in ("", after.address)
                change = (
                    replace(change, had_address=is_noticed) if tells_old else ContactChange(change.number, False, True)
                )
            _recorded(db, row, actor, now, change)
        elif is_reached_anew:
            announce(db, AppointmentChange(row.authority_id, row.id, row.version, "contact", now))


def reached_ahead(db: Session, resident: Resident, now: datetime) -> dict[int, Reached]:
    """How the resident is reached about each appointment ahead, by its id; locks them."""
    return {row.id: reached_now(db, row, resident) for row in _ahead(db, resident, now)}


def _ahead(db: Session, resident: Resident, now: datetime) -> Sequence[Appointment]:
    is_ahead = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    rows = select(Appointment).where(Appointment.resident_id == resident.id, *is_ahead)
    return db.scalars(rows.order_by(Appointment.id).with_for_update(key_share=True)).all()


def _change_contact(
    db: Session, runtime: Runtime, row: Appointment, contact: Contact, helper: HelperContact | None
) -> ContactChange | None:
    """What has changed, after the change to `contact`; None when nothing has."""
    resident = db.get_one(Resident, row.resident_id)
    before = reached_now(db, row, resident)
    _set_contact(row, resident, contact)
    if helper:
        _replace_helper(db, row, helper)
    return _renewed(runtime, row, before, reached_now(db, row, resident))


def _renewed(runtime: Runtime, row: Appointment, before: Reached, after: Reached) -> ContactChange | None:
    """What has changed, with a new link where somebody else reads it now; None when nothing has."""
    if after == before:
        return None
    # Whoever reads the old address, or has the old number, keeps no key to the appointment.
    if after.who != before.who:
        row.manage_nonce = new_nonce()
        row.manage_digest = digest(manage_token(runtime.settings.secret_key, row.manage_nonce))
    row.earlier_emails = [*(row.earlier_emails or []), before.address]
    is_new = not after.confirmed_to <= before.confirmed_to
    return ContactChange(len(row.earlier_emails), bool(before.address), is_new)


def _set_contact(row: Appointment, resident: Resident, contact: Contact | None) -> None:
    """Keep `contact` with the appointment where it differs from the record."""
    if contact is None:
        row.contact_email = row.contact_phone = row.contact_postal = None
        row.contact_preference = row.contact_leave_no_message = None
        return
    email, phone = email_key(contact.email), contact.phone.strip()
    row.contact_email = None if email == resident.email else email
    row.contact_phone = None if phone == resident.phone else phone
    row.contact_postal = None if contact.postal == postal_of(resident.address, resident.postcode) else contact.postal
    row.contact_preference = None if contact.preference == resident.contact_preference else contact.preference
    is_same = contact.leave_no_message == resident.leave_no_message
    row.contact_leave_no_message = None if is_same else contact.leave_no_message


def _replace_helper(db: Session, row: Appointment, contact: HelperContact) -> None:
    """Keep how whoever acts for the resident is reached; other appointments keep theirs."""
    known = _helper(db, row)
    if known is None:
        return
    changed = Representation(
        known.name, known.basis, contact.email.strip(), contact.phone.strip(), contact.address, contact.postcode
    )
    post = (known.address, known.postcode)
    if (known.email, known.phone, *post) == (changed.email, changed.phone, changed.address, changed.postcode):
        return
    row.representative_id = add_representative(db, row.authority_id, row.resident_id, changed, row.changed_at)
    new = db.get_one(Representative, row.representative_id)
    new.email_returned_at = known.email_returned_at if known.email == changed.email else None
    new.letter_returned_at = known.letter_returned_at if post == (changed.address, changed.postcode) else None


def reached_now(db: Session, row: Appointment, resident: Resident) -> Reached:
    """How the people of this appointment are reached as things stand: nobody by an address that mail came back from."""
    contact, helper = contact_of(row, resident), _helper(db, row)
    helper = helper if helper and is_told(db, helper) else None
    has_own = row.contact_email is not None
    came_back = (row.contact_email_returned_at if has_own else resident.email_returned_at) is not None
    helper_reads = helper.email if helper and helper.email_returned_at is None else ""
    address = written_to(contact.preference, "" if came_back else contact.email, helper_reads, mode=row.mode)
    link_reader = link_sent_to(contact.email, helper.email if helper else "")
    readers = readers_of(db, row.id) or (("email" if address else "", address),)
    return Reached(contact, row.representative_id, address, link_reader, readers)


def _helper(db: Session, row: Appointment) -> Representative | None:
    return db.get(Representative, row.representative_id) if row.representative_id else None


def _recorded(db: Session, row: Appointment, actor: Actor, now: datetime, contact: ContactChange | None) -> None:
    subject = ("appointment", row.id)
    record(db, actor, "details_changed", subject, authority_id=row.authority_id, now=now, contact=contact is not None)
    change = AppointmentChange(row.authority_id, row.id, row.version, "details", now, contact=contact)
    announce(db, change)
