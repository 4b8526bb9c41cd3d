"""A resident is found again when they come back, and never mixed up with somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import func, select

from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import Invalid, NotFound
from people.residents.access_log import log_access
from people.residents.contact_notes import add_note, notes_of
from people.residents.details import ResidentDetails
from people.residents.resident_repository import change_contact, find_or_create, identify, resident_of
from people.residents.tables import Resident, ResidentNameToken, ResidentView
from people.staff.policy import Role
from tests.support.council import Council, make_staff

AMINA = ResidentDetails(name="Amina Yusuf", email="amina@example.org", phone="07700 900123", postcode="n12 9qj")


def come(
    database: Database, clock: FixedClock, authority_id: int, person: ResidentDetails, *, by_staff: bool = False
) -> Resident:
    """The resident that the person is, in a transaction of its own."""
    with database.writing() as db:
        return find_or_create(db, authority_id, person, clock.now(), by_staff=by_staff)


def test_the_same_person_is_one_resident(database, clock, council: Council):
    first = come(database, clock, council.northbank, AMINA)
    again = come(database, clock, council.northbank, replace(AMINA, name="YUSUF Amina", email="Amina@Example.org "))
    assert again.id == first.id
    assert (again.name, again.postcode, again.postcode_key) == ("Amina Yusuf", "N12 9QJ", "N129QJ")


def test_the_telephone_alone_is_enough_to_be_known(database, clock, council):
    first = come(database, clock, council.northbank, replace(AMINA, email=""))
    assert (
        come(database, clock, council.northbank, ResidentDetails(name="Amina Yusuf", phone="+447700900123")).id
        == first.id
    )


def test_two_of_a_family_with_one_email_stay_two(database, clock, council):
    first = come(database, clock, council.northbank, AMINA)
    for name in ("Omar Yusuf", "Amin Yusuf", "Aminah Yusuf"):
        assert come(database, clock, council.northbank, replace(AMINA, name=name)).id != first.id


def test_two_authorities_share_nobody(database, clock, council):
    first = come(database, clock, council.northbank, AMINA)
    assert come(database, clock, council.elsewhere, AMINA).id != first.id


def test_somebody_with_neither_email_nor_telephone_is_always_new(database, clock, council):
    nobody = ResidentDetails(name="Amina Yusuf", postcode="N12 9QJ")
    assert come(database, clock, council.northbank, nobody).id != come(database, clock, council.northbank, nobody).id


@pytest.mark.parametrize("change", [{"phone": "07700 900999"}, {"email": "somebody.else@example.org"}])
def test_an_unproven_visitor_cannot_redirect_a_residents_messages(database, clock, council, change):
    """Whoever knows a name and an email could otherwise have the reminders sent to their own telephone."""
    first = come(database, clock, council.northbank, AMINA)
    assert come(database, clock, council.northbank, replace(AMINA, **change)).id != first.id
    with database.reading() as db:
        kept = db.get_one(Resident, first.id)
    assert (kept.email, kept.phone) == ("amina@example.org", "07700 900123")


def test_staff_update_contact_details(database, clock, council):
    first = come(database, clock, council.northbank, AMINA)
    moved = replace(AMINA, phone="07700 900999", postcode="NW9 4EW")
    again = come(database, clock, council.northbank, moved, by_staff=True)
    assert (again.id, again.phone, again.phone_key[:3], again.postcode_key) == (
        first.id,
        "07700 900999",
        "999",
        "NW94EW",
    )
    assert again.email == "amina@example.org"


def test_what_is_left_out_stays_and_do_not_text_is_never_lost(database, clock, council):
    careful = replace(AMINA, do_not_text=True, leave_no_message=True, contact_preference="letter", language="Somali")
    come(database, clock, council.northbank, careful)
    again = come(database, clock, council.northbank, ResidentDetails(name="Amina Yusuf", email="amina@example.org"))
    assert again.do_not_text
    assert again.leave_no_message
    assert (again.contact_preference, again.language, again.phone) == ("letter", "Somali", "07700 900123")


@pytest.mark.parametrize("by_staff", [False, True])
def test_we_write_in_the_language_that_somebody_booked_in_last(database, clock, council, by_staff: bool):
    def language(person: ResidentDetails) -> str:
        return come(database, clock, council.northbank, person, by_staff=by_staff).message_language

    assert language(AMINA) == ""  # nobody has asked
    assert language(replace(AMINA, message_language="cy")) == "cy"
    assert language(AMINA) == "cy"  # nothing is known of the language of a call


@pytest.mark.parametrize("name", ["محمد علي", "王小明", "Тарас Шевченко", "Sukarno", "Nguyễn Thị Hoa", "Åsa Öberg"])
def test_names_in_any_script_are_kept_as_written(database, clock, council, name: str):
    resident = come(database, clock, council.northbank, ResidentDetails(name=name, email="one@example.org"))
    assert resident.name == name
    assert (
        come(database, clock, council.northbank, ResidentDetails(name=name, email="one@example.org")).id == resident.id
    )


def test_a_proven_change_replaces_everything_and_renames_the_index(database, clock, council):
    resident = come(database, clock, council.northbank, replace(AMINA, do_not_text=True))
    with database.writing() as db:
        row = db.get_one(Resident, resident.id)
        change_contact(db, row, ResidentDetails(name="Amina Hassan", email="new@example.org"))
    with database.reading() as db:
        kept = db.get_one(Resident, resident.id)
        tokens = set(db.scalars(select(ResidentNameToken.token)))
    assert (kept.name, kept.surname, kept.email, kept.phone, kept.phone_key) == (
        "Amina Hassan",
        "Hassan",
        "new@example.org",
        "",
        "",
    )
    assert not kept.do_not_text
    assert tokens == {"amina", "hassan"}


def test_simultaneous_first_bookings_make_one_resident(database, clock, council):
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: come(database, clock, council.northbank, AMINA).id, range(8)))
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Resident)) == 1
    assert len(ids) == 1


def test_notes_come_newest_first_with_their_writer(database, clock, council):
    member = make_staff(database, clock, council.northbank, Role.TRIAGE_AGENT)
    resident = come(database, clock, council.northbank, AMINA)
    actor = Actor("staff", member.id, member.name)
    with database.writing() as db:
        add_note(db, council.northbank, resident.id, " Lost her keys. ", channel="phone", actor=actor, now=clock.now())
        add_note(
            db,
            council.northbank,
            resident.id,
            "Found them.",
            channel="counter",
            actor=Actor.system(),
            now=clock.now(),
        )
    with database.reading() as db:
        notes = notes_of(db, council.northbank, resident.id)
        assert notes_of(db, council.elsewhere, resident.id) == []
    assert [(note.text, note.channel, note.written_by) for note in notes] == [
        ("Found them.", "counter", ""),
        ("Lost her keys.", "phone", "Triage agent"),
    ]


def test_a_note_about_another_authoritys_resident_is_refused(database, clock, council):
    resident = come(database, clock, council.northbank, AMINA)
    with database.writing() as db:
        with pytest.raises(NotFound):
            add_note(db, council.elsewhere, resident.id, "x", channel="phone", actor=Actor.system(), now=clock.now())
        with pytest.raises(NotFound):
            resident_of(db, council.elsewhere, resident.id)


@pytest.mark.parametrize("text", ["", "  \n", "x" * 5000])
def test_an_empty_or_endless_note_is_refused(database, clock, council, text: str):
    resident = come(database, clock, council.northbank, AMINA)
    with database.writing() as db, pytest.raises(Invalid):
        add_note(db, council.northbank, resident.id, text, channel="phone", actor=Actor.system(), now=clock.now())


def test_looking_at_a_resident_is_written_down(database, clock, council):
    resident = come(database, clock, council.northbank, AMINA)
    with database.writing() as db:
        log_access(db, council.northbank, resident.id, Actor("staff", 7, "An agent"), "call", clock.now())
        log_access(db, council.northbank, None, Actor("staff", 7, "An agent"), "search", clock.now(), found=3)
    with database.reading() as db:
        rows = db.scalars(select(ResidentView).order_by(ResidentView.id)).all()
    assert [(row.actor_id, row.resident_id, row.purpose, row.at, row.facts) for row in rows] == [
        (7, resident.id, "call", clock.now(), {}),
        (7, None, "search", clock.now(), {"found": 3}),
    ]


@pytest.mark.databases("postgresql")
def test_people_who_share_a_telephone_do_not_wait_for_each_other(database, clock, council):
    """A hostel, or everybody who writes 07700 900000 for "none"."""
    shared = [ResidentDetails(name=f"Resident {word}", phone="07700 900000") for word in ("Ash", "Birch", "Cedar")]
    ids = [come(database, clock, council.northbank, person).id for person in shared]
    with database.writing() as db:
        assert identify(db, council.northbank, shared[0], clock.now()).id == ids[0]
        with ThreadPoolExecutor(2) as pool:
            others = pool.map(lambda person: come(database, clock, council.northbank, person).id, shared[1:])
            assert list(others) == ids[1:]


def test_of_many_on_one_telephone_only_those_of_the_name_are_read(database, clock, council):
    for number in range(30):
        come(database, clock, council.northbank, ResidentDetails(name=f"N{number} Someone", phone="07700 900000"))
    person = ResidentDetails(name="N7 Someone", phone="07700 900000")
    with database.writing() as db:
        assert len(identify(db, council.northbank, person, clock.now()).same) == 1


def test_a_changed_name_is_found_by_the_new_one(database, clock, council):
    first = come(database, clock, council.northbank, AMINA)
    with database.writing() as db:
        change_contact(db, db.get_one(Resident, first.id), replace(AMINA, name="Amina Hassan"))
    assert come(database, clock, council.northbank, replace(AMINA, name="Hassan Amina")).id == first.id
    assert come(database, clock, council.northbank, AMINA).id != first.id


@pytest.mark.parametrize("by_staff", [False, True])
def test_who_gives_the_address_again_gets_email_again(database, clock, council, by_staff: bool):
    """The page promises an email: the mail that came back once must not withhold it for ever."""
    first = come(database, clock, council.northbank, AMINA)

    def mark_after(person: ResidentDetails) -> datetime | None:
        with database.writing() as db:
            db.get_one(Resident, first.id).email_returned_at = clock.now()
        again = come(database, clock, council.northbank, person, by_staff=by_staff)
        assert again.id == first.id
        return again.email_returned_at

    assert mark_after(AMINA) is None
    assert mark_after(replace(AMINA, email="")) is not None
