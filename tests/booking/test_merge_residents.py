"""Two records of one person become one, and can be two again for a month: nothing is lost either way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

import wsgi  # noqa: F401 (importing it maps every table)
from booking.advisers.tables import NamedAdviser
from booking.documents.tables import DocumentCheck
from booking.events import appointment_changed
from booking.merging.duplicate_queries import LikelySame, compared, likely_same
from booking.merging.duplicate_queries import likely_same_as as likely_same_as_compared
from booking.merging.merge_queries import kept_record_of
from booking.merging.moved_rows_repository import MOVED_TABLES, NOT_MOVED, records_stamp
from booking.merging.tables import ResidentMerge
from booking.queries.appointments import by_reference
from booking.queries.link_tokens import by_manage_token
from booking.tables import Appointment, Call
from booking.use_cases.book import Booked
from booking.use_cases.calls import CallKey, keep_typed
from booking.use_cases.first_contact import record_approach
from booking.use_cases.merge_residents import TwoRecords, merge_residents, say_different
from booking.use_cases.undo_merge import forget_old_merges, undo_merge
from core.audit import AuditEntry
from core.audit_verification import verify_audit
from core.database import Base, Database
from core.errors import Invalid, NotFound, Refused, Stale
from core.runtime import Runtime
from people.residents.approach import Approach
from people.residents.contact_notes import add_note
from people.residents.details import Representation, ResidentDetails
from people.residents.resident_repository import create_resident, resident_of
from people.residents.search_queries import find_residents
from people.residents.tables import ContactNote, FirstContact, Representative, Resident
from reminders.outbox import plan_notifications
from reminders.privacy.retention import empty_expired, erase_resident, exported_resident
from tests.reminders.channels import RecordingChannel, worker_for
from tests.support.callers import add_agent
from tests.support.factories import AGENT, NOW, World, catalogue, make_appointment, make_runtime, make_world

BORN = date(1950, 4, 1)
KEPT = ResidentDetails("Robin Sample", "robin@example.org", "01632 960111", date_of_birth=BORN, support_needs=("bsl",))
OTHER = ResidentDetails(
    "Robin Samples",
    "r.samples@example.org",
    "01632 960 111",
    date_of_birth=BORN,
    support_needs=("step-free",),
    do_not_text=True,
    uses_neutral_name=True,
    safe_hours="10:00-12:00",
    language="Polish",
)
CHOSEN = {"name": "other", "email": "kept"}


@pytest.fixture
def world(database: Database) -> World:
    """Three desks, and who answers the telephone."""
    made = make_world(database, desks=3)
    assert add_agent(database, made.authority_id, NOW) == AGENT.id
    return made


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


@pytest.fixture
def two(database: Database, world: World) -> TwoRecords:
    """Robin, twice."""
    return two_of(database, world, KEPT, OTHER)


def two_of(database: Database, world: World, *people: ResidentDetails) -> TwoRecords:
    with database.writing() as db:
        return TwoRecords(
            world.authority_id, *(create_resident(db, world.authority_id, person, NOW) for person in people)
        )


def seen_of(database: Database, two: TwoRecords) -> str:
    """The stamp of what a page shows now."""
    with database.reading() as db:
        return records_stamp(db, db.get_one(Resident, two.kept_id), db.get_one(Resident, two.other_id))


def merge(runtime: Runtime, two: TwoRecords, chosen: dict[str, str] | None = None) -> int:
    """Merge them as they are."""
    seen = seen_of(runtime.database, two)
    return merge_residents(runtime, two, CHOSEN if chosen is None else chosen, seen=seen, actor=AGENT)


def booked_for(runtime: Runtime, world: World, resident: int, day: int, **values: Any) -> Booked:
    """A visit at ten, so many days from now."""
    starts_at = NOW + timedelta(days=day, hours=2)
    return make_appointment(runtime, world, starts_at, resident=resident, channel="phone", actor=AGENT, **values)


def rows_of(database: Database, table: Any) -> list[dict[str, Any]]:
    """All rows of a mapped table."""
    with database.reading() as db:
        return [dict(row) for row in db.execute(select(table.__table__).order_by(table.id)).mappings()]


def likely_same_as(db: Session, authority_id: int, resident_id: int) -> tuple[LikelySame, ...]:
    """Who may be the same person as this one, as their record is now."""
    row = db.get_one(Resident, resident_id)
    details = ResidentDetails(**{name: getattr(row, name) for name in ResidentDetails.__dataclass_fields__})
    return likely_same_as_compared(db, authority_id, compared(resident_id, details))


def owner_of(database: Database, reference: str) -> int:
    """Whose appointment it is."""
    with database.reading() as db:
        return db.scalars(select(Appointment.resident_id).where(Appointment.reference == reference)).one()


def person(database: Database, resident_id: int) -> Resident:
    """The record as it is."""
    with database.reading() as db:
        return db.get_one(Resident, resident_id)


def later(database: Database, **ago: float) -> Runtime:
    """The same a while later."""
    return make_runtime(database, NOW + timedelta(**ago))


@pytest.mark.databases("sqlite")
def test_every_table_that_names_a_resident_is_moved_or_says_why_not() -> None:
    """A new table with a reference to residents fails here until somebody has decided what a merge does to it."""
    residents = Base.metadata.tables["residents"]
    naming = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("resident_id") or any(key.references(residents) for key in column.foreign_keys)
    }
    moved = {(one.table.name, one.whose.name) for one in MOVED_TABLES}
    assert {name for name in naming if name not in moved and name[0] not in NOT_MOVED} == set()
    assert moved <= naming
    assert not {name for name, _ in moved} & NOT_MOVED.keys()


@pytest.mark.databases("sqlite")
def test_what_is_about_a_visit_says_when_it_was_written() -> None:
    """Undoing lets it go with the visit: a moved table that names an appointment needs its instant."""
    of_visits = {one.table.name for one in MOVED_TABLES if "appointment_id" in one.table.c}
    assert of_visits == {one.table.name for one in MOVED_TABLES if one.made_at is not None}


def test_everything_of_both_is_of_the_kept_record(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    helper = Representation("Hodan Helper", "family", phone="01632 960222")
    first = booked_for(runtime, world, two.kept_id, 1)
    second = booked_for(runtime, world, two.other_id, 2, representative=helper)
    with database.writing() as db:
        add_note(db, world.authority_id, two.other_id, "Rings at noon.", channel="phone", actor=AGENT, now=NOW)
    merge(runtime, two)
    assert {owner_of(database, booked.reference) for booked in (first, second)} == {two.kept_id}
    assert {row["resident_id"] for row in rows_of(database, ContactNote)} == {two.kept_id}
    assert {row["resident_id"] for row in rows_of(database, Representative)} == {two.kept_id}
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), second.reference)
        token = second.manage_url_path.removeprefix("/manage/")
        assert by_manage_token(db, token)[1] == view.id, "the link that was sent goes on working"
        found = [match.resident.id for match in find_residents(db, world.authority_id, "samples", NOW.date())]
        with pytest.raises(NotFound):
            resident_of(db, world.authority_id, two.other_id)
        assert kept_record_of(db, world.authority_id, two.other_id) == two.kept_id
    assert (view.resident.id, view.representative and view.representative.name) == (two.kept_id, "Hodan Helper")
    assert found == [two.kept_id]
    kept, other = person(database, two.kept_id), person(database, two.other_id)
    assert (kept.name, kept.email, kept.phone, kept.language) == (OTHER.name, KEPT.email, KEPT.phone, "Polish")
    assert kept.support_needs == ["step-free", "bsl"]
    assert (other.name, other.email, other.phone, other.phone_key) == ("", "", "", "")


@pytest.mark.parametrize("turned", [False, True])
def test_no_wish_of_either_is_lost(database: Database, world: World, runtime: Runtime, turned: bool) -> None:
    """Whichever is kept, and whatever is chosen."""
    people = (OTHER, KEPT) if turned else (KEPT, OTHER)
    two = two_of(database, world, *people)
    merge(runtime, two, {"name": "kept", "email": "kept"})
    kept = person(database, two.kept_id)
    assert (kept.do_not_text, kept.uses_neutral_name, kept.safe_hours) == (True, True, "10:00-12:00")


def test_nobody_is_written_to_who_wants_no_message(database: Database, world: World, runtime: Runtime) -> None:
    silent = ResidentDetails("Robin Sample", phone="01632 960111", contact_preference="none", email="robin@example.org")
    two = two_of(database, world, KEPT, silent)
    booked_for(runtime, world, two.kept_id, 2)
    merge(runtime, two, {})
    assert person(database, two.kept_id).contact_preference == "none"
    channel = RecordingChannel()
    worker_for(runtime, channel).send_due()
    assert channel.sent == []


def test_hours_that_exclude_each_other_are_put_right_first(database: Database, world: World, runtime: Runtime) -> None:
    people = (ResidentDetails("Robin Sample", safe_hours=hours) for hours in ("08:00-09:00", "18:00-20:00"))
    two = two_of(database, world, *people)
    with pytest.raises(Refused) as refused:
        merge(runtime, two, {})
    assert str(refused.value) == "no_shared_hours"
    assert rows_of(database, ResidentMerge) == []


def test_planned_messages_go_to_the_kept_contact(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    booked_for(runtime, world, two.other_id, 2)
    merge(runtime, two)
    channel = RecordingChannel()
    worker_for(later(database, days=1, hours=3), channel).send_due()
    assert {message.recipient.address for message in channel.sent} == {KEPT.email}


def test_what_has_changed_since_the_page_was_opened_is_refused(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    seen = seen_of(database, two)
    with database.writing() as db:
        add_note(db, world.authority_id, two.other_id, "It is her mother.", channel="phone", actor=AGENT, now=NOW)
    with pytest.raises(Stale):
        merge_residents(runtime, two, CHOSEN, seen=seen, actor=AGENT)
    seen = seen_of(database, two)
    with database.writing() as db:
        db.get_one(Resident, two.kept_id).postcode = "N12 0AA"
    with pytest.raises(Stale):
        merge_residents(runtime, two, CHOSEN, seen=seen, actor=AGENT)
    assert rows_of(database, ResidentMerge) == []


def test_the_earliest_first_contact_stays_and_both_are_kept(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    approaches = {
        two.kept_id: Approach(NOW - timedelta(days=3), "phone", "Out by Friday."),
        two.other_id: Approach(NOW - timedelta(days=9), "online", "Nowhere to go."),
    }
    for resident_id, approach in approaches.items():
        record_approach(runtime, world.authority_id, resident_id, approach, actor=AGENT)
    booked = booked_for(runtime, world, two.kept_id, 1, approach=approaches[two.kept_id])
    before = rows_of(database, FirstContact)
    merge_id = merge(runtime, two)
    after = rows_of(database, FirstContact)
    assert [(row["resident_id"], row["words"], row["is_later"]) for row in after] == [
        (two.kept_id, "Out by Friday.", True),
        (two.kept_id, "Nowhere to go.", False),
    ]
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
    assert view.first_contact is not None
    assert view.first_contact.words == "Nowhere to go."
    undo_merge(runtime, world.authority_id, merge_id, actor=AGENT)
    assert rows_of(database, FirstContact) == before


def test_undoing_puts_everything_back(database: Database, world: World, runtime: Runtime, two: TwoRecords) -> None:
    booked_for(runtime, world, two.kept_id, 1)
    helper = Representation("Hodan Helper", "family", phone="01632 960222")
    booked_for(runtime, world, two.other_id, 2, representative=helper)
    tables = (Resident, Representative, ContactNote, Appointment)
    before = [rows_of(database, table) for table in tables]
    merge_id = merge(runtime, two)
    assert [rows_of(database, table) for table in tables] != before
    assert undo_merge(later(database, days=29), world.authority_id, merge_id, actor=AGENT) == two.other_id
    assert [rows_of(database, table) for table in tables] == before
    with database.reading() as db:
        found = {match.resident.id for match in find_residents(db, world.authority_id, "samples", NOW.date())}
        actions = db.execute(select(AuditEntry.action, AuditEntry.subject_id).order_by(AuditEntry.id)).all()
    assert two.other_id in found
    assert verify_audit(database, world.authority_id).first_fault is None
    assert set(map(tuple, actions)) >= {
        ("residents_merged", two.kept_id),
        ("merged_into_another", two.other_id),
        ("merge_undone", two.kept_id),
        ("merge_undone", two.other_id),
    }
    kept = rows_of(database, ResidentMerge)[0]
    assert (kept["was_merged"], kept["moved"]) == ({}, {}), "nothing personal is kept of it any more"


def test_what_happened_since_stays_where_it_belongs(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    """A new visit stays with the kept record, and what was seen at an old visit goes back with it; so do typed changes."""
    old = booked_for(runtime, world, two.other_id, 2)
    merge_id = merge(runtime, two)
    since = later(database, hours=1)
    new = booked_for(since, world, two.kept_id, 3)
    with database.writing() as db:
        of_old = db.scalars(select(Appointment.id).where(Appointment.reference == old.reference)).one()
        place = {"authority_id": world.authority_id, "site_id": world.site_id, "appointment_id": of_old}
        seen = {"document": "Rent book", "result": "seen", "checked_at": NOW + timedelta(hours=1)}
        db.add(DocumentCheck(**place, **seen, resident_id=two.kept_id))
        kept = db.get_one(Resident, two.kept_id)
        kept.phone, kept.leave_no_message = "01632 960555", True
    undo_merge(since, world.authority_id, merge_id, actor=AGENT)
    assert (owner_of(database, new.reference), owner_of(database, old.reference)) == (two.kept_id, two.other_id)
    assert {row["resident_id"] for row in rows_of(database, DocumentCheck)} == {two.other_id}
    kept, other = person(database, two.kept_id), person(database, two.other_id)
    assert (kept.phone, kept.do_not_text, kept.name) == ("01632 960555", False, KEPT.name)
    assert (other.phone, other.do_not_text) == (OTHER.phone, True)
    assert (kept.leave_no_message, other.leave_no_message) == (True, True), "nobody knows who of the two asked for it"


@pytest.mark.parametrize("days", [30, 31])
def test_it_cannot_be_undone_after_a_month(
    database: Database, world: World, runtime: Runtime, two: TwoRecords, days: int
) -> None:
    merge_id = merge(runtime, two)
    with pytest.raises(Refused) as refused:
        undo_merge(later(database, days=days), world.authority_id, merge_id, actor=AGENT)
    assert str(refused.value) == "merge_too_old_to_undo"
    with database.writing() as db:
        assert forget_old_merges(db, world.authority_id, NOW + timedelta(days=29)) == 0
        assert forget_old_merges(db, world.authority_id, NOW + timedelta(days=days)) == 1
    assert rows_of(database, ResidentMerge)[0]["was_merged"] == {}


def test_it_is_undone_once_and_the_latest_merge_first(database: Database, world: World, runtime: Runtime) -> None:
    one, other = two_of(database, world, KEPT, OTHER), two_of(database, world, KEPT, OTHER)
    first = merge(runtime, one)
    again = TwoRecords(world.authority_id, one.kept_id, other.kept_id)
    second = merge(runtime, again, {"name": "kept"})
    with pytest.raises(Refused) as refused:
        undo_merge(runtime, world.authority_id, first, actor=AGENT)
    assert str(refused.value) == "later_merge_first"
    undo_merge(runtime, world.authority_id, second, actor=AGENT)
    undo_merge(runtime, world.authority_id, first, actor=AGENT)
    with pytest.raises(Refused) as refused:
        undo_merge(runtime, world.authority_id, first, actor=AGENT)
    assert str(refused.value) == "merge_undone_already"


def test_a_call_goes_on_with_both_notes(database: Database, world: World, runtime: Runtime, two: TwoRecords) -> None:
    staff_id = AGENT.id or 0
    for resident_id, text in ((two.kept_id, "About rent."), (two.other_id, "Has a dog.")):
        keep_typed(runtime, CallKey(world.authority_id, staff_id, resident_id), {"call_note": text})
    merge(runtime, two)
    (call,) = rows_of(database, Call)
    assert (call["resident_id"], call["typed"]["call_note"]) == (two.kept_id, "About rent.\nHas a dog.")


def test_of_two_advisers_for_one_service_the_kept_one_counts(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    with database.writing() as db:
        for number, resident_id in enumerate((two.kept_id, two.other_id)):
            db.add(
                NamedAdviser(
                    authority_id=world.authority_id, resident_id=resident_id, service_id=world.service_ids[0],
                    resource_id=world.resource_ids[number], until=NOW.date(), link_nonce=f"nonce-{number}",
                    link_digest=f"digest-{number}", named_at=NOW,
                )
            )  # fmt: skip
    before = rows_of(database, NamedAdviser)
    merge_id = merge(runtime, two)
    assert rows_of(database, NamedAdviser) == before
    undo_merge(runtime, world.authority_id, merge_id, actor=AGENT)
    assert rows_of(database, NamedAdviser) == before


def test_nobody_of_another_council_is_merged(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    elsewhere = make_world(database, slug="elsewhere")
    stranger = two_of(database, elsewhere, KEPT, OTHER)
    for mixed in (
        TwoRecords(world.authority_id, two.kept_id, stranger.other_id),
        TwoRecords(world.authority_id, stranger.kept_id, stranger.other_id),
    ):
        with pytest.raises(NotFound):
            merge_residents(runtime, mixed, CHOSEN, seen=seen_of(database, mixed), actor=AGENT)
    with pytest.raises(Invalid):
        merge_residents(runtime, TwoRecords(world.authority_id, 1, 1), CHOSEN, seen="", actor=AGENT)
    merge_id = merge(runtime, two)
    with pytest.raises(NotFound):
        undo_merge(runtime, elsewhere.authority_id, merge_id, actor=AGENT)


def test_a_privacy_request_is_about_both(database: Database, world: World, runtime: Runtime, two: TwoRecords) -> None:
    booked = booked_for(runtime, world, two.other_id, 1)
    merge(runtime, two)
    told = exported_resident(runtime, world.authority_id, booked.reference, actor=AGENT)
    assert {row["id"] for row in told["residents"]} == {two.kept_id, two.other_id}
    assert told["resident_merges"][0]["was_merged"]["email"] == OTHER.email
    after = later(database, days=3)
    erase_resident(after, world.authority_id, booked.reference, actor=AGENT)
    assert rows_of(database, ResidentMerge)[0]["was_merged"] == {}
    with pytest.raises(Refused):
        undo_merge(after, world.authority_id, rows_of(database, ResidentMerge)[0]["id"], actor=AGENT)


def test_retention_leaves_what_can_still_be_undone(
    database: Database, world: World, runtime: Runtime, two: TwoRecords
) -> None:
    merge_id = merge(runtime, two)
    empty_expired(later(database, days=29))
    undo_merge(later(database, days=29), world.authority_id, merge_id, actor=AGENT)
    assert person(database, two.other_id).email == OTHER.email
    merge(later(database, days=29), two)
    empty_expired(later(database, days=60))
    assert [row["was_merged"] for row in rows_of(database, ResidentMerge)] == [{}, {}]


ALIKE = (
    (KEPT, OTHER, {"same_birth_date", "same_phone"}),
    (
        ResidentDetails("Kathryn Smith", "k@example.org"),
        ResidentDetails("Catherine Smyth", "k@example.org"),
        {"same_email"},
    ),
    (
        ResidentDetails("Ada Quill", phone="07700 900111"),
        ResidentDetails("Quill Ada", phone="+447700900111"),
        {"same_phone"},
    ),
)
NOT_ALIKE = (
    (ResidentDetails("Ada Quill", phone="07700 900111"), ResidentDetails("Ben Quill", phone="07700 900111")),
    (ResidentDetails("Ada Quill"), ResidentDetails("Ada Quill")),
    (
        ResidentDetails("Jan Quill", phone="07700 900111", date_of_birth=date(1940, 1, 1)),
        ResidentDetails("Jane Quill", phone="07700 900111", date_of_birth=date(1970, 1, 1)),
    ),
)


@pytest.mark.parametrize(("one", "other", "why"), ALIKE)
def test_likely_duplicates_are_found(
    database: Database, world: World, one: ResidentDetails, other: ResidentDetails, why: set[str]
) -> None:
    two = two_of(database, world, one, other)
    two_of(database, make_world(database, slug="elsewhere"), one, other)
    with database.reading() as db:
        page = likely_same(db, world.authority_id)
        (found,) = likely_same_as(db, world.authority_id, two.kept_id)
    assert [(pair.one.id, pair.other.id) for pair in page.pairs] == [(two.other_id, two.kept_id)]
    assert set(page.pairs[0].why[1:]) == set(found.why[1:]) == why
    assert found.other.id == two.other_id


@pytest.mark.parametrize("people", NOT_ALIKE)
def test_a_family_is_no_duplicate(database: Database, world: World, people: tuple[ResidentDetails, ...]) -> None:
    two_of(database, world, *people)
    with database.reading() as db:
        assert likely_same(db, world.authority_id).pairs == ()


def test_not_the_same_person_is_remembered(database: Database, world: World, runtime: Runtime, two: TwoRecords) -> None:
    """Also when one of the two is merged with a third."""
    say_different(runtime, two, actor=AGENT)
    say_different(runtime, TwoRecords(world.authority_id, two.other_id, two.kept_id), actor=AGENT)
    with database.reading() as db:
        assert likely_same(db, world.authority_id).pairs == ()
        assert likely_same_as(db, world.authority_id, two.kept_id) == ()
    third = two_of(database, world, KEPT, KEPT)
    of_third = TwoRecords(world.authority_id, third.kept_id, two.kept_id)
    merge_id = merge(runtime, of_third, {})
    with database.reading() as db:
        others = {pair.other.id for pair in likely_same_as(db, world.authority_id, third.kept_id)}
    assert others == {third.other_id}
    undo_merge(runtime, world.authority_id, merge_id, actor=AGENT)
    with database.reading() as db:
        others = {pair.other.id for pair in likely_same_as(db, world.authority_id, third.kept_id)}
    assert others == {third.other_id, two.kept_id, two.other_id}


def test_the_list_is_read_in_parts_and_leads_on(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.merging.duplicate_queries.WINDOW", 2)
    monkeypatch.setattr("booking.merging.duplicate_queries.WINDOWS", 1)
    people = [ResidentDetails(f"Ada {name}", f"{name}@example.org") for name in ("Quill", "Rook", "Swan")]
    pairs = [two_of(database, world, person, person) for person in people]
    found: list[tuple[int, int]] = []
    before: int | None = None
    with database.reading() as db:
        for _ in range(10):
            page = likely_same(db, world.authority_id, before)
            found += [(pair.other.id, pair.one.id) for pair in page.pairs]
            before = page.before
            if before is None:
                break
    assert found == [(two.kept_id, two.other_id) for two in reversed(pairs)]


def test_candidates_are_found_by_an_index(database: Database, world: World) -> None:
    """Whatever the size of the council: no list of candidates reads all residents. On SQLite without statistics."""
    people = [ResidentDetails(f"Ada {number}", f"{number % 40}@example.org") for number in range(60)]
    two_of(database, world, *people[:2])
    statements: list[tuple[str, Any]] = []
    with database.reading() as db:
        engine = db.get_bind()

        def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            if "UNION ALL" in statement or "residents.email" in statement:
                statements.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", keep)
        try:
            likely_same(db, world.authority_id)
            likely_same_as(db, world.authority_id, db.scalars(select(Resident.id)).first() or 0)
        finally:
            event.remove(engine, "before_cursor_execute", keep)
        lists = [one for one in statements if "UNION ALL" in one[0] or " LIMIT" in one[0]]
        assert lists
        if engine.dialect.name == "sqlite":
            connection = db.connection()
            for statement, parameters in lists:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                assert not [row for row in plan if row[3].startswith("SCAN residents")], plan
