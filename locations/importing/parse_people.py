"""The people of a council who work at several sites, and how long they travel between two of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from locations.importing import toml_fields
from locations.importing.council_plan import PersonPlan, SitePlan, TravelPlan
from locations.importing.table_reader import Reader, named
from locations.importing.toml_lines import Path
from locations.importing.value_checks import did_you_mean


def read_people(reader: Reader, tables: Mapping[str, Any]) -> tuple[PersonPlan, ...]:
    """The people of the file."""
    people = []
    for number, (found, path) in enumerate(reader.tables(tables, "people", (), "the file")):
        row = reader.table(found, toml_fields.PERSON, path, named("person", found, number))
        people.append(PersonPlan(row | {"skills": list(row["skills"] or ())}, path))
    reader.each_once([(person.values["slug"], person.path) for person in people], "person")
    return tuple(people)


def read_travel(reader: Reader, tables: Mapping[str, Any], sites: Sequence[SitePlan]) -> tuple[TravelPlan, ...]:
    """The travel times of the file, each of two different sites that people go to."""
    known = {site.values["slug"]: site.values["kind"] for site in sites if site.values["slug"] is not None}
    travel: dict[frozenset[str], TravelPlan] = {}
    for number, (found, path) in enumerate(reader.tables(tables, "travel", (), "the file")):
        row = reader.table(found, toml_fields.TRAVEL, path, f"travel {number + 1}")
        if not _are_sites(reader, row, known, path, number + 1):
            continue
        pair = frozenset({row["from"], row["to"]})
        if pair in travel:
            both = " and ".join(sorted(pair))
            reader.note(
                path, f"travel between {both} stands in the file twice; it counts in both directions: keep one."
            )
        travel[pair] = TravelPlan(pair, row["minutes"], path)
    return tuple(travel.values())


def _are_sites(reader: Reader, row: Mapping[str, Any], known: Mapping[str, Any], path: Path, number: int) -> bool:
    given = [(key, row[key]) for key in ("from", "to") if row[key] is not None]
    for key, slug in given:
        if slug not in known:
            hint = did_you_mean(slug, list(known)) or "; add it under [[sites]]"
            reader.note((*path, key), f"{key} of travel {number} is {slug!r}, which is no site{hint}.")
        elif known[slug] == "virtual":
            reader.note((*path, key), f"{key} of travel {number} is {slug!r}, a virtual site: nobody travels there.")
    if len(given) == 2 and row["from"] == row["to"]:
        reader.note((*path, "to"), f"travel {number} is from a site to itself; name two sites.")
        return False
    return len(given) == 2 and row["minutes"] is not None


def note_people_who_do_not_fit(
    reader: Reader, people: Sequence[PersonPlan], sites: Sequence[SitePlan], travel: Sequence[TravelPlan]
) -> None:
    """Note people who are called like a resource of a site, or whose way between two of their sites is not known."""
    given = {one.sites for one in travel}
    for person in people:
        slug = person.values["slug"]
        same = [f'"{site.values["slug"]}"' for site in sites if slug in site.resource_names]
        if same:
            what = f'person "{slug}" is also a resource of site {" and ".join(same)}'
            reader.note((*person.path, "slug"), f"{what}: sessions could not tell them apart. Change one slug.")
        for one, other in _unknown_ways(str(slug), sites, given):
            reader.note(
                person.path,
                f'person "{slug}" works at "{one}" and "{other}", and the way between them is not known: '
                "give both a postcode, or add [[travel]].",
            )


def _unknown_ways(person: str, sites: Sequence[SitePlan], given: set[frozenset[str]]) -> Iterator[tuple[str, str]]:
    theirs = [
        site
        for site in sites
        if site.values["kind"] != "virtual" and any(person in session.resources for session in site.sessions)
    ]
    for one, other in combinations(theirs, 2):
        pair = (one.values["slug"], other.values["slug"])
        if frozenset(pair) not in given and not (_has_place(one) and _has_place(other)):
            yield pair


def _has_place(site: SitePlan) -> bool:
    return bool(site.values["postcode"]) or site.values["easting"] is not None
