"""A council's file whose advisers work at two sites, and who is booked with them already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.slot_tokens import SlotKey
from booking.tables import RebookItem
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.holds import HeldSlot, hold_slot
from booking.use_cases.import_locations import Imported, import_file
from core.audit import Actor
from core.database import Database
from core.errors import HoldExpired
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_of
from locations.importing.toml_file import InvalidFile
from people.residents.details import ResidentDetails
from tests.support.factories import AGENT, RESIDENT, make_runtime

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday
SITE = """
[[sites]]
slug = "{slug}"
name = "{slug}"
kind = "office"
  [[sites.sessions]]
  slug = "weekdays"
  days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
  starts = "09:00"
  ends = "17:00"
  resources = ["ann"]
  services = ["advice"]
"""
TOP = """
[authority]
slug = "twinville"
name = "Twinville"
lead_minutes = 0

[[services]]
slug = "advice"
name = "Advice"
duration_minutes = 30
requirements = [{ kind = "adviser" }]
"""
ANN = """
[[people]]
slug = "ann"
name = "Ann"
kind = "adviser"
"""
SITES = SITE.format(slug="north") + SITE.format(slug="south")
TRAVEL = '\n[[travel]]\nfrom = "north"\nto = "south"\nminutes = 15\n'
FILE = TOP + ANN + SITES + TRAVEL
FURTHER = FILE.replace("minutes = 15", "minutes = 60")
LEAVE = '\n[[closures]]\nslug = "leave"\nfirst_date = 2026-11-24\nresource = "ann"\n'


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A database with Twinville in it."""
    runtime = make_runtime(database)
    bring_in(runtime, FILE)
    return runtime


def bring_in(runtime: Runtime, text: str) -> Imported:
    return import_file(runtime, text.encode(), actor=Actor.system())


def slot(runtime: Runtime, site: str, minutes: int) -> SlotKey:
    with runtime.database.reading() as db:
        known = catalogue_of(db, "twinville")
    unit = unit_of(TEN + timedelta(minutes=minutes))
    return SlotKey(known.authority.id, known.site(site).id, (known.service("advice").id,), "in_person", unit)


def booked(runtime: Runtime, site: str, minutes: int) -> Booked:
    """A visit of half an hour to Ann, so many minutes after ten."""
    who = ResidentDetails(f"Robin {site} {minutes}", email=f"robin.{site}.{minutes}@example.org")
    key = slot(runtime, site, minutes)
    return book(runtime, Booking(key.authority_id, "online", who, slot_key=key), actor=RESIDENT)


def book_held(runtime: Runtime, held: HeldSlot) -> Booked:
    booking = Booking(held.slot_key.authority_id, "online", ResidentDetails("Kim Sample"), hold=held.token)
    return book(runtime, booking, actor=RESIDENT)


def listed(runtime: Runtime) -> list[tuple[int, str]]:
    """The appointments that are on a list, each with the reason, by number."""
    with runtime.database.reading() as db:
        items = select(RebookItem).where(RebookItem.closed_at.is_(None)).order_by(RebookItem.appointment_id)
        return [(item.appointment_id, item.reason) for item in db.scalars(items)]


def test_a_longer_way_lists_the_later_of_two_visits_and_a_shorter_one_takes_it_off(runtime: Runtime) -> None:
    late, _ = booked(runtime, "south", 60), booked(runtime, "north", 0)
    booked(runtime, "south", 180)
    assert bring_in(runtime, FURTHER).new_misfits == 1
    assert listed(runtime) == [(late.appointment_id, "travel")]
    assert bring_in(runtime, FURTHER).changes.are_none
    assert bring_in(runtime, FILE).new_misfits == 0
    assert listed(runtime) == []


def test_a_change_at_one_site_still_sees_what_is_booked_at_the_other(runtime: Runtime) -> None:
    early, late = booked(runtime, "north", 0), booked(runtime, "south", 60)
    bring_in(runtime, FURTHER)
    other_hours = FURTHER.replace(SITE.format(slug="south"), SITE.format(slug="south").replace("17:00", "16:00"))
    assert bring_in(runtime, other_hours).new_misfits == 0
    assert listed(runtime) == [(late.appointment_id, "travel")]
    cancel(
        runtime,
        slot(runtime, "north", 0).authority_id,
        early.reference,
        actor=AGENT,
        by="resident",
        enforce_cutoff=False,
    )
    bring_in(runtime, FURTHER)
    assert listed(runtime) == []


def test_a_hold_for_which_there_is_no_longer_time_ends_and_others_stay(runtime: Runtime) -> None:
    booked(runtime, "south", 60)
    lost, kept = (hold_slot(runtime, slot(runtime, "north", minutes), for_public=True) for minutes in (0, 180))
    bring_in(runtime, FURTHER)
    assert listed(runtime) == []
    with pytest.raises(HoldExpired):
        book_held(runtime, lost)
    assert book_held(runtime, kept)


def test_a_person_whom_one_site_no_longer_opens_keeps_the_visits_at_the_other(runtime: Runtime) -> None:
    north, _ = booked(runtime, "north", 0), booked(runtime, "south", 60)
    late = SITE.format(slug="north").replace("09:00", "11:00")
    assert bring_in(runtime, FILE.replace(SITE.format(slug="north"), late)).new_misfits == 1
    assert listed(runtime) == [(north.appointment_id, "hours")]


def test_leave_lists_the_visits_of_both_sites_once(runtime: Runtime) -> None:
    visits = [booked(runtime, "north", 0), booked(runtime, "south", 60)]
    imported = bring_in(runtime, FILE + LEAVE)
    assert (imported.in_closures, imported.new_misfits) == (2, 0)
    assert listed(runtime) == [(visit.appointment_id, "closure") for visit in visits]


def test_a_person_with_visits_to_come_cannot_be_left_out(runtime: Runtime) -> None:
    booked(runtime, "north", 0)
    booked(runtime, "south", 60)
    with pytest.raises(InvalidFile) as refused:
        bring_in(runtime, FILE.replace('"ann"', '"bob"'))
    assert 'person "ann" cannot be removed: 2 appointments there are still to come' in str(refused.value)
    assert bring_in(runtime, FILE).changes.are_none


def test_a_person_may_become_a_resource_of_a_site_and_the_other_way_round(runtime: Runtime) -> None:
    """The sessions name the same slug before and after, and mean another row."""
    own = '  [[sites.resources]]\n  slug = "ann"\n  name = "Ann"\n  kind = "adviser"\n'
    of_sites = TOP + SITES.replace('kind = "office"\n', f'kind = "office"\n{own}')
    assert bring_in(runtime, of_sites).changes.removed == {"person": 1, "travel time": 1}
    booked(runtime, "north", 0)
    booked(runtime, "south", 0)  # another Ann
    assert bring_in(runtime, of_sites).changes.are_none
    with pytest.raises(InvalidFile, match='resource "ann" of site "north" cannot be removed'):
        bring_in(runtime, FILE)
