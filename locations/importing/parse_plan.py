"""From a file, its bytes or tables, to the plan of a council: every value checked, the whole against itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locations.default_values import DEFAULT_REMINDERS
from locations.importing import toml_fields
from locations.importing.consistency import (
    check_consistency,
    note_case_number,
    note_catchment,
    note_closures_of_nothing,
    note_confirmation,
    note_endings,
    note_lengths,
    note_unknown_order,
)
from locations.importing.council_plan import ClosurePlan, Plan, SitePlan
from locations.importing.paper_fields import read_paper_rules
from locations.importing.parse_channels import read_message_channels
from locations.importing.parse_closures import read_closures
from locations.importing.parse_people import note_people_who_do_not_fit, read_people, read_travel
from locations.importing.parse_school import note_sessions_without_holidays, read_school_holidays
from locations.importing.parse_sessions import read_session
from locations.importing.parse_statements import read_accessibility, read_privacy
from locations.importing.parse_triages import read_triages
from locations.importing.parse_wards import note_unknown_wards, read_wards
from locations.importing.table_reader import InvalidSetUp, Reader, named
from locations.importing.toml_file import FileError, InvalidFile, read_tables
from locations.importing.toml_lines import Path, find_lines, line_of
from locations.session_facts import HolidayRule

NOT_OFFERED = "which is none of its languages; add it there, or choose one of them"
SERVICE_LISTS = ("modes", *(key for key, field in toml_fields.SERVICE.items() if field.default == ()))
TOP_LEVEL = (
    "authority",
    "privacy",
    "accessibility",
    "wards",
    "services",
    "people",
    "sites",
    "travel",
    "closures",
    "triages",
)


def read_plan(content: bytes) -> Plan:
    """The plan in the file's bytes. Raises: InvalidFile with all errors, each with its line and what to do."""
    text, tables = read_tables(content)
    try:
        return plan_of(tables)
    except InvalidSetUp as error:
        lines = find_lines(text)
        errors = {FileError(line_of(path, lines), what) for path, whats in error.errors.items() for what in whats}
        raise InvalidFile(tuple(sorted(errors))) from error


def plan_of(tables: Mapping[str, Any]) -> Plan:
    """The plan in the file's tables. Raises: InvalidSetUp with all errors, each with its path."""
    reader = Reader()
    reader.table(tables, {}, (), "The file", also=TOP_LEVEL)
    authority = _authority(reader, tables)
    wards = read_wards(reader, tables)
    services = _services(reader, tables)
    note_unknown_wards(reader, services, wards)
    people = read_people(reader, tables)
    people_slugs = frozenset(str(person.values["slug"]) for person in people if person.values["slug"])
    sites = tuple(
        _site(reader, found, path, authority, people_slugs)
        for found, path in reader.tables(tables, "sites", (), "the file")
    )
    travel = read_travel(reader, tables, sites)
    closures = tuple(read_closures(reader, tables, (), "the file", authority["zone"], people=people_slugs))
    _note_repeats(reader, tables, sites, closures)
    note_sessions_without_holidays(reader, authority, sites)
    check_consistency(reader, services, sites, [person.values for person in people])
    note_endings(reader, "service", services)
    note_endings(reader, "site", [(site.values, site.path) for site in sites])
    note_unknown_order(reader, authority["service_order"], services)
    note_closures_of_nothing(reader, services, (*closures, *(one for site in sites for one in site.closures)))
    note_people_who_do_not_fit(reader, people, sites, travel)
    triages = read_triages(reader, tables, services, sites)
    reader.finish()
    values_of_services, values_of_wards, values_of_triages = (
        tuple(row for row, _ in rows) for rows in (services, wards, triages)
    )
    return Plan(authority, values_of_services, sites, closures, people, travel, values_of_wards, values_of_triages)


def _authority(reader: Reader, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    path: Path = ("authority",)
    found = tables.get("authority")
    if found is None:
        reader.note((), "The file needs a table [authority] with slug and name.")
        found = {"slug": "missing", "name": "missing"}
    also = ("reminder_plan", "school_holidays", "message_channels")
    read = reader.table(found, toml_fields.AUTHORITY, path, "[authority]", also=also)
    plan = _reminders(reader, found, path, "[authority]")
    if read["first_language"] not in read["languages"]:
        reader.note(
            (*path, "first_language"), f"first_language of [authority] is {read['first_language']!r}, {NOT_OFFERED}."
        )
    return read | {
        "service_order": list(read["service_order"] or ()),
        "languages": list(read["languages"]),
        "reminder_plan": list(DEFAULT_REMINDERS) if plan is None else plan,
        "school_holidays": read_school_holidays(reader, found, path),
        "message_channels": read_message_channels(reader, found, path),
        "privacy": read_privacy(reader, tables),
        "accessibility": read_accessibility(reader, tables),
    }


def _services(reader: Reader, tables: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Path]]:
    services = []
    for number, (found, path) in enumerate(reader.tables(tables, "services", (), "the file")):
        services.append((_service(reader, found, path, named("service", found, number)), path))
    return services


def _service(reader: Reader, found: Any, path: Path, name: str) -> Mapping[str, Any]:
    also = ("reminder_plan", "triage_questions", "requirements", "documents_by_case", "documents_by_rule")
    row = reader.table(found, toml_fields.SERVICE, path, name, also=also)
    row |= {key: list(row[key] or ()) for key in SERVICE_LISTS}
    row["triage_questions"] = [
        _question(reader, reader.table(question, toml_fields.QUESTION, at, f"a triage question of {name}"), at, name)
        for question, at in reader.tables(found, "triage_questions", path, name)
    ]
    row["documents_by_case"] = [
        _kept(reader.table(case, toml_fields.DOCUMENT_CASE, at, f"a case of {name}"))
        for case, at in reader.tables(found, "documents_by_case", path, name)
    ]
    row["documents_by_rule"] = [_kept(rule) for rule in read_paper_rules(reader, found, path, name)]
    note_lengths(reader, row, path, name)
    row["requirements"] = [
        _with_list(reader.table(need, toml_fields.REQUIREMENT, at, f"a requirement of {name}"), "skills")
        for need, at in reader.tables(found, "requirements", path, name)
    ]
    if not row["requirements"] and isinstance(found, dict):
        at = (*path, "requirements")
        reader.note(at, f'{name} needs requirements: what it occupies, such as requirements = [{{ kind = "desk" }}].')
    note_case_number(reader, row, path, name)
    note_catchment(reader, row, path, name)
    note_confirmation(reader, row, path, name)
    return row | {"reminder_plan": _reminders(reader, found, path, name)}


def _question(reader: Reader, read: Mapping[str, Any], path: Path, name: str) -> dict[str, Any]:
    """The question as it is stored: without words for residents where it has none, as those of earlier releases are."""
    for missing, given in (("instead", "wrong_answer"), ("wrong_answer", "instead")):
        if read[given] and not read[missing]:
            reader.note((*path, given), f"a triage question of {name} has {given}: it needs {missing} as well.")
    return {key: value for key, value in read.items() if value or key in ("ask", "say")}


def _kept(case: Mapping[str, Any]) -> dict[str, Any]:
    """The case as it is stored: without translations that say nothing."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in case.items() if value}


def _reminders(reader: Reader, found: Any, path: Path, name: str) -> list[dict[str, Any]] | None:
    """The reminder plan as it is stored; None when it is left out, and the authority's (or the usual one) counts."""
    if not isinstance(found, dict) or "reminder_plan" not in found:
        return None
    plan: list[dict[str, Any]] = []
    for raw, at in reader.tables(found, "reminder_plan", path, name):
        reminder = _reminder(reader, raw, at, name)
        kind, when = reminder.get("kind"), _time_of(reminder)
        if kind and any(kind == other.get("kind") for other in plan):
            reader.note((*at, "kind"), f"{name} has two reminders {kind!r}; give each a kind of its own.")
        elif when and any(when == _time_of(other) for other in plan):
            reader.note(at, f"{name} has two reminders at the same time; keep one.")
        plan.append(reminder)
    return plan


def _reminder(reader: Reader, raw: Any, path: Path, name: str) -> dict[str, Any]:
    """One reminder as it is stored: its kind, and when it is due."""
    read = reader.table(raw, toml_fields.REMINDER, path, f"a reminder of {name}")
    given = {key for key in ("days_before", "at", "minutes_before") if isinstance(raw, dict) and key in raw}
    if given not in ({"days_before", "at"}, {"minutes_before"}):
        reader.note(path, f"a reminder of {name} needs either days_before with at, or minutes_before.")
    at = {} if read["at"] is None else {"at": f"{read['at']:%H:%M}"}
    return {key: read[key] for key in ("kind", "days_before", "minutes_before") if read[key] is not None} | at


def _time_of(reminder: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in reminder.items() if key != "kind"}


def _site(reader: Reader, found: Any, path: Path, authority: Mapping[str, Any], people: frozenset[str]) -> SitePlan:
    name = named("site", found, int(path[-1]))
    also = ("resources", "sessions", "closures")
    values = _with_list(reader.table(found, toml_fields.SITE, path, name, also=also), "features")
    if (values["easting"] is None) != (values["northing"] is None):
        missing = "easting" if values["easting"] is None else "northing"
        reader.note((*path, missing), f"{name} needs both easting and northing, or neither.")
    resources = _resources(reader, found, path, name)
    own_groups = _groups(found, path)
    groups = {slug: [slug] for slug in people} | dict(own_groups)
    closes = values["closes_on_bank_holidays"]
    holidays = HolidayRule(authority["division"], authority["closes_on_bank_holidays"] if closes is None else closes)
    sessions = tuple(
        read_session(reader, session, at, f"{named('session', session, int(at[-1]))} of {name}", groups, holidays)
        for session, at in reader.tables(found, "sessions", path, name)
    )
    closures = tuple(read_closures(reader, found, path, name, authority["zone"]))
    known = {resource["slug"] for resource in resources}
    for closure in closures:
        if closure.resource is not None and closure.resource not in known | people:
            reader.note((*closure.path, "resource"), f"{name} has no resource {closure.resource!r}.")
    return SitePlan(values, resources, frozenset(own_groups), sessions, closures, path)


def _resources(reader: Reader, found: Any, path: Path, name: str) -> tuple[Mapping[str, Any], ...]:
    """The resources of a site; one with a `count` means so many alike."""
    rows, slugs = [], []
    for number, (raw, at) in enumerate(reader.tables(found, "resources", path, name)):
        row = _with_list(
            reader.table(raw, toml_fields.RESOURCE, at, f"{named('resource', raw, number)} of {name}"), "skills"
        )
        several = _several(row)
        rows += several
        slugs += [(one["slug"], at) for one in several]
    reader.each_once(slugs, f"a resource of {name},")
    return tuple(rows)


def _several(row: dict[str, Any]) -> list[dict[str, Any]]:
    count = row.pop("count")
    if count is None:
        return [row]
    return [row | {"slug": f"{row['slug']}-{n}", "name": f"{row['name']} {n}"} for n in range(1, count + 1)]


def _groups(found: Any, path: Path) -> Mapping[str, Sequence[str]]:
    """Which resources each word means in a session: itself, or all of those counted under it."""
    groups: dict[str, list[str]] = {}
    for raw, _ in Reader().tables(found, "resources", path, ""):
        slug, count = (raw.get("slug"), raw.get("count")) if isinstance(raw, dict) else (None, None)
        if not isinstance(slug, str):
            continue
        members = [f"{slug}-{n}" for n in range(1, count + 1)] if isinstance(count, int) and 0 < count <= 200 else []
        groups[slug] = members or [slug]
        groups |= {member: [member] for member in members}
    return groups


def _with_list(row: dict[str, Any], key: str) -> dict[str, Any]:
    return row | {key: list(row[key] or ())}


def _note_repeats(
    reader: Reader, tables: Mapping[str, Any], sites: Sequence[SitePlan], closures: Sequence[ClosurePlan]
) -> None:
    services = reader.tables(tables, "services", (), "the file")
    slugs = [(found.get("slug"), path) for found, path in services if isinstance(found, dict)]
    reader.each_once([(slug, path) for slug, path in slugs if isinstance(slug, str)], "service")
    reader.each_once([(site.values["slug"], site.path) for site in sites], "site")
    for site in sites:
        reader.each_once([(one.slug, one.path) for one in site.sessions], f'a session of site "{site.values["slug"]}",')
    every = [*closures, *(closure for site in sites for closure in site.closures)]
    reader.each_once([(closure.slug, closure.path) for closure in every], "closure")
