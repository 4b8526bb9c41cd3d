"""Whether services, sites and sessions fit together: nobody should book what nobody can serve. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locations.catchment import EVERYBODY, NAMED_ONLY, RULE
from locations.importing.council_plan import ClosurePlan, SitePlan
from locations.importing.table_reader import Reader
from locations.importing.toml_lines import Path
from locations.importing.value_checks import did_you_mean
from locations.model import ROOM, VIRTUAL_SITE, modes_of_site
from locations.triage_questions import LONGEST_VISIT, MOST_COUNTED

Services = Sequence[tuple[Mapping[str, Any], Path]]


def check_consistency(
    reader: Reader, services: Services, sites: Iterable[SitePlan], people: Sequence[Mapping[str, Any]]
) -> None:
    """Note sessions that offer unknown services, in modes that the site has not, or with nothing that can serve them."""
    known = {row["slug"]: row for row, _ in services if row["slug"] is not None}
    for site in sites:
        for slug in _known_services(reader, site, known):
            _note_wrong_mode(reader, site, known[slug])
            _note_unserved(reader, site, known[slug], people)
            _note_unjoinable(reader, site, known[slug])


def _known_services(reader: Reader, site: SitePlan, known: Mapping[str, Any]) -> Iterable[str]:
    offered: dict[str, None] = {}
    for session in site.sessions:
        for slug in session.services:
            if slug in known:
                offered[slug] = None
            else:
                hint = did_you_mean(slug, list(known)) or "; add it under [[services]]"
                what = f'session "{session.slug}" of site "{site.values["slug"]}" offers {slug!r}, which is no service'
                reader.note((*session.path, "services"), f"{what}{hint}.")
    return offered


def _with_article(kind: str) -> str:
    """ "an adviser", "a desk"."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _offering(site: SitePlan, slug: str) -> Path:
    return next(session.path for session in site.sessions if slug in session.services)


def _note_wrong_mode(reader: Reader, site: SitePlan, service: Mapping[str, Any]) -> None:
    possible = modes_of_site(site.values["kind"])
    if site.values["kind"] is not None and service["modes"] and set(possible).isdisjoint(service["modes"]):
        where = f'service "{service["slug"]}" cannot be given at site "{site.values["slug"]}"'
        reader.note(
            (*_offering(site, service["slug"]), "services"),
            f"{where}: the ways to meet for it are {', '.join(service['modes'])}, and a {site.values['kind']} site has "
            f"{' and '.join(sorted(possible))}.",
        )


def _note_unjoinable(reader: Reader, site: SitePlan, service: Mapping[str, Any]) -> None:
    """A video that nobody can join: neither the site nor all that its sessions open for the service has an address."""
    if site.values["kind"] != VIRTUAL_SITE or "video" not in service["modes"] or site.values["joining_address"]:
        return
    addresses = {row["slug"]: row["joining_address"] for row in site.resources}
    for session in site.sessions:
        if service["slug"] in session.services and not any(addresses.get(slug) for slug in session.resources):
            reader.note(
                (*site.path, "slug"),
                f'site "{site.values["slug"]}" gives service "{service["slug"]}" by video, and nobody could join it: add '
                f'joining_address, such as "https://video.example.org/{ROOM}".',
            )
            return


def _note_unserved(
    reader: Reader, site: SitePlan, service: Mapping[str, Any], people: Sequence[Mapping[str, Any]]
) -> None:
    """Every requirement needs at least one resource that some session opens for the service."""
    open_here = {slug for session in site.sessions if service["slug"] in session.services for slug in session.resources}
    open_rows = [row for row in (*site.resources, *people) if row["slug"] in open_here]
    for need in service["requirements"]:
        has_one = any(row["kind"] == need["kind"] and set(need["skills"]) <= set(row["skills"]) for row in open_rows)
        if need["kind"] is not None and not has_one:
            skills = f" with {', '.join(need['skills'])}" if need["skills"] else ""
            what = f'service "{service["slug"]}" needs {_with_article(need["kind"])}{skills}'
            reader.note(
                (*_offering(site, service["slug"]), "services"),
                f'{what}, and no session of site "{site.values["slug"]}" opens one for it.',
            )


def note_endings(reader: Reader, kind: str, rows: Iterable[tuple[Mapping[str, Any], Path]]) -> None:
    """Note what ends for good and names nothing to go to instead, and what names it without an end."""
    rows = list(rows)
    slugs = [row["slug"] for row, _ in rows if row["slug"]]
    for row, path in rows:
        name, successor = f'{kind} "{row["slug"]}"', row["successor"]
        if (successor or row["where_to_go"]) and row["closed_from"] is None:
            key = "successor" if successor else "where_to_go"
            reader.note((*path, key), f"{name} says where to go instead: add closed_from, the first date.")
        if successor and successor == row["slug"]:
            reader.note((*path, "successor"), f"{name} is its own successor: name another {kind}.")
        elif successor and successor not in slugs:
            hint = did_you_mean(successor, slugs) or f"; name another {kind} of this file"
            reader.note((*path, "successor"), f"{name} has the successor {successor!r}, which is no {kind}{hint}.")
        if row["closed_from"] is not None and not (successor or row["where_to_go"]):
            reader.note((*path, "where_to_go"), f"{name} is shut for good: add successor or where_to_go.")


def note_closures_of_nothing(reader: Reader, services: Services, closures: Iterable[ClosurePlan]) -> None:
    """Note closures that shut a service or a topic that the council does not have."""
    slugs = [row["slug"] for row, _ in services if row["slug"]]
    topics = sorted({row["topic"] for row, _ in services if row["topic"]})
    for closure in closures:
        name = f'closure "{closure.slug}"'
        if closure.service is not None and closure.service not in slugs:
            hint = did_you_mean(closure.service, slugs) or "; add it under [[services]]"
            reader.note((*closure.path, "service"), f"{name} shuts {closure.service!r}, which is no service{hint}.")
        if closure.topic and closure.topic not in topics:
            hint = did_you_mean(closure.topic, topics)
            reader.note((*closure.path, "topic"), f"{name} shuts {closure.topic!r}, which is no topic{hint}.")


def note_unknown_order(reader: Reader, order: Sequence[str], services: Services) -> None:
    """Note what the order of the first page names and is no service."""
    slugs = [row["slug"] for row, _ in services if row["slug"]]
    for slug in order:
        if slug not in slugs:
            hint = did_you_mean(slug, slugs) or "; add it under [[services]]"
            what = f"service_order of [authority] has {slug!r}, which is no service{hint}."
            reader.note(("authority", "service_order"), what)


def note_lengths(reader: Reader, service: Mapping[str, Any], path: Path, name: str) -> None:
    """Note questions whose answers cannot make the visit longer as they say: too long, two of them, or not by a number."""
    counting = [one for one in service["triage_questions"] if one.get("minutes_each")]
    at = (*path, "triage_questions")
    if len(counting) > 1:
        reader.note(at, f"{name} has two questions with minutes_each: leave one.")
    for question in service["triage_questions"]:
        each = question.get("minutes_each")
        if question.get("most") and not each:
            reader.note(at, f"a triage question of {name} has most: it needs minutes_each as well.")
        if each and question.get("wrong_answer"):
            what = "has minutes_each, so that its answer is a number, and wrong_answer: leave one of them out."
            reader.note(at, f"a triage question of {name} {what}")
        if each and service["duration_minutes"]:
            longest = service["duration_minutes"] + each * (question.get("most") or MOST_COUNTED)
            if longest > LONGEST_VISIT:
                what = (
                    f"could take {longest} minutes by its question with minutes_each, and the most is {LONGEST_VISIT}"
                )
                reader.note(at, f"{name} {what}: make minutes_each or most smaller.")


def note_confirmation(reader: Reader, service: Mapping[str, Any], path: Path, name: str) -> None:
    """Note an answer that is due so late that nobody else could have the time."""
    days, hours = service["confirm_days_before"], service["confirm_within_hours"]
    if days is not None and hours is not None and hours > (days - 1) * 24:
        reader.note(
            (*path, "confirm_within_hours"),
            f"{name} asks people {days} days before: confirm_within_hours must be {(days - 1) * 24} or less, a day before.",
        )


def note_case_number(reader: Reader, service: Mapping[str, Any], path: Path, name: str) -> None:
    """Note rules for a number that nobody is asked for."""
    for key in ("case_number_form", "case_number_listed"):
        if service[key] and not service["case_number"]:
            reader.note((*path, key), f"{name} has {key}: add case_number, what you call the number, or leave it out.")


def note_catchment(reader: Reader, service: Mapping[str, Any], path: Path, name: str) -> None:
    """Note a rule that does not say what others do instead, and such words without a rule or preference."""
    areas, instead = [*service["catchment"], *service["wards"]], service["catchment_instead"]
    adviser, at = service["named_adviser"], (*path, "named_adviser")
    if areas and service["catchment_kind"] == RULE and not instead:
        key = "catchment" if service["catchment"] else "wards"
        reader.note((*path, key), f"{name} is for some areas alone: add catchment_instead for everybody else.")
    elif adviser == NAMED_ONLY and not instead:
        reader.note(at, f"{name} is for people with a named adviser alone: add catchment_instead for everybody else.")
    if instead and not areas and adviser == EVERYBODY:
        reader.note(
            (*path, "catchment_instead"), f"{name} has catchment_instead: add catchment or wards, or leave it out."
        )
    if adviser != EVERYBODY and all(need["kind"] != "adviser" for need in service["requirements"]):
        reader.note(at, f"{name} has named_adviser, and needs no adviser: add one to its requirements.")
