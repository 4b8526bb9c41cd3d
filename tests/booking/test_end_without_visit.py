"""A visit that is not needed since all papers are accepted: who may end it and when, and what becomes of its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.documents.document_owner import DocumentOwner
from booking.documents.tables import DocumentCheck, DocumentFile
from booking.events import UNDO_FOR
from booking.queries.appointments import by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.end_without_visit import end_without_visit
from booking.use_cases.review_files import accept_file
from booking.use_cases.undo_change import undo_change
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import IllegalMove, NotFound, Stale
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Service
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_site, make_world

STARTS = NOW + timedelta(days=1, hours=2)
RULES: list[dict[str, Any]] = [
    {"document": "Rent book", "taken": ["upload"]},
    {"document": "Tenancy agreement", "taken": ["original", "upload"]},
]


@pytest.fixture
def world(database: Database) -> World:
    """A council whose service may be done without a visit."""
    database.facts[UNDO_FOR] = timedelta(minutes=1)
    world = make_world(database, desks=1)
    with database.writing() as db:
        db.execute(update(Service).values(documents=[], documents_by_rule=RULES, done_without_visit=True))
        bump_plan(db, world.authority_id)
    return world


@pytest.fixture
def runtime(database: Database, world: World) -> Runtime:
    """The runtime of the council's service."""
    assert world
    return make_runtime(database)


@pytest.fixture
def booked(runtime: Runtime, world: World) -> str:
    """The reference of an appointment of tomorrow."""
    return make_appointment(runtime, world, STARTS).reference


def row_of(database: Database, reference: str) -> Appointment:
    """The appointment's row."""
    with database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        db.expunge_all()
        return row


def send(database: Database, reference: str, *documents: str, review: str = "accepted") -> list[int]:
    """The ids of papers that were sent, and what was said of them."""
    row = row_of(database, reference)
    with database.writing() as db:
        files = [
            DocumentFile(
                authority_id=row.authority_id,
                site_id=row.site_id,
                appointment_id=row.id,
                resident_id=row.resident_id,
                document=document,
                stored_name="kept",
                media_type="image/jpeg",
                size=1,
                pages=1,
                source="resident",
                added_at=NOW,
                review=review,
            )
            for document in documents
        ]
        db.add_all(files)
        db.flush()
        return [file.id for file in files]


def end(runtime: Runtime, world: World, reference: str, seen: str | None = None, site_id: int = 0) -> None:
    """End the visit, as it is now."""
    with runtime.database.reading() as db:
        stamp = by_reference(db, catalogue_by_id(db, world.authority_id), reference).stamp if seen is None else seen
    place = (world.authority_id, site_id or world.site_id)
    end_without_visit(runtime, *place, reference, actor=AGENT, seen=stamp)


def is_free(runtime: Runtime, world: World) -> bool:
    """Whether the time of the appointment can be booked."""
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, world.authority_id)
        query = SlotQuery(world.service_ids[:1], for_public=False)
        return any(slot.starts_at == STARTS for slot in all_slots(db, catalogue, query, NOW))


def test_its_time_is_free_and_it_is_cancelled_by_the_council_without_a_reason_against_anybody(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    send(database, booked, "Rent book", "Tenancy agreement")
    assert not is_free(runtime, world)
    end(runtime, world, booked)
    row = row_of(database, booked)
    assert (row.state, row.state_reason, row.version) == ("cancelled_by_authority", "", 2)
    assert row.not_needed_at is not None
    assert is_free(runtime, world)
    with database.reading() as db:
        facts = db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "cancelled")).one()
    assert (facts["by"], facts["papers_accepted"]) == ("authority", True)


def test_it_is_taken_back_like_other_cancellations(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    send(database, booked, "Rent book", "Tenancy agreement")
    end(runtime, world, booked)
    undo_change(runtime, world.authority_id, booked, lambda *_: None, actor=AGENT)
    row = row_of(database, booked)
    assert (row.state, row.not_needed_at) == ("booked", None)
    assert not is_free(runtime, world)


@pytest.mark.parametrize("review", ["", "again"])
def test_what_is_not_accepted_is_needed(
    database: Database, runtime: Runtime, world: World, booked: str, review: str
) -> None:
    send(database, booked, "Rent book")
    with pytest.raises(Stale):
        end(runtime, world, booked)
    send(database, booked, "Tenancy agreement", review=review)
    with pytest.raises(Stale):
        end(runtime, world, booked)
    assert row_of(database, booked).state == "booked"


def test_nothing_that_was_accepted_of_somebody_else_counts(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    other = make_appointment(runtime, world, STARTS + timedelta(hours=1)).reference
    send(database, booked, "Rent book", "Tenancy agreement")
    with database.writing() as db:
        theirs = row_of(database, other).resident_id
        db.execute(update(Appointment).where(Appointment.reference == booked).values(resident_id=theirs))
    with pytest.raises(Stale):
        end(runtime, world, booked)


def test_an_original_that_was_seen_counts_beside_what_was_sent(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    send(database, booked, "Rent book")
    row = row_of(database, booked)
    owner = DocumentOwner(row.authority_id, row.site_id, row.id, resident_id=row.resident_id)
    with database.writing() as db:
        db.add(DocumentCheck(**owner.keys, document="Tenancy agreement", result="seen", checked_at=NOW))
    end(runtime, world, booked)
    assert row_of(database, booked).not_needed_at is not None


def test_a_council_has_to_say_so_first(database: Database, runtime: Runtime, world: World, booked: str) -> None:
    send(database, booked, "Rent book", "Tenancy agreement")
    with database.writing() as db:
        db.execute(update(Service).values(done_without_visit=False))
        bump_plan(db, world.authority_id)
    with pytest.raises(Stale):
        end(runtime, world, booked)


def test_it_is_refused_when_something_has_changed_or_it_is_elsewhere(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    send(database, booked, "Rent book", "Tenancy agreement")
    with pytest.raises(Stale):
        end(runtime, world, booked, seen="another")
    elsewhere = make_site(database, world.authority_id, "mill-lane")
    with pytest.raises(Stale):
        end(runtime, world, booked, site_id=elsewhere)
    with pytest.raises(NotFound):
        end_without_visit(runtime, world.authority_id + 99, world.site_id, booked, actor=AGENT, seen="")
    assert row_of(database, booked).state == "booked"


def test_it_is_ended_once_and_only_before_it_begins(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    send(database, booked, "Rent book", "Tenancy agreement")
    with database.writing() as db:
        db.execute(update(Appointment).values(starts_at=NOW - timedelta(minutes=1)))
    with pytest.raises(IllegalMove):
        end(runtime, world, booked)
    with database.writing() as db:
        db.execute(update(Appointment).values(starts_at=STARTS))
    end(runtime, world, booked)
    with pytest.raises(IllegalMove):
        end(runtime, world, booked)


def test_a_paper_that_is_wanted_again_at_the_last_moment_stops_it(
    database: Database, runtime: Runtime, world: World, booked: str
) -> None:
    """What a page showed is not believed: the papers are looked at again when the visit is ended."""
    first, _agreement = send(database, booked, "Rent book", "Tenancy agreement")
    with database.writing() as db:
        db.execute(update(DocumentFile).where(DocumentFile.id == first).values(review="again"))
    with pytest.raises(Stale):
        end(runtime, world, booked)
    row = row_of(database, booked)
    owner = DocumentOwner(row.authority_id, row.site_id, row.id, resident_id=row.resident_id)
    accept_file(runtime, owner, first, actor=Actor.system(), was="again")
    end(runtime, world, booked)
