"""Another desk at the same time: who is on the list to rebook is served all the same, and nobody is served twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from booking.events import appointment_changed
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.other_resources import other_resources
from booking.states import State
from booking.tables import Allocation, Appointment, Claim, RebookItem
from booking.use_cases.change_resources import change_resources
from booking.use_cases.closures import list_touched
from booking.use_cases.holds import hold_slot
from booking.use_cases.outcomes import record_outcome
from core.audit import AuditEntry
from core.database import Database
from core.errors import IllegalMove, SlotTaken, Stale
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.support.factories import (
    AGENT,
    NOW,
    World,
    catalogue,
    make_appointment,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
    make_world,
    slot_key_at,
)

TEN = NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


def close(runtime: Runtime, world: World, resource_id: int | None = None, slug: str = "ill") -> None:
    """Close one resource, or the site, from 10:00 to noon, and list whom it touches."""
    with runtime.database.writing() as db:
        bump_plan(db, world.authority_id)
        row = Closure(
            authority_id=world.authority_id,
            site_id=world.site_id,
            resource_id=resource_id,
            slug=slug,
            starts_at=TEN,
            ends_at=TEN + timedelta(hours=2),
        )
        db.add(row)
        db.flush()
        list_touched(db, row.id, runtime.clock.now())


def view_of(runtime: Runtime, world: World, reference: str) -> AppointmentView:
    """The appointment as it is now."""
    with runtime.database.reading() as db:
        return by_reference(db, catalogue(runtime.database, world), reference)


def change(runtime: Runtime, world: World, reference: str, version: int = 1) -> tuple[int, ...]:
    """Put the visit on another resource."""
    return change_resources(runtime, world.authority_id, reference, actor=AGENT, version=version)


def to_rebook(database: Database) -> set[int]:
    """The appointments that are on a list."""
    with database.reading() as db:
        return set(db.scalars(select(RebookItem.appointment_id).where(RebookItem.closed_at.is_(None))))


def claims_of(database: Database, appointment_id: int) -> list[tuple[int, int]]:
    """The (resource, unit) pairs that the visit has claimed, in their order."""
    with database.reading() as db:
        rows = db.execute(
            select(Claim.resource_id, Claim.unit)
            .join(Allocation, Allocation.id == Claim.allocation_id)
            .where(Allocation.appointment_id == appointment_id)
            .order_by(Claim.resource_id, Claim.unit)
        )
        return [(resource_id, unit) for resource_id, unit in rows]


def test_the_visit_is_covered_again_and_nobody_is_told(database: Database) -> None:
    """The other desk has its claims, the closed one none; version, link and messages stay; the audit says what changed."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    before = view_of(runtime, world, booked.reference)
    had = before.resources[0].id
    close(runtime, world, had)
    (other,) = set(world.resource_ids) - {had}
    unit = slot_key_at(world, TEN).start_unit
    assert change(runtime, world, booked.reference) == (other,)
    after = view_of(runtime, world, booked.reference)
    assert (after.version, after.stamp, after.link_mark) == (before.version, before.stamp, before.link_mark)
    assert [resource.id for resource in after.resources] == [other]
    assert claims_of(database, booked.appointment_id) == [(other, unit + number) for number in range(6)]
    assert not to_rebook(database)
    with database.reading() as db:
        assert {row.version for row in db.scalars(select(Notification))} == {1}
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "resources_changed")).one()
    assert entry.facts == {"was": [had], "resources": [other]}


def test_nothing_is_changed_when_nothing_else_is_free(database: Database) -> None:
    """It stays on the list, where it was; a hold of somebody else counts, an expired one does not."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    had = view_of(runtime, world, booked.reference).resources[0].id
    hold_slot(runtime, slot_key_at(world, TEN), for_public=True)
    close(runtime, world, had)
    with pytest.raises(SlotTaken):
        change(runtime, world, booked.reference)
    assert to_rebook(database) == {booked.appointment_id}
    assert {resource_id for resource_id, _ in claims_of(database, booked.appointment_id)} == {had}
    later = make_runtime(database, NOW + timedelta(minutes=11))
    assert change(later, world, booked.reference) != (had,)


def test_a_closed_site_has_no_other_desk(database: Database) -> None:
    """Whatever is free there is shut as well."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    close(runtime, world)
    with pytest.raises(SlotTaken):
        change(runtime, world, booked.reference)


def test_only_who_is_on_the_list_is_put_elsewhere(database: Database) -> None:
    """The second click of a colleague, another time, and another state are refused."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    booked = make_appointment(runtime, world, TEN)
    with pytest.raises(Stale):
        change(runtime, world, booked.reference)
    close(runtime, world, view_of(runtime, world, booked.reference).resources[0].id)
    with pytest.raises(Stale):
        change(runtime, world, booked.reference, version=2)
    key = IdempotencyKey.of("staff:1", "one click", b"")
    first = change_resources(runtime, 1, booked.reference, actor=AGENT, version=1, idempotency=key)
    assert change_resources(runtime, 1, booked.reference, actor=AGENT, version=1, idempotency=key) == first
    with pytest.raises(Stale):
        change(runtime, world, booked.reference)
    record_outcome(runtime, 1, booked.reference, State.ARRIVED, actor=AGENT)
    with pytest.raises(IllegalMove):
        change(runtime, world, booked.reference)


def test_what_the_visit_may_keep_it_keeps(database: Database) -> None:
    """An adviser falls ill: another with the skill comes into the same room; one without the skill does not."""
    authority = make_authority(database)
    site = make_site(database, authority, features=[])
    room = make_resource(database, authority, site, "room", kind="room", skills=["hearing-loop"])
    ill, other, unskilled = (
        make_resource(database, authority, site, slug, kind="adviser", skills=skills)
        for slug, skills in (("ada", ["debt"]), ("ben", ["debt", "law", "tax"]), ("cy", ["law"]))
    )
    requirements = [{"kind": "adviser", "skills": ["debt"]}, {"kind": "room", "skills": []}]
    service = make_service(database, authority, requirements=requirements, turnaround_minutes=10)
    make_session(database, authority, site, [room, ill, other, unskilled], [service])
    world, runtime = World(authority, site, (room, ill, other, unskilled), (service,)), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, support_needs=("hearing-loop",))
    assert {one.id for one in view_of(runtime, world, booked.reference).resources} == {room, ill}
    with database.reading() as db:
        kept = db.scalar(select(Allocation.id).where(Allocation.resource_id == room))
    close(runtime, world, ill)
    assert change(runtime, world, booked.reference) == (room, other)
    with database.reading() as db:
        assert db.scalar(select(Allocation.id).where(Allocation.resource_id == room)) == kept
    close(runtime, world, room, slug="flood")
    with pytest.raises(SlotTaken):
        change(runtime, world, booked.reference)


def test_a_video_keeps_the_address_that_the_resident_was_told(database: Database) -> None:
    """Another room with another address would be news; one with the same address is none."""
    authority = make_authority(database)
    site = make_site(database, authority, kind="virtual", joining_address="")
    rooms = [
        make_resource(database, authority, site, f"room-{number}", kind="room", joining_address=address)
        for number, address in enumerate(("https://video.example.org/a", "https://video.example.org/b"))
    ]
    service = make_service(database, authority, modes=["video"], requirements=[{"kind": "room", "skills": []}])
    make_session(database, authority, site, rooms, [service])
    world, runtime = World(authority, site, tuple(rooms), (service,)), make_runtime(database)
    booked = make_appointment(runtime, world, TEN, slot_key=slot_key_at(world, TEN, mode="video"))
    before = view_of(runtime, world, booked.reference)
    close(runtime, world, before.resources[0].id)
    with pytest.raises(SlotTaken):
        change(runtime, world, booked.reference)
    third = make_resource(database, authority, site, "room-3", kind="room", joining_address=before.join_url)
    make_session(database, authority, site, [third], [service], slug="third")
    with database.writing() as db:
        bump_plan(db, authority)
    assert change(runtime, world, booked.reference) == (third,)
    assert view_of(runtime, world, booked.reference).join_url == before.join_url


def test_the_list_says_who_fits_side_by_side(database: Database) -> None:
    """Two visits and one free desk: the one fits and the other does not, and so it is done."""
    world, runtime = make_world(database, desks=3), make_runtime(database)
    bookings = [make_appointment(runtime, world, TEN) for _ in range(3)]
    views = [view_of(runtime, world, booked.reference) for booked in bookings]
    for number, view in enumerate(views[:2]):
        close(runtime, world, view.resources[0].id, slug=f"ill-{number}")
    extra = make_resource(database, world.authority_id, world.site_id, "desk-9")
    make_session(database, world.authority_id, world.site_id, [extra], world.service_ids, slug="more")
    with database.writing() as db:
        bump_plan(db, world.authority_id)
    with database.reading() as db:
        found = other_resources(db, catalogue(database, world), views[:2], NOW)
    assert sorted(len(one.resources) for one in found) == [0, 1]
    for one in found:
        if one.resources:
            assert change(runtime, world, one.appointment.reference) == (extra,)
        else:
            with pytest.raises(SlotTaken):
                change(runtime, world, one.appointment.reference)


def test_twelve_clients_put_twelve_visits_on_one_last_desk(database: Database) -> None:
    """One wins; each of the others keeps its own claims, every visit has exactly its six units, and no unit has two."""
    world, runtime = make_world(database, desks=13), make_runtime(database)
    bookings = [make_appointment(runtime, world, TEN) for _ in range(12)]
    desks = {view_of(runtime, world, booked.reference).resources[0].id for booked in bookings}
    (last,) = set(world.resource_ids) - desks
    for number, desk in enumerate(sorted(desks)):
        close(runtime, world, desk, slug=f"ill-{number}")
    gate = Barrier(len(bookings))

    def click(reference: str) -> bool:
        gate.wait(60)
        try:
            return change(runtime, world, reference) == (last,)
        except SlotTaken:
            return False

    with ThreadPoolExecutor(len(bookings)) as pool:
        results = list(pool.map(click, [booked.reference for booked in bookings]))
    assert results.count(True) == 1
    unit = slot_key_at(world, TEN).start_unit
    for booked, has_won in zip(bookings, results, strict=True):
        claims = claims_of(database, booked.appointment_id)
        (desk,) = {resource_id for resource_id, _ in claims}
        assert [at for _, at in claims] == [unit + number for number in range(6)]
        assert (desk == last) is has_won
    assert len(to_rebook(database)) == 11
    with database.reading() as db:
        assert len(db.scalars(select(Appointment.id)).all()) == 12
        assert len(db.scalars(select(Claim.unit)).all()) == 12 * 6
