"""Whatever a council changes in its file: whoever is booked is afterwards covered by it, or on a list to be rebooked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from booking.availability.site_days import modes_of_visit, search_for, site_day
from booking.availability.values import BookedVisit
from booking.queries.booked_visits import booked_visits
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import LAST_UNIT
from booking.tables import RebookItem
from booking.use_cases.book import Booking, book
from booking.use_cases.import_locations import Imported, import_file
from core.audit import Actor
from core.database import Database
from core.errors import NotFound
from core.runtime import Runtime
from core.wall_clock import local_date_of, local_day
from locations.catalogue_queries import catalogue_of
from locations.importing.toml_file import InvalidFile
from locations.model import Catalogue
from people.residents.details import ResidentDetails
from tests.booking.availability import oracle
from tests.support.factories import NOW, RESIDENT, make_runtime

File = dict[str, Any]
STEPS = 14
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
DAYS = [date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 2), date(2026, 12, 25), date(2026, 12, 28)]


def session(slug: str, when: dict[str, Any], resources: list[str], services: list[str]) -> File:
    return {"slug": slug, **when, "starts": "09:00", "ends": "16:00", "resources": resources, "services": services}


def resource(slug: str, kind: str, *skills: str, seats: int = 1) -> File:
    return {"slug": slug, "name": slug, "kind": kind, "skills": list(skills), "seats": seats}


def first_file() -> File:
    """A council with an office, a hub and rooms for video and phone; open on Christmas Day once."""
    services = [
        {"slug": "certify", "duration_minutes": 20, "turnaround_minutes": 5, "requirements": [{"kind": "desk"}]},
        {"slug": "advice", "duration_minutes": 45, "requirements": [{"kind": "adviser", "skills": ["housing"]}]},
    ]
    for service in services:
        service |= {"name": service["slug"], "modes": ["in_person", "video", "phone"], "open_limit": 1000}
    office = [resource("desk-a", "desk", seats=2), resource("desk-b", "desk"), resource("ann", "adviser", "housing")]
    weekly, once = {"days": WEEKDAYS}, {"date": date(2026, 12, 25)}
    sites = [
        {
            "slug": "office",
            "kind": "office",
            "resources": [*office, resource("bob", "adviser", "housing")],
            "sessions": [
                session("weekdays", weekly, ["desk-a", "desk-b", "ann", "bob"], ["certify", "advice"]),
                session("christmas", once, ["desk-a"], ["certify"]),
            ],
        },
        {
            "slug": "virtual",
            "kind": "virtual",
            "joining_address": "https://video.example.org/{room}",
            "resources": [resource("cat", "adviser", "housing")],
            "sessions": [session("weekdays", weekly, ["cat"], ["advice"])],
        },
    ]
    for site in sites:
        site |= {"name": site["slug"], "features": ["hearing-loop"], "closures": []}
    authority = {"slug": "smallville", "name": "Smallville", "lead_minutes": 0, "extra_time_minutes": 15}
    return {"authority": authority, "services": services, "sites": sites, "closures": []}


def toml(value: Any) -> str:
    """A value as TOML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def bring_in(runtime: Runtime, file: File) -> Imported:
    text = "\n".join(f"{key} = {toml(value)}" for key, value in file.items())
    return import_file(runtime, text.encode(), actor=Actor.system())


def any_session(random: Random, file: File) -> File:
    sessions: list[File] = [one for site in file["sites"] for one in site["sessions"]]
    return random.choice(sessions)


def shorten(random: Random, file: File) -> None:
    any_session(random, file)[random.choice(["starts", "ends"])] = f"{random.randint(10, 15)}:00"


def lengthen(random: Random, file: File) -> None:
    any_session(random, file).update(starts="08:00", ends="17:00")


def change_days(random: Random, file: File) -> None:
    one = any_session(random, file)
    if "days" in one:
        one["days"] = random.sample(WEEKDAYS, 3)
    else:
        one["date"] = random.choice(DAYS)


def take_off_a_date(random: Random, file: File) -> None:
    one = any_session(random, file)
    exception: File = {"date": random.choice(DAYS)}
    hours = random.choice([{}, {"starts": "10:00", "ends": "12:00"}])
    if "days" in one and all(known["date"] != exception["date"] for known in one.get("exceptions", [])):
        one["exceptions"] = [*one.get("exceptions", []), exception | hours]


def forget_exceptions(random: Random, file: File) -> None:
    any_session(random, file).pop("exceptions", None)


def drop_from_a_session(random: Random, file: File) -> None:
    named = any_session(random, file)[random.choice(["resources", "services"])]
    if len(named) > 1:
        named.remove(random.choice(named))


def delete_a_session(random: Random, file: File) -> None:
    sessions = random.choice(file["sites"])["sessions"]
    if sessions:
        sessions.remove(random.choice(sessions))


def delete_anything(random: Random, file: File) -> None:
    things = random.choice([file["services"], file["sites"], *(site["resources"] for site in file["sites"])])
    if things:
        things.remove(random.choice(things))


def change_a_service(random: Random, file: File) -> None:
    change = random.choice(
        [
            {"duration_minutes": random.choice([20, 45, 90])},
            {"turnaround_minutes": random.choice([0, 30])},
            {"modes": random.sample(["in_person", "video", "phone"], 2)},
            {"requirements": [{"kind": "adviser", "skills": random.choice([[], ["housing"]])}]},
            {"grid_minutes": 60, "lead_minutes": 1440, "horizon_days": 1},
        ]
    )
    random.choice(file["services"]).update(change)


def change_a_resource(random: Random, file: File) -> None:
    resources = [one for site in file["sites"] for one in site["resources"]]
    if resources:
        random.choice(resources).update(
            random.choice([{"skills": []}, {"skills": ["housing"]}, {"seats": 1}, {"kind": "room"}])
        )


def change_a_site(random: Random, file: File) -> None:
    changes: list[File] = [{"features": []}, {"closes_on_bank_holidays": random.choice([True, False])}]
    random.choice(file["sites"]).update(
        random.choice(
            [*changes, {"kind": "office"}, {"kind": "virtual", "joining_address": "https://video.example.org/{room}"}]
        )
    )


def change_the_council(random: Random, file: File) -> None:
    file["authority"].update(
        random.choice([{"extra_time_minutes": 60}, {"closes_on_bank_holidays": False}, {"division": "scotland"}])
    )


def close(random: Random, file: File) -> None:
    place = random.choice([file, *file["sites"]])
    closure: File = {"slug": f"shut-{random.randrange(10**9)}", "first_date": random.choice(DAYS)}
    if place.get("resources") and random.random() < 0.5:
        closure["resource"] = random.choice(place["resources"])["slug"]
    place["closures"].append(closure)


def change_closures(random: Random, file: File) -> None:
    for place in (file, *file["sites"]):
        for closure in place["closures"]:
            closure["first_date"] = random.choice(DAYS)


def open_again(random: Random, file: File) -> None:
    random.choice([file, *file["sites"]])["closures"].clear()


CHANGES: list[Callable[[Random, File], None]] = [
    shorten,
    lengthen,
    change_days,
    take_off_a_date,
    forget_exceptions,
    drop_from_a_session,
    delete_a_session,
    delete_anything,
    change_a_service,
    change_a_resource,
    change_a_site,
    change_the_council,
    close,
    change_closures,
    open_again,
]


def book_one(runtime: Runtime, random: Random) -> None:
    """Book at a time that is free, perhaps for a person with a hearing loop or with more time."""
    needs: frozenset[str] = random.choice([frozenset(), frozenset({"hearing-loop"})])
    with runtime.database.reading() as db:
        catalogue = catalogue_of(db, "smallville")
        query = SlotQuery((random.choice(catalogue.services).id,), needs=needs, extra_time=random.random() < 0.3)
        free = [slot for slot in all_slots(db, catalogue, query, NOW) if slot.starts_at.date() in DAYS]
    if free:
        slot_key, who = random.choice(free).slot_key, somebody(random)
        booking = Booking(slot_key.authority_id, "online", who, slot_key=slot_key, support_needs=tuple(needs))
        book(runtime, booking, actor=RESIDENT)


def somebody(random: Random) -> ResidentDetails:
    """Somebody new, who can be rung and sent a link."""
    number = random.randrange(1000)
    return ResidentDetails(
        f"Robin Sample {random.getrandbits(64):x}", email=f"robin.{number}@example.org", phone=f"07700 900{number:03}"
    )


def is_covered(catalogue: Catalogue, visit: BookedVisit) -> bool:
    """Whether the plan covers the visit with what it occupies: one tick and one choice at a time, beside no other visit."""
    slot, zone = visit.slot, catalogue.authority.zone
    try:
        site = catalogue.site_by_id(slot.site_id)
        if slot.mode not in modes_of_visit(catalogue, site, slot.service_ids):
            return False
        search = search_for(
            catalogue, slot.service_ids, NOW, for_public=False, needs=visit.needs, extra_time=slot.extra_time
        )
    except NotFound:
        return False
    shapes = tuple(replace(shape, grid_ticks=1) for shape in search.visit)
    day = site_day(site, local_day(local_date_of(slot.start_unit, zone), zone), zone)
    own = tuple(one for one in day.resources if one.resource.resource_id in visit.resource_ids)
    search = replace(search, visit=shapes, earliest_unit=0, latest_unit=LAST_UNIT)
    return oracle.can_start(search, replace(day, resources=own), [], slot.start_unit - day.day.base_unit)


def check_everybody(runtime: Runtime) -> tuple[int, int]:
    """How many are covered, and how many listed: everybody is one of them, and nobody is listed who is covered."""
    with runtime.database.reading() as db:
        catalogue = catalogue_of(db, "smallville")
        visits = booked_visits(db, [site.id for site in catalogue.sites], NOW)
        listed = set(db.scalars(select(RebookItem.appointment_id).where(RebookItem.closed_at.is_(None))))
    covered = {visit.owner_id for visit in visits if is_covered(catalogue, visit)}
    assert {visit.owner_id for visit in visits} == covered | listed
    assert not covered & listed
    return len(covered), len(listed)


def brought_in_changed(runtime: Runtime, file: File, random: Random) -> File | None:
    """The file with one or two changes, which was brought in; None when it was refused, and the plan stays as it was."""
    planned = deepcopy(file)
    for change in random.sample(CHANGES, random.randint(1, 2)):
        if planned["sites"] and planned["services"] and all(site["sessions"] for site in planned["sites"]):
            change(random, planned)
    try:
        bring_in(runtime, planned)
    except InvalidFile:
        return None
    return planned


@pytest.mark.parametrize("seed", range(8))
def test_everybody_is_covered_or_listed_after_every_change(database: Database, seed: int) -> None:
    random, runtime, file = Random(seed), make_runtime(database), first_file()
    bring_in(runtime, file)
    for _ in range(10):
        book_one(runtime, random)
    covered = listed = changed = 0
    for _ in range(STEPS):
        planned = brought_in_changed(runtime, file, random)
        if planned is None:
            continue
        file, changed = planned, changed + 1
        results = check_everybody(runtime)
        covered, listed = covered + results[0], listed + results[1]
        book_one(runtime, random)
        check_everybody(runtime)
    assert changed > 3
    assert covered
    assert listed
