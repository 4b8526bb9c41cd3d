"""Somebody who works at several sites is let go: a manager shuts them at their own sites alone, and can lift that again."""

from __future__ import annotations

from datetime import timedelta

from booking.queries.closure_lists import closures_of_resource
from booking.use_cases.let_go import deactivate_colleague, name_in_plan, open_places, places_of_work
from booking.use_cases.make_closure import lift_closure
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from people.staff import sign_in_sessions
from people.staff.colleague_queries import former_advisers
from people.staff.policy import Role
from people.staff.sign_in_sessions import SignedInStaff
from tests.support.council import make_staff
from tests.support.factories import (
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
)

LONG = timedelta(days=400)


def signed_in(database: Database, authority: int, role: Role, email: str, site: int | None) -> SignedInStaff:
    staff_id = make_staff(database, FixedClock(NOW), authority, role, email=email, site_id=site).id
    with database.writing() as db:
        found = sign_in_sessions.staff_of(db, sign_in_sessions.start(db, staff_id, NOW), NOW)
    assert found is not None
    return found


def test_a_manager_shuts_whoever_leaves_at_their_own_sites_alone(database: Database) -> None:
    authority = make_authority(database)
    hall, mill = (make_site(database, authority, slug) for slug in ("hall", "mill"))
    ann = make_resource(database, authority, None, "ann", kind="adviser", skills=["benefits"])
    service = make_service(database, authority, requirements=[{"kind": "adviser", "skills": ["benefits"]}])
    days = {hall: "MO,WE", mill: "TU"}
    for site, weekdays in days.items():
        make_session(database, authority, site, [ann], [service], rrule=f"FREQ=WEEKLY;BYDAY={weekdays}")
    runtime = make_runtime(database)
    tuesday = NOW.replace(hour=10, minute=0) + timedelta(days=(1 - NOW.weekday()) % 7 or 7)
    for site, starts_at in ((hall, tuesday + timedelta(days=1)), (mill, tuesday)):
        make_appointment(runtime, World(authority, site, (ann,), (service,)), starts_at)
    manager = signed_in(database, authority, Role.SITE_MANAGER, "manager@example.org", hall)
    admin = signed_in(database, authority, Role.AUTHORITY_ADMIN, "admin@example.org", None)
    who = make_staff(database, FixedClock(NOW), authority, Role.ADVISER, email="ann@example.org", site_id=hall).id
    name_in_plan(runtime, admin, who, ann)

    def left() -> list[tuple[int, int]]:
        """Where nothing shuts them, and how many are booked there."""
        with database.reading() as db:
            known = catalogue(database, World(authority, hall, (ann,), (service,)))
            return [(place.site.id, place.visits) for place in open_places(db, known, who, NOW)]

    def shut() -> list[int | None]:
        with database.reading() as db:
            return [one.site_id for one in closures_of_resource(db, ann, NOW)]

    with database.reading() as db:
        known = catalogue(database, World(authority, hall, (ann,), (service,)))
        places = {place.site.id: place.visits for place in places_of_work(db, known, who, NOW)}
    assert places == {hall: 1, mill: 1}
    deactivate_colleague(runtime, manager, who)
    assert (shut(), left()) == ([hall], [(mill, 1)])
    with database.reading() as db:
        assert [found for found, _name in former_advisers(db, authority)] == [who]
        (closure,) = closures_of_resource(db, ann, NOW)
    assert closure.ends_at > NOW + LONG
    name_in_plan(runtime, manager, who, ann)  # again: nothing is shut twice, and nothing elsewhere
    assert shut() == [hall]
    name_in_plan(runtime, admin, who, ann)  # an administrator shuts the rest
    assert (shut(), left()) == ([None, hall], [])
    name_in_plan(runtime, manager, who, ann)
    assert shut() == [None, hall]
    for one in (closure.id, closure.id + 1):
        lift_closure(runtime, authority, one, actor=Actor("staff", admin.staff_id, admin.name))
    assert (shut(), left()) == ([], [(hall, 1), (mill, 1)])
