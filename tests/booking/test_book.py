"""Booking: what commits together, who is refused, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.events import AppointmentChange, appointment_changed
from booking.queries.alternatives import nearest_alternatives
from booking.queries.appointments import (
    by_reference,
    of_resident,
    of_site_day,
)
from booking.queries.link_tokens import by_manage_token
from booking.tables import Allocation, Appointment, Claim
from booking.use_cases.book import Booking, book
from core.audit import AuditEntry
from core.database import Database
from core.errors import IdempotencyMismatch, Invalid, LimitReached, NotFound, SlotTaken
from core.idempotency import IdempotencyKey, IdempotencyRecord
from core.language import language_for
from core.problems import field_texts
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import Resident
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    catalogue,
    make_appointment,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_world,
    slot_key_at,
    slots_of,
)

TEN = NOW + timedelta(hours=2)  # 10:00


def rows(database: Database, *tables: type) -> list[int]:
    """How many rows each table has."""
    with database.reading() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_booked_time_is_taken_and_read_back(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(
        runtime,
        world,
        TEN,
        resident=ResidentDetails("Zoë Ångström", phone="07700 900123", postcode="nw11 9qs"),
        support_needs=("step-free",),
        notes="Ring the bell",
    )
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference.lower())
    assert (view.version, view.state, view.starts_at, view.ends_at) == (
        1,
        "booked",
        TEN,
        TEN + timedelta(minutes=30),
    )
    assert (view.resident.name, view.notes, view.support_needs) == (
        "Zoë Ångström",
        "Ring the bell",
        ("step-free",),
    )
    assert [resource.slug for resource in view.resources] == ["desk-1"]
    assert view.documents == ("Passport",)
    assert TEN not in {slot.starts_at for slot in slots_of(database, world)}


def test_names_in_any_script_and_neither_email_nor_phone(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    for number, name in enumerate(("محمد", "李", "Żółć 'O Brien-Łuk", "👪 x")):
        booked = make_appointment(runtime, world, TEN + timedelta(hours=number), resident=ResidentDetails(name))
        with database.reading() as db:
            assert by_reference(db, catalogue(database, world), booked.reference).resident.name == name


def test_two_desks_can_be_booked_side_by_side_and_no_third(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    make_appointment(runtime, world, TEN)
    make_appointment(runtime, world, TEN)
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, TEN)


def test_turnaround_is_kept_free_of_the_next(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    slow = make_service(database, world.authority_id, "slow", turnaround_minutes=15, grid_minutes=15)
    make_session(database, world.authority_id, world.site_id, world.resource_ids, [slow], "slow")
    make_appointment(runtime, world, TEN, slot_key=replace(slot_key_at(world, TEN), service_ids=(slow,)))
    free = {slot.starts_at for slot in slots_of(database, world)}
    assert TEN + timedelta(minutes=30) not in free
    assert TEN + timedelta(hours=1) in free


def test_an_adviser_and_a_room_are_both_taken_or_neither(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    room = make_resource(database, world.authority_id, world.site_id, "room", kind="room")
    advisers = [
        make_resource(
            database,
            world.authority_id,
            world.site_id,
            f"adviser-{n}",
            kind="adviser",
            skills=["debt"],
        )
        for n in range(2)
    ]
    needs = [{"kind": "adviser", "skills": ["debt"]}, {"kind": "room", "skills": []}]
    service = make_service(database, world.authority_id, "debt", requirements=needs)
    make_session(database, world.authority_id, world.site_id, [room, *advisers], [service], "debt")
    slot_key = replace(slot_key_at(world, TEN), service_ids=(service,))
    booked = make_appointment(runtime, world, TEN, slot_key=slot_key)
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
    assert {resource.kind for resource in view.resources} == {"adviser", "room"}
    before = rows(database, Allocation, Claim, Appointment, Resident)
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, TEN, slot_key=slot_key)
    assert rows(database, Allocation, Claim, Appointment, Resident) == before


def test_two_services_are_one_visit_back_to_back(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    slot_key = replace(slot_key_at(world, TEN), service_ids=world.service_ids)
    booked = make_appointment(runtime, world, TEN, slot_key=slot_key)
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
    assert [service.slug for service in view.services] == ["certify", "advice"]
    assert view.ends_at == TEN + timedelta(hours=1)
    assert view.documents == ("Passport", "Tenancy agreement")


def test_extra_time_lengthens_the_appointment(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, support_needs=("extra-time",))
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
    assert view.ends_at == TEN + timedelta(minutes=45)
    assert TEN + timedelta(minutes=30) not in {slot.starts_at for slot in slots_of(database, world)}


def test_a_representative_and_the_basis_are_kept(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    acting = Representation("Kim Carer", "carer", phone="07700 900456")
    booked = make_appointment(runtime, world, TEN, representative=acting)
    with database.reading() as db:
        view = by_reference(db, catalogue(database, world), booked.reference)
    assert view.representative is not None
    assert (view.representative.name, view.representative.basis) == (
        "Kim Carer",
        "carer",
    )


def test_a_resident_has_a_limit_of_open_appointments_for_a_service(
    database: Database,
) -> None:
    world, runtime = make_world(database), make_runtime(database)
    person = ResidentDetails("Robin Sample", email="robin@example.org")
    for hours in (0, 1):
        make_appointment(runtime, world, TEN + timedelta(hours=hours), resident=person)
    with pytest.raises(LimitReached) as refused:
        make_appointment(runtime, world, TEN + timedelta(hours=2), resident=person)
    assert refused.value.limit == 2
    assert make_appointment(runtime, world, TEN + timedelta(hours=2), resident=person, service=1)
    assert make_appointment(
        runtime,
        world,
        TEN + timedelta(hours=3),
        resident=person,
        actor=AGENT,
        channel="phone",
    )


def test_everything_commits_or_nothing_does(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    tables = (Appointment, Allocation, Claim, Resident, AuditEntry, IdempotencyRecord)

    def breaks(db: object, change: AppointmentChange) -> None:
        raise RuntimeError("the subscriber broke")

    with appointment_changed.connected_to(breaks), pytest.raises(RuntimeError):
        make_appointment(runtime, world, TEN)
    assert rows(database, *tables) == [0] * len(tables)


def test_the_same_key_books_once_and_answers_the_same(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    booking = Booking(world.authority_id, "online", ResidentDetails("Robin Sample"), slot_key=slot_key_at(world, TEN))
    key = IdempotencyKey.of("form", "once", b"body")
    first = book(runtime, booking, actor=RESIDENT, idempotency=key)
    assert book(runtime, booking, actor=RESIDENT, idempotency=key) == first
    assert rows(database, Appointment) == [1]
    with pytest.raises(IdempotencyMismatch):
        book(
            runtime,
            booking,
            actor=RESIDENT,
            idempotency=IdempotencyKey.of("form", "once", b"other"),
        )


def test_the_manage_link_opens_the_appointment_and_is_not_in_the_database(
    database: Database,
) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    token = booked.manage_url_path.removeprefix("/manage/")
    with database.reading() as db:
        assert by_manage_token(db, token) == (
            world.authority_id,
            booked.appointment_id,
        )
        with pytest.raises(NotFound):
            by_manage_token(db, token[:-1] + "x")
        row = db.get_one(Appointment, booked.appointment_id)
        assert token not in (row.manage_digest, row.manage_nonce)


def test_another_authority_cannot_read_or_use_it(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    other = make_world(database, slug="elsewhere")
    booked = make_appointment(runtime, world, TEN)
    with database.reading() as db, pytest.raises(NotFound):
        by_reference(db, catalogue(database, other), booked.reference)
    stolen = Booking(other.authority_id, "online", ResidentDetails("Robin Sample"), slot_key=slot_key_at(world, TEN))
    with pytest.raises(Invalid):
        book(runtime, stolen, actor=RESIDENT)


def test_a_service_that_the_site_does_not_offer_is_refused(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    absent = make_service(database, world.authority_id, "absent")
    slot_key = replace(slot_key_at(world, TEN), service_ids=(absent,))
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, TEN, slot_key=slot_key)


def test_an_unknown_channel_is_refused(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    with pytest.raises(Invalid) as refused:
        make_appointment(runtime, world, TEN, channel="pigeon")
    assert "counter" in field_texts(refused.value, language_for("en"))["channel"][0]


def test_losers_are_offered_the_three_nearest_times(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    make_appointment(runtime, world, TEN)
    with database.reading() as db:
        others = nearest_alternatives(db, catalogue(database, world), slot_key_at(world, TEN), NOW, for_public=True)
    assert [slot.starts_at - TEN for slot in others] == [timedelta(minutes=m) for m in (-60, -30, 30)]


def test_the_reserved_part_of_a_session_is_staff_only_until_its_release(
    database: Database,
) -> None:
    world, runtime = (
        make_world(database, reserved_percent=50, release_hours=2),
        make_runtime(database),
    )
    assert {slot.starts_at.hour for slot in slots_of(database, world, last_date=NOW.date())} == {9, 10, 11, 12}
    two = NOW + timedelta(hours=6)
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, two)
    assert make_appointment(runtime, world, two, actor=AGENT, channel="phone")
    released = make_runtime(database, NOW + timedelta(hours=5))
    assert make_appointment(released, world, two + timedelta(minutes=30))


def test_a_sites_day_and_a_residents_list_hold_the_appointment(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    with database.reading() as db:
        (view,) = of_site_day(db, catalogue(database, world), world.site_id, TEN.date())
        assert of_resident(db, catalogue(database, world), view.resident.id) == [view]
    assert view.reference == booked.reference
