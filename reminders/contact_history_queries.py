"""All contacts with a resident, over all channels, the newest first: what was booked, written, said, sent and shown.

Each kind is one statement with a limit, however long the history is, and a page is what is newest of all kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session

from booking.documents.tables import CertifiedCopy, DocumentCheck, DocumentFile, DocumentReceipt
from booking.proposals.tables import Wish
from booking.tables import Appointment, HandOver
from booking.urgent.tables import UrgentRequest
from booking.visits.tables import DayVisit
from people.residents.tables import ContactNote, FirstContact
from people.staff.tables import StaffMember
from reminders.delivery_decisions import FAILED, VOID, WITHHELD
from reminders.recipients import HANDED_OVER, family_of
from reminders.tables import InboundText, Notification

PAGE = 40
UNREACHED = (FAILED, WITHHELD)
# Kinds of entries.
BOOKED, ARRIVED, NOTE, MESSAGE, TEXT_IN = "booked", "arrived", "note", "message", "text_in"
CHECKED, FILE, COPY, RECEIPT = "document_checked", "document_file", "document_copy", "document_receipt"
URGENT, FIRST_ASKED, WISH = "urgent", "first_asked", "wish"
KINDS = (BOOKED, ARRIVED, NOTE, MESSAGE, TEXT_IN, CHECKED, FILE, COPY, RECEIPT, URGENT, FIRST_ASKED, WISH)


@dataclass(frozen=True)
class HistoryEntry:
    """One contact: when (UTC), what kind, over which channel, by whom of the staff, in which words.

    `reference` is that of the appointment that it is about; `facts` are what only its kind has.
    """

    at: datetime
    kind: str
    id: int
    channel: str = ""
    by: str = ""
    words: str = ""
    reference: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HistoryPage:
    """The newest entries before an instant, and the instant before which more follow (None for no more)."""

    entries: tuple[HistoryEntry, ...]
    before: datetime | None


def contact_history(
    db: Session, authority_id: int, resident_id: int, before: datetime, limit: int = PAGE
) -> HistoryPage:
    """The page of the resident's contacts before an instant. Twelve statements, each of at most `limit` rows and one.

    Entries of one instant are never parted, so that none is left out between two pages.
    """
    found = (
        read(row)
        for statement, at, read in _statements(authority_id, resident_id)
        for row in db.execute(statement.where(at < before).order_by(at.desc()).limit(limit + 1))
    )
    newest = sorted(found, key=lambda entry: (entry.at, entry.kind, entry.id), reverse=True)
    if len(newest) <= limit:
        return HistoryPage(tuple(newest), None)
    last = newest[limit - 1].at
    shown = tuple(entry for entry in newest if entry.at >= last)
    return HistoryPage(shown, last)


def open_contacts(db: Session, authority_id: int, resident_id: int, now: datetime) -> tuple[HistoryEntry, ...]:
    """What somebody has still to see to: urgent requests, what they wait for, and messages that reached nobody."""
    message, urgent, wish = _messages_of(authority_id, resident_id), _urgent_of(authority_id, resident_id), Wish
    unreached = (Notification.status.in_(UNREACHED), Notification.told_at.is_(None), Notification.useful_until > now)
    waiting = select(wish).where(_of(wish, authority_id, resident_id), wish.closed_at.is_(None))
    found = chain(
        (_urgent(row) for row in db.execute(urgent.where(UrgentRequest.closed_at.is_(None)).limit(PAGE))),
        (_wish(row) for row in db.execute(waiting.limit(PAGE))),
        (_message(row) for row in db.execute(message.where(*unreached).limit(PAGE))),
    )
    return tuple(found)


_Read = Callable[[Row[*tuple[Any, ...]]], HistoryEntry]
_Source = tuple[Any, Any, _Read]  # a statement, the column of its instant, and how its rows are read


def _statements(authority_id: int, resident_id: int) -> Sequence[tuple[Any, Any, _Read]]:
    theirs = _of(Appointment, authority_id, resident_id)
    sent_at = func.coalesce(Notification.closed_at, Notification.due_at)
    texts = select(InboundText, Appointment.reference).join(Appointment, Appointment.id == InboundText.appointment_id)
    visits = select(DayVisit, Appointment.reference).join(Appointment, Appointment.id == DayVisit.appointment_id)
    notes = select(ContactNote, StaffMember.name).outerjoin(StaffMember, StaffMember.id == ContactNote.staff_id)
    return (
        (select(Appointment).where(theirs), Appointment.created_at, _booked),
        (visits.where(theirs, _since_it_is_theirs(DayVisit.arrived_at)), DayVisit.arrived_at, _arrived),
        (notes.where(_of(ContactNote, authority_id, resident_id)), ContactNote.at, _note),
        (_messages_of(authority_id, resident_id), sent_at, _message),
        (texts.where(theirs, _since_it_is_theirs(InboundText.received_at)), InboundText.received_at, _text),
        *(_document_source(*one, authority_id, resident_id) for one in _DOCUMENTS),
        (_urgent_of(authority_id, resident_id), UrgentRequest.asked_at, _urgent),
        (select(FirstContact).where(_of(FirstContact, authority_id, resident_id)), FirstContact.asked_at, _first),
        (select(Wish).where(_of(Wish, authority_id, resident_id)), Wish.asked_at, _wish),
    )


def _messages_of(authority_id: int, resident_id: int) -> Select[*tuple[Any, ...]]:
    """What they were owed since the appointment is theirs, and what is still true."""
    messages = select(Notification, Appointment.reference).join(
        Appointment, Appointment.id == Notification.appointment_id
    )
    since = and_(Notification.version >= Appointment.owner_since, ~Notification.kind.startswith(HANDED_OVER))
    return messages.where(_of(Appointment, authority_id, resident_id), since, Notification.status != VOID)


def _since_it_is_theirs(at: Any) -> ColumnElement[bool]:
    """That the appointment was not handed over after that: what came before is of whom it was booked for by mistake."""
    later = select(HandOver.id).where(HandOver.appointment_id == Appointment.id, HandOver.at > at)
    return ~later.correlate_except(HandOver).exists()


def _of(table: Any, authority_id: int, resident_id: int) -> ColumnElement[bool]:
    return and_(table.authority_id == authority_id, table.resident_id == resident_id)


_DOCUMENTS: Sequence[tuple[str, Any, Any]] = (
    (CHECKED, DocumentCheck, DocumentCheck.checked_at),
    (FILE, DocumentFile, DocumentFile.added_at),
    (COPY, CertifiedCopy, CertifiedCopy.certified_at),
    (RECEIPT, DocumentReceipt, DocumentReceipt.given_at),
)


def _document_source(kind: str, table: Any, at: Any, authority_id: int, resident_id: int) -> _Source:
    statement = (
        select(table, Appointment.reference, StaffMember.name)
        .outerjoin(Appointment, Appointment.id == table.appointment_id)
        .outerjoin(StaffMember, StaffMember.id == table.staff_id)
        .where(_of(table, authority_id, resident_id))
    )

    def read(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
        row, reference, staff = found
        words = ", ".join(str(item["document"]) for item in row.items) if kind == RECEIPT else row.document
        facts = {"result": row.result} if kind == CHECKED else {}
        return HistoryEntry(getattr(row, at.key), kind, row.id, "", staff or "", words, reference or "", facts=facts)

    return statement, at, read


def _urgent_of(authority_id: int, resident_id: int) -> Select[*tuple[Any, ...]]:
    statement = select(UrgentRequest, StaffMember.name).outerjoin(StaffMember, StaffMember.id == UrgentRequest.staff_id)
    return statement.where(_of(UrgentRequest, authority_id, resident_id))


def _booked(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    (row,) = found
    answers = "\n".join(f"{question} {answer}" for question, answer in row.answers.items())
    facts = {"appointment": row.id}
    return HistoryEntry(
        row.created_at, BOOKED, row.id, row.channel, words=answers, reference=row.reference, facts=facts
    )


def _arrived(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    row, reference = found
    return HistoryEntry(row.arrived_at, ARRIVED, row.id, row.channel, reference=reference)


def _note(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    row, staff = found
    return HistoryEntry(row.at, NOTE, row.id, row.channel, staff or "", row.note)


def _message(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    row, reference = found
    facts = {"family": family_of(row.kind), "status": row.status, "reason": row.reason}
    at = row.closed_at or row.due_at
    return HistoryEntry(at, MESSAGE, row.id, row.channel, reference=reference, facts=facts)


def _text(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    row, reference = found
    return HistoryEntry(row.received_at, TEXT_IN, row.id, "text", words=row.text, reference=reference)


def _urgent(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    row, staff = found
    words = "\n".join(filter(None, (row.words, row.later, row.done)))
    return HistoryEntry(row.asked_at, URGENT, row.id, row.channel, staff or "", words)


def _first(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    (row,) = found
    return HistoryEntry(row.asked_at, FIRST_ASKED, row.id, row.channel, row.taken_by, row.words)


def _wish(found: Row[*tuple[Any, ...]]) -> HistoryEntry:
    (row,) = found
    return HistoryEntry(row.asked_at, WISH, row.id, row.channel)
