"""Personal data ends when a council says so: by age and class, and for one resident at once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, or_, select, update

from booking.documents.document_owner import DocumentOwner
from booking.proposals.tables import Proposal
from booking.tables import Appointment, AppointmentService, OldReference
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import make_offers, request_offers
from core.audit import Actor, AuditEntry, record
from core.clock import FixedClock
from core.database import Base, Database, table_of
from core.errors import NotFound, Refused
from core.personal_data import KEPT_DAYS, kept_days
from core.runtime import Runtime
from locations.session_facts import FROM_FILE, FROM_STAFF
from locations.tables import Authority, Closure
from people.residents.contact_notes import add_note
from people.residents.details import ResidentDetails, phone_key
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from people.staff.accounts import deactivate_staff
from people.staff.colleague_queries import colleagues_of
from people.staff.tables import StaffMember, StaffRole
from reminders.privacy.personal_columns import is_filled
from reminders.privacy.personal_tables import PERSONAL_TABLES
from reminders.privacy.retention import BATCH, empty_expired, erase_resident, exported_resident
from reminders.tables import DeliveryAttempt, DemoMessage, InboundText, Notification
from tests.core.test_personal_data import refers_to_somebody
from tests.reminders.make_bulk_notifications import owe
from tests.support.callers import AGENT_PASSWORD, Callers, add_agent, make_callers
from tests.support.documents import document_rows
from tests.support.factories import NOW, make_authority, make_runtime, make_world

SYSTEM = Actor.system()
LONG = timedelta(days=max(KEPT_DAYS.values()) + 60)


@pytest.fixture
def callers(database: Database) -> Callers:
    """A few residents, one with an appointment, a note, a representative, and a message that failed."""
    callers = make_callers(database, NOW)
    with database.writing() as db:
        row = db.scalars(select(Appointment)).one()
        row.notes, row.answers, row.state_reason = "Brings her sister", {"1": "yes"}, "They rang"
        row.contact_email, row.contact_phone, row.contact_language = "new@example.org", "07700 900111", "Somali"
        row.earlier_emails = ["old@example.org"]
        old = {"key": "YUSUF0712", "reference": "YUSUF-0712", "content_mark": "0" * 64}
        db.add(OldReference(authority_id=row.authority_id, appointment_id=row.id, imported_at=NOW, **old))
        shut = {"authority_id": row.authority_id, "starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
        db.add(Closure(slug="by-staff", source=FROM_STAFF, reason="Ms Yusuf's adviser is ill", **shut))
        times = dict.fromkeys(("due_at", "useful_until", "next_try_at", "created_at"), NOW)
        notification = Notification(
            authority_id=row.authority_id,
            appointment_id=row.id,
            version=1,
            kind="reminder_9d",
            channel="email",
            status="failed",
            reason="The server said: no such mailbox amina.yusuf@example.org",
            **times,
        )
        db.add(notification)
        db.flush()
        owner = DocumentOwner(row.authority_id, row.site_id, row.id, resident_id=row.resident_id)
        db.add(
            DeliveryAttempt(
                notification_id=notification.id, fencing_token=1, worker="w", started_at=NOW, error="amina.yusuf"
            )
        )
        db.add(
            DemoMessage(
                authority_id=row.authority_id,
                notification_id=notification.id,
                to="amina.yusuf@example.org",
                subject="Your appointment",
                raw=b"To: amina",
                at=NOW,
            )
        )
    document_rows(database, owner, NOW)
    return callers


def filled(database: Database, *, classes: set[str] | None = None) -> dict[str, int]:
    """Rows by table in which anything personal (of these classes) stands."""
    counts = {}
    with database.reading() as db:
        for table in Base.metadata.sorted_tables:
            columns = [
                column
                for column in table.c
                if column.info.get("personal") and (classes is None or column.info["personal"] in classes)
            ]
            if columns:
                where = or_(*(is_filled(column) for column in columns))
                counts[table.name] = db.scalar(select(func.count()).select_from(table).where(where)) or 0
    return {name: number for name, number in counts.items() if number}


def later(database: Database, days: int) -> Runtime:
    return make_runtime(database, NOW + timedelta(days=days))


def test_every_table_with_personal_columns_has_its_rule():
    known = {personal.table.name for personal in PERSONAL_TABLES}
    marked = {table.name for table in Base.metadata.sorted_tables if any(c.info.get("personal") for c in table.c)}
    assert known == marked


def test_the_export_has_every_table_about_somebody(database: Database, callers: Callers) -> None:
    """But the claims on seats by which nobody is booked twice: what is booked says the appointment."""
    kept = exported_resident(make_runtime(database), callers.town.authority_id, callers.booked.reference, actor=SYSTEM)
    about_somebody = {table.name for table in Base.metadata.sorted_tables if refers_to_somebody(table)}
    assert about_somebody - kept.keys() == {"allocations"}


def test_nothing_is_emptied_while_it_is_kept(database: Database, callers: Callers):
    before = filled(database)
    assert {expired.authority: dict(expired.rows) for expired in empty_expired(later(database, 20))} == {
        "testshire": {}
    }
    assert filled(database) == before


def test_everything_is_emptied_in_the_end_and_what_is_counted_stays(database: Database, callers: Callers):
    with database.reading() as db:
        appointments = db.scalar(select(func.count()).select_from(table_of(Appointment)))
    empty_expired(later(database, LONG.days))
    assert filled(database) == {}
    with database.reading() as db:
        kept = db.scalars(select(Appointment)).all()
        assert len(kept) == appointments
        assert all(row.reference and row.site_id and row.starts_at for row in kept)
        assert all(row.anonymised_at is not None for row in db.scalars(select(Resident)))


@pytest.mark.parametrize("data_class", sorted(KEPT_DAYS))
def test_each_class_ends_by_itself_on_its_day(database: Database, callers: Callers, data_class: str):
    with database.reading() as db:
        last = max(db.scalars(select(Appointment.ends_at))) - NOW
    days = KEPT_DAYS[data_class]
    empty_expired(later(database, days - 1))
    assert filled(database, classes={data_class})
    empty_expired(make_runtime(database, NOW + last + timedelta(days=days, minutes=1)))
    longer = {other for other, kept in KEPT_DAYS.items() if kept > days}
    assert filled(database, classes={data_class}) == {}
    assert not longer or filled(database, classes=longer)


def test_what_the_councils_file_says_of_a_closure_stays(database: Database, callers: Callers) -> None:
    """Or else the next import of the file would find it changed."""
    with database.writing() as db:
        db.execute(update(Closure).values(source=FROM_FILE))
    empty_expired(later(database, LONG.days))
    with database.reading() as db:
        assert db.scalars(select(Closure.reason)).all() == ["Ms Yusuf's adviser is ill"]


def test_a_resident_who_comes_again_keeps_their_record(database: Database, callers: Callers):
    """What counts is the last appointment, not the first."""
    with database.writing() as db:
        row = db.scalars(select(Appointment)).one()
        moved = {"starts_at": NOW + LONG, "ends_at": NOW + LONG + timedelta(minutes=30)}
        db.execute(update(Appointment).where(Appointment.id == row.id).values(moved))
        resident_id = row.resident_id
    empty_expired(later(database, LONG.days))
    with database.reading() as db:
        assert db.get_one(Resident, resident_id).name == "Amina Yusuf"
        others = db.scalars(select(Resident.name).where(Resident.id != resident_id)).all()
    assert set(others) == {""}


def test_a_dry_run_counts_and_changes_nothing(database: Database, callers: Callers):
    before = filled(database)
    counted = empty_expired(later(database, LONG.days), dry_run=True)
    assert filled(database) == before
    assert counted[0].rows == empty_expired(later(database, LONG.days))[0].rows
    assert sum(counted[0].rows.values()) > len(before)


def test_a_council_may_keep_less_and_never_more(database: Database, callers: Callers):
    with database.writing() as db:
        db.execute(update(Authority).values(privacy={"keep_days": {"story": 10, "identity": 99_999}}))
    empty_expired(later(database, 40))
    assert filled(database, classes={"story"}) == {}
    assert filled(database, classes={"needs"})
    assert kept_days({"story": 10, "identity": 99_999}) == {**KEPT_DAYS, "story": 10}


def test_another_councils_rows_stay(database: Database, callers: Callers):
    world = make_world(database, slug="elsewhere")
    with database.writing() as db:
        db.execute(
            update(Authority).where(Authority.slug == "elsewhere").values(privacy={"keep_days": {"identity": 1}})
        )
    owe(database, world, 2)
    empty_expired(later(database, 20))
    with database.reading() as db:
        names = db.execute(select(Resident.authority_id, Resident.name)).all()
    assert {name for authority, name in names if authority == world.authority_id} == {""}
    assert all(name for authority, name in names if authority != world.authority_id)


def test_more_rows_than_a_batch_are_emptied_in_one_pass(database: Database):
    owe(database, make_world(database), BATCH + 20)
    done = empty_expired(later(database, LONG.days))
    assert done[0].rows["identity", "residents"] == BATCH + 20
    assert filled(database) == {}


def test_erasing_waits_for_the_appointment(database: Database, callers: Callers):
    reference = callers.booked.reference
    with pytest.raises(Refused) as refused:
        erase_resident(make_runtime(database), callers.town.authority_id, reference, actor=SYSTEM)
    assert refused.value.reason is not None
    assert refused.value.reason.code == "erase_after_appointment"
    assert filled(database, classes={"identity"})["residents"] == len(callers.people)


def test_erasing_empties_one_resident_and_nobody_else(database: Database, callers: Callers):
    with database.writing() as db:
        db.execute(update(Appointment).values(state="cancelled_by_resident"))
    authority_id = callers.town.authority_id
    erase_resident(make_runtime(database), authority_id, callers.booked.reference.lower(), actor=SYSTEM)
    kept = exported_resident(make_runtime(database), authority_id, callers.booked.reference, actor=SYSTEM)
    assert "amina" not in json.dumps(kept).casefold()
    assert [row["name"] for row in kept["residents"]] == [""]
    with database.reading() as db:
        others = db.scalars(select(Resident.name).where(Resident.id != callers.people["amina"])).all()
    assert all(others)
    assert len(others) == len(callers.people) - 1


def text_from(database: Database, authority_id: int | None, number: str, words: str, about: int | None = None) -> None:
    """Such a text is kept."""
    with database.writing() as db:
        row = {
            "from_number": number,
            "phone_key": phone_key(number),
            "text": words,
            "received_at": NOW,
            "handled_at": NOW,
        }
        db.add(InboundText(authority_id=authority_id, provider_id=words, appointment_id=about, **row))


def texts_kept(database: Database) -> set[str]:
    """The words of the texts that are still kept, and whose numbers are."""
    with database.reading() as db:
        rows = db.execute(select(InboundText.text, InboundText.from_number, InboundText.phone_key)).all()
    assert all(bool(row.text) == bool(row.from_number) == bool(row.phone_key) for row in rows)
    return {row.text for row in rows} - {""}


@pytest.mark.parametrize("is_shared", [False, True])
def test_texts_are_exported_and_erased_with_whom_they_are_from(
    database: Database, callers: Callers, is_shared: bool
) -> None:
    """Of a number that somebody else has too, only what was about their appointment."""
    here, other, amina = callers.town.authority_id, make_authority(database, "elsewhere"), callers.people["amina"]
    own, helper = "07700 900999", "07700 900444"
    with database.writing() as db:
        appointment = db.scalars(select(Appointment)).one()
        numbers = [db.get_one(Resident, amina).phone, helper, appointment.contact_phone or ""]
        assert own == numbers[0]
        db.execute(update(Appointment).values(state="cancelled_by_resident"))
        if is_shared:
            for number in numbers:
                person = ResidentDetails(f"Neighbour {number}", phone=number)
                create_resident(db, here, person, NOW)
    theirs = set()
    for number in numbers:
        for council in (here, other):
            text_from(database, council, number, f"{number} to {council}")
        text_from(database, here, number, f"{number} about it", appointment.id)
        theirs |= {f"{number} about it"} | (set() if is_shared else {f"{number} to {here}"})
    before = texts_kept(database)
    runtime = make_runtime(database)
    kept = exported_resident(runtime, here, callers.booked.reference, actor=SYSTEM)
    assert {row["text"] for row in kept["inbound_texts"]} == theirs
    erase_resident(runtime, here, callers.booked.reference, actor=SYSTEM)
    assert texts_kept(database) == before - theirs


def test_a_text_of_no_council_ends_too(database: Database, callers: Callers) -> None:
    text_from(database, None, "07700 900555", "Who is this?")
    empty_expired(later(database, KEPT_DAYS["message"] - 1))
    assert texts_kept(database) == {"Who is this?"}
    empty_expired(later(database, KEPT_DAYS["message"] + 1))
    assert texts_kept(database) == set()


@pytest.mark.parametrize("reference", ["", "nonsense", "22222222"])
def test_a_reference_that_is_not_here_is_not_found(database: Database, callers: Callers, reference: str):
    for work in (erase_resident, exported_resident):
        with pytest.raises(NotFound):
            work(make_runtime(database), callers.town.authority_id, reference, actor=SYSTEM)


def test_the_export_is_all_that_is_kept_and_opens_nothing(database: Database, callers: Callers):
    with database.writing() as db:
        add_note(
            db, callers.town.authority_id, callers.people["amina"], "Rang twice", channel="phone", actor=SYSTEM, now=NOW
        )
        secrets = db.execute(select(Appointment.manage_nonce, Appointment.manage_digest)).one()
    kept = exported_resident(make_runtime(database), callers.town.authority_id, callers.booked.reference, actor=SYSTEM)
    text = json.dumps(kept, ensure_ascii=False)
    for known in ("Amina Yusuf", "07700 900999", "N12 0GA", "Somali", "Rang twice", "old@example.org", "Hodan"):
        assert known in text
    assert not any(secret in text for secret in secrets)
    assert "Aminah" not in text


def test_the_export_says_what_the_visit_was_for_and_which_times_were_offered(
    database: Database, callers: Callers
) -> None:
    runtime, authority_id = make_runtime(database), callers.town.authority_id
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
    then = NewClosure(row.starts_at, row.ends_at)
    closure = make_closure(runtime, authority_id, then, actor=SYSTEM).id
    request_offers(runtime, authority_id, closure or 0, actor=SYSTEM)
    assert make_offers(runtime, lambda *_args, **_values: True) == 1
    kept = exported_resident(runtime, authority_id, callers.booked.reference, actor=SYSTEM)
    with database.reading() as db:
        services = db.scalars(select(AppointmentService.service_id)).all()
        proposal = db.scalars(select(Proposal)).one()
    assert [one["service_id"] for one in kept["appointment_services"]] == list(services)
    assert [one["slot_token"] for one in kept["proposals"]] == [proposal.slot_token]
    assert [one["closure_id"] for one in kept["rebook_items"]] == [closure]
    assert [one["reference"] for one in kept["old_references"]] == ["YUSUF-0712"]
    assert proposal.hold_nonce not in json.dumps(kept)


@pytest.mark.databases("sqlite")
def test_the_commands(app: Flask, database: Database, callers: Callers, clock: FixedClock):
    runner = app.test_cli_runner()
    clock.advance(LONG)
    said = runner.invoke(args=["privacy", "run", "--dry-run"]).output
    assert "to empty" in said
    assert "identity  residents" in said
    args = ["--authority", "testshire", "--reference", callers.booked.reference]
    exported = runner.invoke(args=["privacy", "export", *args])
    assert json.loads(exported.output)["residents"][0]["name"] == "Amina Yusuf"
    erased = runner.invoke(args=["privacy", "erase", *args])
    assert erased.exit_code == 0, erased.output
    assert "Erased" in erased.output
    assert "emptied" in runner.invoke(args=["privacy", "run"]).output
    assert filled(database) == {}
    unknown = runner.invoke(args=["privacy", "erase", *args[:3], "nonsense"])
    assert unknown.exit_code == 2
    assert "There is no appointment with the reference" in unknown.output
    assert AGENT_PASSWORD not in said


def test_staff_who_left_are_emptied_after_a_year_and_the_audit_keeps_their_name(database: Database) -> None:
    callers, email = make_callers(database, NOW), "leaver@example.org"
    authority_id = callers.town.authority_id
    leaver = add_agent(database, authority_id, NOW, "site_staff", email)
    with database.writing() as db:
        name = db.get_one(StaffMember, leaver).name
        record(db, Actor("staff", leaver, name), "signed_in", ("staff", leaver), authority_id=authority_id, now=NOW)
        deactivate_staff(db, email, actor=SYSTEM, now=NOW)
    key = ("identity", "staff_members")
    for days, expected in ((365, 0), (366, 1), (366, 0)):
        runtime = make_runtime(database, NOW + timedelta(days=days))
        counted, emptied = (
            sum(one.rows.get(key, 0) for one in empty_expired(runtime, dry_run=dry)) for dry in (True, False)
        )
        assert (counted, emptied) == (expected, expected)
    with database.reading() as db:
        row = db.get_one(StaffMember, leaver)
        assert (row.name, email in row.email, row.password_hash, row.is_active) == ("", False, "", False)
        assert db.scalars(select(StaffRole).where(StaffRole.staff_id == leaver)).all() == []
        assert leaver not in {one.staff_id for one in colleagues_of(db, authority_id)}
        assert name in set(db.scalars(select(AuditEntry.actor_name).where(AuditEntry.actor_id == leaver)))
        of_leaver = (AuditEntry.action == "staff_emptied", AuditEntry.subject_id == leaver)
        (said,) = db.scalars(select(AuditEntry).where(*of_leaver))
        assert (said.subject_kind, said.actor_kind, said.at) == ("staff", "system", NOW + timedelta(days=366))
    assert add_agent(database, authority_id, NOW, "site_staff", email) != leaver  # the address is free again
