"""A visit without a place has a way in: an address to join the video at, or a number that is rung, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.calendar.event import phone_call
from booking.queries.appointments import by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from locations.importing.parse_plan import read_plan
from locations.importing.toml_file import InvalidFile
from locations.model import ResourceFacts
from locations.tables import Resource, Site
from people.residents.details import Representation, ResidentDetails
from reminders.appointment_queries import message_facts
from reminders.contacts import Contacts, Person
from tests.contract.conftest import key_for, program_with
from tests.reminders.test_messages import FACTS, SITE
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town, make_town

ROOM = ResourceFacts(1, "room", "Room", "virtual_room", 1, frozenset(), joining_address="https://rooms.example.org/one")
VIRTUAL = replace(SITE, kind="virtual", joining_address="https://video.example.org/{room}?lang=en", ring_minutes=20)


@pytest.fixture
def town(database: Database) -> Town:
    return make_town(database)


def book_remote(database: Database, town: Town, mode: str, number: int = 0, **values: object) -> Booked:
    runtime = make_runtime(database)
    with database.reading() as db:
        catalogue = catalogue_by_id(db, town.authority_id)
        query = SlotQuery((town.services["advice"],), site_ids=(town.sites["remote"],), mode=mode)
        slot = all_slots(db, catalogue, query, NOW)[number]
    person = ResidentDetails("Robin Sample", email="robin@example.org", phone="07700 900123")
    booking = Booking(town.authority_id, channel="online", slot_key=slot.slot_key, resident=person, **values)  # type: ignore[arg-type]
    return book(runtime, booking, actor=Actor("staff", 1, "Agnes Agent"))


def test_each_video_has_an_address_of_its_own_everywhere(database: Database, town: Town):
    urls = set()
    for number in range(2):
        booked = book_remote(database, town, "video", number)
        with database.reading() as db:
            view = by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)
            facts = message_facts(db, [booked.appointment_id])[booked.appointment_id]
        assert view.join_url == facts.join_url
        assert view.join_url.startswith("https://video.example.org/")
        assert len(view.join_url.rpartition("/")[2]) == 32
        urls.add(view.join_url)
    assert len(urls) == 2


def test_the_room_stays_when_the_appointment_moves(database: Database, town: Town):
    booked = book_remote(database, town, "video")
    with database.reading() as db:
        room = db.scalars(select(Appointment.room)).one()
        catalogue = catalogue_by_id(db, town.authority_id)
        query = SlotQuery((town.services["advice"],), site_ids=(town.sites["remote"],), mode="video")
        other = all_slots(db, catalogue, query, NOW)[3]
    move = Move(slot_key=other.slot_key)
    reschedule(
        make_runtime(database),
        town.authority_id,
        booked.reference,
        move,
        actor=Actor("staff", 1, "Agnes"),
        enforce_cutoff=False,
    )
    with database.reading() as db:
        assert db.scalars(select(Appointment.room)).one() == room


def test_what_it_occupies_has_its_own_address(database: Database, town: Town):
    booked = book_remote(database, town, "video")
    with database.writing() as db:
        db.execute(
            update(Resource)
            .where(Resource.site_id == town.sites["remote"])
            .values(joining_address=ROOM.joining_address)
        )
        db.execute(update(Site).values(plan_version=Site.plan_version + 1))
    with database.reading() as db:
        facts = message_facts(db, [booked.appointment_id])[booked.appointment_id]
        view = by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)
    assert facts.join_url == view.join_url == ROOM.joining_address


def test_the_number_that_is_rung_is_that_of_whoever_acts(database: Database, town: Town):
    acting = Representation("Hodan Yusuf", "family", phone="07700 900888")
    for number, (representative, expected) in enumerate([(None, "07700 900123"), (acting, "07700 900888")]):
        booked = book_remote(database, town, "phone", number, representative=representative)
        with database.reading() as db:
            view = by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)
            facts = message_facts(db, [booked.appointment_id])[booked.appointment_id]
        call = phone_call(view)
        assert call is not None
        assert call == phone_call(facts)
        assert (call.number, call.rings_from) == (expected, "01632 960099")
        assert call.latest - call.earliest == timedelta(minutes=15)
        assert view.join_url == ""


@pytest.mark.parametrize(
    ("mode", "site", "resources", "expected"),
    [
        ("video", VIRTUAL, [], "https://video.example.org/0a1b?lang=en"),
        ("video", VIRTUAL, [ROOM], "https://rooms.example.org/one"),
        ("video", replace(VIRTUAL, joining_address=""), [ROOM], "https://rooms.example.org/one"),
        ("video", replace(VIRTUAL, joining_address=""), [], ""),
        ("phone", VIRTUAL, [ROOM], ""),
        ("in_person", SITE, [], ""),
    ],
)
def test_where_a_video_is_joined(mode: str, site, resources: list[ResourceFacts], expected: str):
    assert site.join_url(mode, resources, "0a1b") == expected


@pytest.mark.parametrize(
    ("mode", "phone", "acting", "number"),
    [("phone", "1", "2", "2"), ("phone", "1", "", "1"), ("phone", "", "", ""), ("video", "1", "2", None)],
)
def test_who_is_rung(mode: str, phone: str, acting: str, number: str | None):
    contacts = Contacts(Person("Robin Sample", phone=phone), Person("Hodan Yusuf", phone=acting))
    call = phone_call(replace(FACTS, mode=mode, site=VIRTUAL, contacts=contacts))
    assert (call.number if call else None) == number
    assert call is None or call.latest - call.earliest == timedelta(minutes=20)


@pytest.mark.databases("sqlite")
def test_a_program_is_told(app: Flask, database: Database, town: Town, clock):
    program = program_with(app, key_for(database, town.authority_id, clock, "read", "book"))
    for mode, key, other in (("video", "join_url", "rings"), ("phone", "rings", "join_url")):
        slot = program.slots(service="advice", site="remote", mode=mode)[0]
        person = {"name": "Robin Sample", "email": "robin@example.org", "phone": "07700 900123"}
        booked = program.book(slot["slot"], resident=person)
        read = program.get(f"/appointments/{booked['reference']}").get_json()
        assert booked[key] == read[key]
        assert booked[key].startswith("https://video.example.org/" if mode == "video" else "07700 900123")
        assert booked[other] is read[other] is None


COUNCIL = """
[authority]
slug = "anytown"
name = "Anytown"
[[services]]
slug = "advice"
name = "Advice"
duration_minutes = 30
modes = ["video"]
requirements = [{ kind = "adviser" }]
[[sites]]
slug = "online"
name = "Online"
kind = "virtual"
%s
  [[sites.resources]]
  slug = "adviser"
  name = "Adviser"
  kind = "adviser"
  %s
  [[sites.sessions]]
  slug = "days"
  days = ["monday"]
  starts = "09:00"
  ends = "12:00"
  resources = ["adviser"]
  services = ["advice"]
"""
ADDRESS = 'joining_address = "https://video.example.org/{room}"'


@pytest.mark.parametrize(("site", "resource"), [(ADDRESS, ""), ("", ADDRESS)])
def test_a_file_gives_a_video_its_address(site: str, resource: str):
    assert read_plan((COUNCIL % (site, resource)).encode()).sites


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("", "nobody could join it"),
        ('joining_address = "video.example.org"', "begins with https://"),
        ('joining_address = "https://video.example.org/{name}"', "{room}"),
        ('joining_address = "https://video.example.org/{room}/{room}"', "{room}"),
        (f"{ADDRESS}\nring_minutes = 0", "ring_minutes"),
    ],
)
def test_a_file_whose_video_nobody_could_join_is_refused(site: str, words: str):
    with pytest.raises(InvalidFile) as refused:
        read_plan((COUNCIL % (site, "")).encode())
    assert words in str(refused.value)
