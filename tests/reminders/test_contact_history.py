"""All contacts with a resident on one list, the newest first, in pages that leave nothing out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import event, select, update

from booking.documents.document_owner import DocumentOwner
from booking.tables import Appointment
from booking.use_cases.hand_over import NewOwner, hand_over
from core.audit import Actor
from core.database import Database
from people.residents.contact_notes import add_note
from people.residents.tables import Resident
from reminders.contact_history_queries import HistoryEntry, contact_history, open_contacts
from reminders.tables import InboundText
from tests.support.callers import make_callers
from tests.support.documents import document_rows
from tests.support.factories import NOW, make_runtime
from tests.support.inbound_texts import inbound_text

SYSTEM, AHEAD = Actor.system(), NOW + timedelta(days=999)


def test_pages_of_contacts_have_everything_once_and_nothing_of_others(database: Database) -> None:
    """Of one council and one resident; each page is as many statements, however much there is."""
    callers = make_callers(database, NOW)
    amina, authority_id = callers.people["amina"], callers.town.authority_id
    with database.writing() as db:
        others = db.scalars(select(Resident.id).where(Resident.id != amina)).first()
        for number in range(9):
            when = NOW - timedelta(days=number // 2, minutes=number // 2)
            add_note(db, authority_id, amina, f"Note {number}", channel="phone", actor=SYSTEM, now=when)
        add_note(db, authority_id, others or 0, "Of somebody else", channel="phone", actor=SYSTEM, now=NOW)
        row = db.scalars(select(Appointment).where(Appointment.resident_id == amina)).one()
        owner = DocumentOwner(authority_id, row.site_id, row.id, resident_id=amina)
    document_rows(database, owner, NOW)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with database.reading() as db:
        whole = contact_history(db, authority_id, amina, AHEAD, limit=200)
        counted = sum("SELECT" in line for line in statements)
        parts: list[HistoryEntry] = []
        before: datetime | None = AHEAD
        while before is not None:
            page = contact_history(db, authority_id, amina, before, limit=4)
            parts += page.entries
            before = page.before
        assert (whole.before, counted) == (None, 12)
        assert parts == list(whole.entries)
        assert {"note", "booked", "document_file", "document_receipt"} <= {entry.kind for entry in parts}
        assert "Of somebody else" not in {entry.words for entry in parts}
        assert contact_history(db, authority_id + 1, amina, AHEAD).entries == ()
        assert open_contacts(db, authority_id, amina, NOW) == ()


def test_what_the_wrong_person_wrote_stays_with_them_when_a_visit_is_handed_over(database: Database) -> None:
    callers = make_callers(database, NOW)
    amina, authority_id = callers.people["amina"], callers.town.authority_id
    for number, at in enumerate((NOW - timedelta(hours=1), NOW + timedelta(hours=1))):
        inbound_text(database, authority_id, at, number=f"44770090012{number}", text=f"Text {number}")
    with database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.resident_id == amina)).one()
        db.execute(update(InboundText).values(appointment_id=row.id))
    norbert = callers.people["norbert"]
    hand_over(make_runtime(database), authority_id, row.reference, NewOwner(amina, norbert, ()), actor=SYSTEM)
    with database.reading() as db:
        words = {entry.words for entry in contact_history(db, authority_id, norbert, AHEAD).entries}
    assert ("Text 0" in words, "Text 1" in words) == (False, True)
