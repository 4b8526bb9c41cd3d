"""Somebody for whom the video does not work is rung at the same time: everything that says how it is held says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.calendar.event import Audience, appointment_event, phone_call, place_lines, remote_lines
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.book import Booked
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.ring_instead import ring_instead
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import IllegalMove, Invalid
from core.language import language_for
from locations.catalogue_queries import catalogue_by_id
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from tests.booking.test_remote_visits import book_remote
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town, make_town

ENGLISH, RESIDENT = language_for("en"), Actor.resident()


@pytest.fixture
def town(database: Database) -> Town:
    return make_town(database)


def view_of(database: Database, town: Town, booked: Booked) -> AppointmentView:
    with database.reading() as db:
        return by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)


def ring(database: Database, town: Town, booked: Booked, *, is_rung: bool = True) -> None:
    ring_instead(make_runtime(database), town.authority_id, booked.reference, actor=RESIDENT, is_rung=is_rung)


def marks(database: Database) -> list[str]:
    with database.reading() as db:
        actions = select(AuditEntry.action).where(AuditEntry.action.in_(("ring_instead", "video_after_all")))
        return list(db.scalars(actions.order_by(AuditEntry.id)))


def test_everything_says_that_they_are_rung_until_they_go_back_or_move(database: Database, town: Town):
    booked = book_remote(database, town, "video")
    for _ in range(2):
        ring(database, town, booked)
    assert marks(database) == ["ring_instead"]
    view = view_of(database, town, booked)
    with database.reading() as db:
        catalogue = catalogue_by_id(db, town.authority_id)
        facts = message_facts(db, [booked.appointment_id])[booked.appointment_id]
    authority = catalogue.authority
    call = phone_call(view)
    assert call is not None
    assert call.number == "07700 900123"
    assert phone_call(facts) == call
    assert place_lines(view, ENGLISH) == ["By telephone"]
    assert "We will ring you between" in remote_lines(facts, authority, ENGLISH)[0]
    event = appointment_event(facts, authority, Audience.RESIDENT, ENGLISH, public_url="https://example.org")
    assert view.join_url not in f"{event.location}{event.url}{event.join_url}{event.description}"
    ring(database, town, booked, is_rung=False)
    assert phone_call(view_of(database, town, booked)) is None
    ring(database, town, booked)
    assert marks(database) == ["ring_instead", "video_after_all", "ring_instead"]
    with database.reading() as db:
        times = []
        for mode in ("video", "phone", "video"):
            query = SlotQuery((town.services["advice"],), site_ids=(town.sites["remote"],), mode=mode)
            times.append(Move(slot_key=all_slots(db, catalogue, query, NOW)[3].slot_key))
    for move, is_rung in zip(times, (True, False, False), strict=True):  # by video, by telephone, and by video again
        reschedule(
            make_runtime(database), town.authority_id, booked.reference, move, actor=RESIDENT, enforce_cutoff=False
        )
        assert view_of(database, town, booked).is_rung_instead is is_rung


def test_nobody_is_rung_who_has_no_number_comes_by_telephone_anyway_or_is_late(database: Database, town: Town):
    by_phone, video = book_remote(database, town, "phone"), book_remote(database, town, "video", 1)
    with pytest.raises(IllegalMove):
        ring(database, town, by_phone)
    with database.writing() as db:
        db.execute(update(Resident).values(phone="", phone_key=""))
    with pytest.raises(Invalid):
        ring(database, town, video)
    ends_at = view_of(database, town, video).ends_at
    for now, error in ((ends_at - timedelta(seconds=1), Invalid), (ends_at, IllegalMove)):
        with pytest.raises(error):
            ring_instead(make_runtime(database, now), town.authority_id, video.reference, actor=RESIDENT)
    with database.reading() as db:
        assert set(db.scalars(select(Appointment.ring_instead_version))) == {None}
