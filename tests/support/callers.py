"""Testshire with an agent at the telephone and a few people who ring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from booking.queries.appointments import by_reference
from booking.slot_tokens import SlotKey
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.closures import list_touched
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Closure, Service
from people.residents.contact_notes import add_note
from people.residents.details import Representation, ResidentDetails
from people.residents.resident_repository import find_or_create
from people.staff import sign_in_sessions
from people.staff.accounts import NewStaff, RoleScope, add_staff
from tests.support.factories import NOW
from tests.support.loading import made_once
from tests.support.town import Town, make_town

AGENT_PASSWORD = "three random words"
LONG_NAME = (
    "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley Maximiliana Bartholomew Constantinopolitana"
)
PEOPLE = {
    "amina": ResidentDetails(
        "Amina Yusuf", "amina.yusuf@example.org", "07700 900999", "N12 0GA", language="Somali", do_not_text=True,
        support_needs=("step-free",),
    ),
    "aminah": ResidentDetails("Aminah Youssef", phone="07700 900321", postcode="NW11 9QS"),
    "norbert": ResidentDetails("Norbert Nobody"),
    "rtl": ResidentDetails("محمد الأحمد", phone="07700 900777", postcode="HA8 0AS", leave_no_message=True),
    "long": ResidentDetails(LONG_NAME, "a.very.long.address.that.goes.on.and.on.ando@subdomain.example.org", "07700 900555"),
    "silent": ResidentDetails("Silas Silent", "silas@example.org", contact_preference="none"),
}  # fmt: skip


@dataclass(frozen=True)
class Callers:
    """The town, who answers the telephone, and the residents by their short names."""

    town: Town
    agent_id: int
    people: dict[str, int]
    booked: Booked


@made_once
def make_callers(database: Database, /, now: datetime = NOW) -> Callers:
    """Everybody, a note of an earlier call, and one appointment of Amina's, booked by her daughter."""
    town = make_town(database)
    with database.writing() as db:
        service = db.get_one(Service, town.services["certify"])
        service.triage_questions = [
            {"ask": "Is it for housing benefit or council tax support?", "say": "Either is fine. Tell the desk which."},
            {"ask": "Do you have the originals?", "say": "We cannot take copies."},
        ]
    agent_id = add_agent(database, town.authority_id, now)
    agent = Actor("staff", agent_id, "Agnes Agent")
    with database.writing() as db:
        people = {
            key: find_or_create(db, town.authority_id, person, now, by_staff=True).id for key, person in PEOPLE.items()
        }
        add_note(
            db, town.authority_id, people["amina"], "Lost her passport in May.\nHas a bus pass.",
            channel="phone", actor=agent, now=now - timedelta(days=12),
        )  # fmt: skip
    booked = book_for(
        database, town, people["amina"], datetime(2026, 12, 2, 10, 0, tzinfo=UTC), agent, now,
        representative=Representation("Hodan Yusuf", "family", phone="07700 900444"),
    )  # fmt: skip
    return Callers(town, agent_id, people, booked)


def add_agent(database: Database, authority_id: int, now: datetime, role: str = "triage_agent", email: str = "") -> int:
    """The id of a new member of staff with the fixed password."""
    new = NewStaff(email or f"{role}@example.org", role, RoleScope(authority_id), AGENT_PASSWORD, "Agnes Agent")
    with database.writing() as db:
        return add_staff(db, new, actor=Actor.system(), now=now).id


def sign_in(database: Database, staff_id: int, now: datetime) -> str:
    """The token of a new session of a member of staff, for the cookie."""
    with database.writing() as db:
        return sign_in_sessions.start(db, staff_id, now)


def book_for(
    database: Database,
    town: Town,
    resident_id: int,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    representative: Representation | None = None,
) -> Booked:
    """An appointment to certify documents at the hub."""
    runtime = Runtime(Settings(database.url, "for-tests-only", is_test=True), database, FixedClock(now))
    unit = int(starts_at.timestamp()) // 300
    slot_key = SlotKey(town.authority_id, town.sites["hub"], (town.services["certify"],), "in_person", unit)
    booking = Booking(town.authority_id, "phone", resident_id, slot_key=slot_key, representative=representative)
    return book(runtime, booking, actor=actor)


def close_desk_of(runtime: Runtime, callers: Callers) -> None:
    """The desk of Amina's visit is shut on its day, and another one is free."""
    town, day = callers.town, datetime(2026, 12, 2, tzinfo=UTC)
    with runtime.database.writing() as db:
        desk = by_reference(db, catalogue_by_id(db, town.authority_id), callers.booked.reference).resources[0]
        bump_plan(db, town.authority_id, [town.sites["hub"]])
        place = {"authority_id": town.authority_id, "site_id": town.sites["hub"], "resource_id": desk.id}
        row = Closure(**place, slug="desk", starts_at=day, ends_at=day.replace(hour=23), reason="Ada is ill")
        db.add(row)
        db.flush()
        list_touched(db, row.id, runtime.clock.now())
