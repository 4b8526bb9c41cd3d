"""Every table with personal columns: whose a row is, which council's, and how old it is.

What is personal, of which class, and how long it is kept at most stands on the columns (`core.personal_data`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, exists, false, func, or_, select

from booking.advisers.tables import NamedAdviser
from booking.documents.tables import CertifiedCopy, DocumentCheck, DocumentFile, DocumentReceipt, KeptOriginal
from booking.feeds.tables import ResidentFeed
from booking.invitations.tables import Invitation
from booking.merging.tables import ResidentMerge
from booking.proposals.tables import Proposal, Wish
from booking.ratings.tables import VisitRating
from booking.ringing.tables import Ringing
from booking.tables import Appointment, AppointmentService, Call, HandOver, LinkRequest, OldReference, RebookItem
from booking.urgent.tables import UrgentRequest
from booking.visits.tables import DayVisit
from core.audit import AuditEntry, mark_removed_reasons
from core.database import table_of
from locations.session_facts import FROM_FILE
from locations.tables import Closure
from people.residents.tables import (
    ContactNote,
    FirstContact,
    Mandate,
    MemorableWord,
    RegisterEntry,
    Representative,
    Resident,
    ResidentNameToken,
)
from reminders.costs.tables import TrialAllotment
from reminders.hand_made.tables import HandMadeTask
from reminders.privacy.personal_columns import Condition, PersonalTable
from reminders.recipients import HANDED_OVER
from reminders.tables import (
    CouncilPause,
    DeliveryAttempt,
    DemoMessage,
    EndedFailure,
    InboundText,
    Notification,
    SiteMessage,
)

_appointments, _residents, _notes = table_of(Appointment), table_of(Resident), table_of(ContactNote)
_representatives, _tokens = table_of(Representative), table_of(ResidentNameToken)
_first_contacts, _register, _words = table_of(FirstContact), table_of(RegisterEntry), table_of(MemorableWord)
_notifications, _attempts, _wishes = table_of(Notification), table_of(DeliveryAttempt), table_of(Wish)
_calls, _requests, _named_advisers = table_of(Call), table_of(LinkRequest), table_of(NamedAdviser)
_hand_overs, _old_references, _closures = table_of(HandOver), table_of(OldReference), table_of(Closure)
_inbound, _pauses, _feeds = table_of(InboundText), table_of(CouncilPause), table_of(ResidentFeed)
_ratings, _invitations, _mandates = table_of(VisitRating), table_of(Invitation), table_of(Mandate)
_visits, _urgent, _merges = table_of(DayVisit), table_of(UrgentRequest), table_of(ResidentMerge)
_checks, _files, _originals = table_of(DocumentCheck), table_of(DocumentFile), table_of(KeptOriginal)
_copies, _receipts = table_of(CertifiedCopy), table_of(DocumentReceipt)
_site_messages, _demo_messages, _audit = table_of(SiteMessage), table_of(DemoMessage), table_of(AuditEntry)


def _own(table: Table, at: ColumnElement[Any], resident: Column[int]) -> PersonalTable:
    """A table whose rows name council and resident, and count from an instant of their own."""
    return PersonalTable(
        table,
        in_authority=lambda authority: table.c.authority_id == authority,
        of_resident=lambda person: resident == person,
        is_older=lambda instant: at < instant,
    )


def _is_done_with(resident: ColumnElement[int], instant: datetime) -> Condition:
    """Whether the resident came to us, and had their last appointment, before `instant`, and waits for nothing."""
    known_since = exists().where(_residents.c.id == resident, _residents.c.created_at >= instant)
    later = exists().where(_appointments.c.resident_id == resident, _appointments.c.ends_at >= instant)
    waits = exists().where(_wishes.c.resident_id == resident, _wishes.c.closed_at.is_(None))
    invited = exists().where(_invitations.c.resident_id == resident, _invitations.c.closed_at.is_(None))
    may_return = exists().where(
        _merges.c.merged_resident_id == resident, _merges.c.at >= instant, _merges.c.undone_at.is_(None)
    )
    reviewed = (_register.c.ended_at.is_(None), _register.c.review_on >= instant.date())  # who has died is on no list
    is_registered = exists().where(_register.c.resident_id == resident, *reviewed)
    return and_(~known_since, ~later, ~waits, ~invited, ~may_return, ~is_registered)


def _with_resident(table: Table, resident: Column[int], **more: Any) -> PersonalTable:
    """A table whose rows are kept as long as the resident's record."""
    return PersonalTable(
        table,
        in_authority=lambda authority: table.c.authority_id == authority,
        of_resident=lambda person: resident == person,
        is_older=lambda instant: _is_done_with(resident, instant),
        **more,
    )


def _appointments_of(person: int) -> Any:
    return select(_appointments.c.id).where(_appointments.c.resident_id == person)


def _notifications_of(condition: Condition) -> Any:
    return select(_notifications.c.id).where(condition)


def _was_written_to(person: int) -> Condition:
    """Of a message: whether it was owed to the resident, whose the appointment is, or was before it was handed over."""
    is_notice = _notifications.c.kind.startswith(HANDED_OVER)
    is_theirs = (_appointments.c.id == _notifications.c.appointment_id) & (_appointments.c.resident_id == person)
    was_theirs = (_hand_overs.c.appointment_id == _notifications.c.appointment_id) & (
        _hand_overs.c.from_resident_id == person
    )
    of_owner = _notifications.c.version >= _appointments.c.owner_since
    of_former_owner = or_(
        ~is_notice & _notifications.c.version.between(_hand_overs.c.owner_since, _hand_overs.c.version - 1),
        is_notice & (_notifications.c.version == _hand_overs.c.version),
    )
    return or_(exists().where(is_theirs, of_owner, ~is_notice), exists().where(was_theirs, of_former_owner))


def _was_of(person: int, appointment: Column[int], at: Column[datetime]) -> Condition:
    """Whether the appointment was the resident's then."""
    handed_over = (_hand_overs.c.appointment_id == appointment) & (at < _hand_overs.c.at)
    was_theirs = exists().where(handed_over, _hand_overs.c.from_resident_id == person)
    is_theirs = and_(appointment.in_(_appointments_of(person)), ~exists().where(handed_over))
    return or_(is_theirs, was_theirs)


def _has_texted(person: int) -> Condition:
    """Of a text: whether it was about the resident's appointment; or about none, from a number that is theirs alone.

    Of a text from a number that several people have, and that is about no appointment, nobody can say whose it is.
    """
    of_person, of_others = _has_number(lambda resident: resident == person), _has_number(lambda one: one != person)
    is_theirs_alone = and_(_inbound.c.appointment_id.is_(None), _inbound.c.phone_key != "", of_person, ~of_others)
    council = select(_residents.c.authority_id).where(_residents.c.id == person).scalar_subquery()
    about_theirs = _was_of(person, _inbound.c.appointment_id, _inbound.c.received_at)
    return and_(_inbound.c.authority_id == council, or_(about_theirs, is_theirs_alone))


def _has_number(is_whose: Callable[[Column[int]], Condition]) -> Condition:
    """Of a text: whether such a resident of its council has its number, by themselves or by who acts for them."""
    key, council = _inbound.c.phone_key, _inbound.c.authority_id
    given = _appointments.c.contact_phone_key == key
    return or_(
        exists().where(_residents.c.authority_id == council, _residents.c.phone_key == key, is_whose(_residents.c.id)),
        exists().where(
            _representatives.c.authority_id == council,
            _representatives.c.phone_key == key,
            is_whose(_representatives.c.resident_id),
        ),
        exists().where(_appointments.c.authority_id == council, given, is_whose(_appointments.c.resident_id)),
    )


def _of_documents(table: Table, at: Column[datetime]) -> PersonalTable:
    """A table of documents, of appointments and of visits without one, which nobody can say whose they are."""
    return PersonalTable(
        table,
        in_authority=lambda authority: table.c.authority_id == authority,
        of_resident=lambda person: table.c.resident_id == person,
        is_older=lambda instant: at < instant,
    )


def _about_nobody(table: Table, is_older: Callable[[datetime], Condition]) -> PersonalTable:
    """A table of what somebody wrote, nobody knows about whom."""
    return PersonalTable(table, partial(operator.eq, table.c.authority_id), lambda _person: false(), is_older)


def _has_asked_urgently(person: int) -> Condition:
    """Of an urgent request: whether the resident asked, or in a closed one somebody of whom their number alone is known."""
    of_person = _residents.c.id == person, _residents.c.authority_id == _urgent.c.authority_id
    has_number = exists().where(*of_person, _urgent.c.phone != "", _residents.c.phone == _urgent.c.phone)
    by_number = and_(_urgent.c.resident_id.is_(None), _urgent.c.closed_at.is_not(None), has_number)
    return or_(_urgent.c.resident_id == person, by_number)


# When the record of whoever is on the register was emptied, or became a part of another one.
_EMPTIED = select(_residents.c.anonymised_at).where(_residents.c.id == _register.c.resident_id).scalar_subquery()
PERSONAL_TABLES: tuple[PersonalTable, ...] = (
    PersonalTable(  # before the numbers by which it is known whose a text is
        _inbound,
        # What no council has ends with what is kept for the shortest time.
        in_authority=lambda authority: or_(_inbound.c.authority_id == authority, _inbound.c.authority_id.is_(None)),
        of_resident=_has_texted,
        is_older=lambda instant: _inbound.c.received_at < instant,
    ),
    PersonalTable(  # by their number, too, before it is emptied
        _urgent,
        in_authority=lambda authority: _urgent.c.authority_id == authority,
        of_resident=_has_asked_urgently,
        is_older=lambda instant: _urgent.c.asked_at < instant,
    ),
    _with_resident(_residents, _residents.c.id, set_besides={"identity": "anonymised_at"}),
    *(
        _with_resident(one, one.c.resident_id, are_rows_deleted=True)
        for one in (_tokens, _feeds, _named_advisers, _words, _mandates)
    ),
    _with_resident(_representatives, _representatives.c.resident_id),
    _own(_notes, _notes.c.at, _notes.c.resident_id),
    _with_resident(_first_contacts, _first_contacts.c.resident_id),
    _own(_register, func.coalesce(_register.c.ended_at, _EMPTIED), _register.c.resident_id),
    _own(_calls, _calls.c.changed_at, _calls.c.resident_id),
    _own(_merges, _merges.c.at, _merges.c.kept_resident_id),
    _own(_hand_overs, _hand_overs.c.at, _hand_overs.c.from_resident_id),
    PersonalTable(
        _old_references,
        in_authority=lambda authority: _old_references.c.authority_id == authority,
        of_resident=lambda person: _old_references.c.appointment_id.in_(_appointments_of(person)),
        is_older=lambda instant: _old_references.c.appointment_id.in_(
            select(_appointments.c.id).where(_appointments.c.ends_at < instant)
        ),
        are_rows_deleted=True,
    ),
    _own(_appointments, _appointments.c.ends_at, _appointments.c.resident_id),
    PersonalTable(
        _visits,
        in_authority=lambda authority: _visits.c.authority_id == authority,
        of_resident=lambda person: or_(
            _visits.c.appointment_id.in_(_appointments_of(person)), _visits.c.resident_id == person
        ),
        is_older=lambda instant: _visits.c.arrived_at < instant,
    ),
    _of_documents(_checks, _checks.c.checked_at),
    _of_documents(_files, _files.c.added_at),
    _of_documents(_originals, _originals.c.returned_at),  # what lies in a safe is found as long as it does
    _of_documents(_copies, _copies.c.certified_at),
    _of_documents(_receipts, _receipts.c.given_at),
    _own(_wishes, _wishes.c.closed_at, _wishes.c.resident_id),
    _own(_invitations, _invitations.c.closed_at, _invitations.c.resident_id),
    _about_nobody(_closures, lambda instant: and_(_closures.c.ends_at < instant, _closures.c.source != FROM_FILE)),
    _about_nobody(_ratings, lambda instant: _ratings.c.month < instant.date()),
    _about_nobody(_pauses, lambda instant: _pauses.c.since < instant),
    PersonalTable(
        _site_messages,
        in_authority=lambda authority: _site_messages.c.authority_id == authority,
        of_resident=lambda person: _site_messages.c.appointment_id.in_(_appointments_of(person)),
        is_older=lambda instant: _site_messages.c.created_at < instant,
    ),
    PersonalTable(
        _requests,
        in_authority=lambda authority: _requests.c.authority_id == authority,
        of_resident=lambda person: _requests.c.reference.in_(
            select(_appointments.c.reference).where(_appointments.c.resident_id == person)
        ),
        is_older=lambda instant: _requests.c.requested_at < instant,
        are_rows_deleted=True,
    ),
    PersonalTable(
        _notifications,
        in_authority=lambda authority: _notifications.c.authority_id == authority,
        of_resident=_was_written_to,
        is_older=lambda instant: and_(_notifications.c.useful_until < instant, _notifications.c.created_at < instant),
    ),
    PersonalTable(
        _attempts,
        in_authority=lambda authority: _attempts.c.notification_id.in_(
            _notifications_of(_notifications.c.authority_id == authority)
        ),
        of_resident=lambda person: _attempts.c.notification_id.in_(_notifications_of(_was_written_to(person))),
        is_older=lambda instant: _attempts.c.started_at < instant,
    ),
    PersonalTable(
        _demo_messages,
        in_authority=lambda authority: _demo_messages.c.authority_id == authority,
        of_resident=lambda person: _demo_messages.c.notification_id.in_(_notifications_of(_was_written_to(person))),
        is_older=lambda instant: _demo_messages.c.at < instant,
    ),
    PersonalTable(
        _audit,
        in_authority=lambda authority: _audit.c.authority_id == authority,
        of_resident=lambda person: or_(
            and_(_audit.c.subject_kind == "resident", _audit.c.subject_id == person),
            and_(_audit.c.subject_kind == "appointment", _was_of(person, _audit.c.subject_id, _audit.c.at)),
        ),
        is_older=lambda instant: _audit.c.at < instant,
        after_emptied=mark_removed_reasons,
    ),
)

# What is kept besides about somebody's appointments, without a personal column: what it was for, and what came of it.
_ABOUT_VISITS = (AppointmentService, RebookItem, Proposal, Ringing, EndedFailure, HandMadeTask, TrialAllotment)
OF_APPOINTMENTS: tuple[Table, ...] = tuple(map(table_of, _ABOUT_VISITS))


def of_appointments(table: Table, person: int) -> Condition:
    """The condition on the rows of one of `OF_APPOINTMENTS` that are of the resident's appointments, or of their wishes."""
    if "notification_id" in table.c:
        return table.c.notification_id.in_(_notifications_of(_was_written_to(person)))
    of_appointments = table.c.appointment_id.in_(_appointments_of(person))
    if "wish_id" not in table.c:
        return of_appointments
    return or_(of_appointments, table.c.wish_id.in_(select(_wishes.c.id).where(_wishes.c.resident_id == person)))
