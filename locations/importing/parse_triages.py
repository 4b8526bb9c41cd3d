"""The triages of a council in its file: each a tree of questions that leads everybody to an outcome that holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locations.importing import toml_fields, triage_fields
from locations.importing.council_plan import SitePlan
from locations.importing.table_reader import Reader, named
from locations.importing.toml_lines import Path
from locations.importing.value_checks import did_you_mean
from locations.triage.tree import BOOK, COME_TODAY, ELSEWHERE, ONLINE, POST, RING, tree_of
from locations.triage.tree_checks import Problem, problems_of

Rows = Sequence[tuple[Mapping[str, Any], Path]]
MOST_QUESTIONS, MOST_OUTCOMES, MOST_ANSWERS, MOST_SERVICES = 40, 40, 9, 2
# What an outcome of each kind must say.
NEEDED: Mapping[str, tuple[str, ...]] = {
    BOOK: ("services",),
    ONLINE: ("url",),
    POST: ("text",),
    RING: ("phone", "hours"),
    COME_TODAY: ("sites", "services"),
    ELSEWHERE: ("who", "phone", "hours"),
}
TEXTS: Mapping[str, str] = {
    "no_first": "begins with {slug!r}, which is none of its questions",
    "no_answers": "has question {slug!r} without answers: it is a dead end",
    "leads_nowhere": "leads from question {slug!r} by the answer {0!r} to {1!r}, which is none of its questions or outcomes",
    "loop": "goes round in a loop: {way}",
    "unreachable": "has {slug!r}, to which no answer leads",
    "urgent_ends_wrong": "leads an urgent answer ({way}) to outcome {slug!r}: it must be to ring now or to come today",
    "urgent_without_number": "leads an urgent answer ({way}) to outcome {slug!r}, to come today: give it a phone as well",
    "homelessness_online_alone": (
        "leads somebody who may lose their home ({way}) to outcome {slug!r}, online or by post alone: give it a phone too"
    ),
}


def read_triages(reader: Reader, tables: Mapping[str, Any], services: Rows, sites: Iterable[SitePlan]) -> Rows:
    """The triages of the file."""
    triages = []
    for number, (found, path) in enumerate(reader.tables(tables, "triages", (), "the file")):
        name = named("triage", found, number)
        triages.append((_triage(reader, found, path, name), path))
    reader.each_once([(row["slug"], path) for row, path in triages], "triage")
    _note_unknown(reader, triages, services, {site.values["slug"]: site for site in sites})
    _note_two_in_front(reader, triages, services)
    return triages


def _triage(reader: Reader, found: Any, path: Path, name: str) -> dict[str, Any]:
    row = reader.table(found, toml_fields.TRIAGE, path, name, also=("questions", "outcomes"))
    row |= {key: list(row[key] or ()) for key in ("services", "topics")}
    row["questions"] = [_question(reader, *one, name) for one in reader.tables(found, "questions", path, name)]
    row["outcomes"] = [_outcome(reader, *one, name) for one in reader.tables(found, "outcomes", path, name)]
    for key, most in (("questions", MOST_QUESTIONS), ("outcomes", MOST_OUTCOMES)):
        if len(row[key]) > most:
            reader.note((*path, key), f"{name} has {len(row[key])} {key}; the most is {most}.")
    parts = [(one["slug"], (*path, key, n)) for key in ("questions", "outcomes") for n, one in enumerate(row[key])]
    reader.each_once(parts, f"a question or outcome of {name},")
    if not (row["services"] or row["topics"] or row["front_page"]):
        reader.note(path, f"{name} stands in front of nothing: add services, topics or front_page = true.")
    if _is_whole(row):
        for problem in problems_of(tree_of(row)):
            _note_problem(reader, problem, row, path, name)
    return row


def _is_whole(row: Mapping[str, Any]) -> bool:
    """Whether every key that a tree needs could be read."""
    parts = (*row["questions"], *row["outcomes"], *(answer for one in row["questions"] for answer in one["answers"]))
    names = ("slug", "first")
    return all(row[name] for name in names) and all(
        part.get(key) for part in parts for key in part if key in _NEEDED_KEYS
    )


_NEEDED_KEYS = frozenset({"slug", "ask", "answer", "leads_to", "kind", "title"})


def _question(reader: Reader, found: Any, path: Path, name: str) -> dict[str, Any]:
    what = f"{named('question', found, int(path[-1]))} of {name}"
    row = reader.table(found, triage_fields.QUESTION, path, what, also=("answers",))
    answers = [
        _kept(reader.table(answer, triage_fields.ANSWER, at, f"an answer of {what}"))
        for answer, at in reader.tables(found, "answers", path, what)
    ]
    if len(answers) > MOST_ANSWERS:
        reader.note((*path, "answers"), f"{what} has {len(answers)} answers; the most is {MOST_ANSWERS}.")
    return _kept(row) | {"answers": answers}


def _outcome(reader: Reader, found: Any, path: Path, name: str) -> dict[str, Any]:
    what = f"{named('outcome', found, int(path[-1]))} of {name}"
    row = reader.table(found, triage_fields.OUTCOME, path, what)
    for key in NEEDED.get(row["kind"] or "", ()):
        if not row[key]:
            reader.note((*path, "kind"), f"{what} is {row['kind']}: it needs {key}.")
    if len(row["services"] or ()) > MOST_SERVICES:
        reader.note(
            (*path, "services"), f"{what} has more than {MOST_SERVICES} services, which is the most in one visit."
        )
    return _kept(row)


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """The part as it is stored: without what says nothing, but for what it must have."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in row.items()
        if value or key in _NEEDED_KEYS
    }


def _note_problem(reader: Reader, problem: Problem, row: Mapping[str, Any], path: Path, name: str) -> None:
    at = path
    for key in ("questions", "outcomes"):
        at = next(((*path, key, n) for n, one in enumerate(row[key]) if one["slug"] == problem.slug), at)
    if problem.code == "no_first":
        at = (*path, "first")
    words = TEXTS[problem.code].format(*problem.others, slug=problem.slug, way=", ".join(problem.others))
    known = [one["slug"] for key in ("questions", "outcomes") for one in row[key]]
    hint = did_you_mean(problem.others[1], known) if problem.code == "leads_nowhere" else ""
    reader.note(at, f"{name} {words}{hint}.")


def _note_unknown(reader: Reader, triages: Rows, services: Rows, sites: Mapping[str, SitePlan]) -> None:
    """Note services, topics and sites that the council does not have."""
    slugs = {row["slug"]: row for row, _ in services if row["slug"]}
    topics = sorted({row["topic"] for row, _ in services if row["topic"]})
    for triage, path in triages:
        places: list[tuple[Any, Path, str]] = [(triage, path, f'triage "{triage["slug"]}"')]
        for number, one in enumerate(triage["outcomes"]):
            at = (*path, "outcomes", number)
            places.append((one, at, f'outcome "{one["slug"]}" of triage "{triage["slug"]}"'))
        for table, at, name in places:
            for key, known in (("services", list(slugs)), ("topics", topics), ("sites", list(sites))):
                _note_unknown_names(reader, table.get(key, ()), known, key, (at, name))


def _note_unknown_names(
    reader: Reader, given: Iterable[str], known: Sequence[str], key: str, place: tuple[Path, str]
) -> None:
    for one in given:
        if one not in known:
            hint = did_you_mean(one, known) or "; name one of this file"
            reader.note((*place[0], key), f"{place[1]} names {one!r}, which is none of the {key}{hint}.")


def _note_two_in_front(reader: Reader, triages: Rows, services: Rows) -> None:
    """Note a service, and the front page, with two triages in front of it."""
    first: dict[str, str] = {}
    for triage, path in triages:
        behind = {row["slug"] for row, _ in services if row["topic"] and row["topic"] in triage["topics"]}
        for slug in sorted({*triage["services"], *behind}):
            if first.setdefault(slug, triage["slug"]) != triage["slug"]:
                what = (
                    f'service "{slug}" is behind triage "{first[slug]}" and triage "{triage["slug"]}": leave it to one.'
                )
                reader.note((*path, "services"), what)
        if triage["front_page"] and first.setdefault("", triage["slug"]) != triage["slug"]:
            reader.note((*path, "front_page"), f'the front page has triage "{first[""]}" already: leave it to one.')
