"""A site or a service that ends for good: nothing is open afterwards, and the booked are offered the successor first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import SlotKey, decode
from booking.tables import RebookItem
from booking.use_cases.book import Booking, book
from booking.use_cases.change_set_up import InvalidEdits, apply_edits, current_tables
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.import_locations import import_file
from booking.use_cases.offers import make_offers, request_offers_to_misfits
from booking.use_cases.online_wishes import OnlineWish, wait_online
from core.audit import Actor
from core.database import Database
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.difference import Key
from locations.importing.set_up_queries import stored_set_up
from locations.importing.set_up_tables import Edit, things_in
from people.residents.details import ResidentDetails
from reminders.reach_queries import can_be_told
from tests.support.factories import AGENT, NOW, make_resource, make_runtime, make_session, make_site, make_world

LAST_WEEK_ENDS = date(2026, 11, 30)
AFTER, BEFORE = NOW + timedelta(days=8, hours=2), NOW + timedelta(days=2, hours=2)
MANAGER = Actor("staff", 2, "Mina Manager")


@dataclass(frozen=True)
class Town:
    """A library, one near it, and one that is further away than anything is proposed."""

    runtime: Runtime
    authority_id: int
    library: int
    service_id: int
    far: int

    def edit(self, kind: str, slug: str, **values: object) -> None:
        """Change a site or a service, as a screen does."""
        key = Key(kind, (slug,))  # type: ignore[arg-type]
        with self.runtime.database.reading() as db:
            table = things_in(current_tables(db, self.authority_id))[key].table
        apply_edits(self.runtime, self.authority_id, [Edit(key, {**table, **values})], {}, actor=MANAGER)

    def book(self, name: str, starts_at: object) -> None:
        slot = SlotKey(self.authority_id, self.library, (self.service_id,), "in_person", unit_of(starts_at))  # type: ignore[arg-type]
        who = ResidentDetails(name, f"{name}@example.org")
        book(self.runtime, Booking(self.authority_id, "phone", who, slot_key=slot), actor=AGENT)


@pytest.fixture
def town(database: Database) -> Town:
    world = make_world(database)
    for slug, metres in (("mill-lane", 1_000), ("hill", 90_000)):
        site = make_site(database, world.authority_id, slug, name=slug.title(), easting=525_000 + metres)
        desk = make_resource(database, world.authority_id, site, "desk-1")
        make_session(database, world.authority_id, site, [desk], world.service_ids)
    return Town(make_runtime(database), world.authority_id, world.site_id, world.service_ids[0], site)


def test_visits_after_the_end_are_offered_the_successor_first(town: Town, database: Database) -> None:
    for name, starts_at in (("robin", BEFORE), ("kim", AFTER)):
        town.book(name, starts_at)
    town.edit("site", "high-street", closed_from="2026-11-30", successor="hill", where_to_go="Take bus 12.")
    with database.reading() as db:
        (item,) = db.scalars(select(RebookItem)).all()
        query = SlotQuery((town.service_id,), site_ids=(town.library,), for_public=False)
        free = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)
    assert item.reason == "closed"
    assert max(slot.starts_at.date() for slot in free) == date(2026, 11, 27)  # the Friday before
    request_offers_to_misfits(town.runtime, town.authority_id, None, actor=MANAGER)
    assert make_offers(town.runtime, can_be_told) == 1
    with database.reading() as db:
        slot = decode(db.scalars(select(Proposal.slot_token)).one())
    assert (slot.site_id, slot.start_unit) == (town.far, unit_of(AFTER))
    town.edit("site", "high-street", closed_from="2027-01-04", successor="hill", where_to_go="")
    with database.reading() as db:
        assert db.scalars(select(RebookItem.state)).all() == ["kept"]


def test_a_service_ends_at_every_site(town: Town, database: Database) -> None:
    town.book("kim", AFTER)
    town.edit("service", "certify", closed_from="2026-11-30", where_to_go="Send it by post.")
    with database.reading() as db:
        query = SlotQuery((town.service_id,), for_public=False)
        free = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)
        assert [item.reason for item in db.scalars(select(RebookItem))] == ["hours"]
    assert max(slot.starts_at.date() for slot in free) < LAST_WEEK_ENDS


def test_nobody_waits_for_a_service_longer_than_there_is_one(town: Town, database: Database) -> None:
    until = NOW.date() + timedelta(days=60)
    for email in ("before@example.org", "after@example.org"):
        wanted = OnlineWish(("certify",), ResidentDetails("Kim Sample", email), BY_EMAIL, "", until, weekdays=(7,))
        wait_online(town.runtime, town.authority_id, wanted)
        town.edit("service", "certify", closed_from="2026-11-30", where_to_go="Send it by post.")
    with database.reading() as db:
        assert db.scalars(select(Wish.until).order_by(Wish.id)).all() == [until, LAST_WEEK_ENDS - timedelta(days=1)]
    for days, state in ((6, "open"), (1, "over")):
        town.runtime.clock.advance(timedelta(days=days))  # type: ignore[attr-defined]
        assert offer_earlier_times(town.runtime, can_be_told) == 0
        with database.reading() as db:
            assert set(db.scalars(select(Wish.state))) == {state}


def test_the_file_says_the_same_before_and_after_an_import(town: Town, database: Database) -> None:
    town.edit("site", "high-street", closed_from="2026-11-30", successor="hill", where_to_go="Take bus 12.")
    with database.reading() as db:
        exported = toml_text(council_file(stored_set_up(db, town.authority_id).values))
    assert "closed_from = 2026-11-30" in exported
    import_file(town.runtime, exported.encode(), actor=MANAGER)
    with database.reading() as db:
        assert toml_text(council_file(stored_set_up(db, town.authority_id).values)) == exported


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"closed_from": "2026-11-30"}, "where_to_go"),
        ({"successor": "hill"}, "successor"),
        ({"closed_from": "2026-11-30", "successor": "high-street"}, "successor"),
        ({"closed_from": "2026-11-30", "successor": "hil"}, "successor"),
    ],
)
def test_an_end_that_leads_nowhere_is_refused_at_its_field(town: Town, values: dict[str, str], key: str) -> None:
    with pytest.raises(InvalidEdits) as refused:
        town.edit("site", "high-street", **values)
    assert [error.path[-1] for error in refused.value.errors] == [key]
