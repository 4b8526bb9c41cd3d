"""How long a search for a resident takes among 100,000 of them: W10.

    python -m bench.resident_search [DATABASE_URL]

Half of the surnames are few and common, the others many and rare, as in a real register. Each search is one that nobody
has made before in this process, with another resident in mind.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

from sqlalchemy import insert, text

from core.database import Database, upgrade
from people.residents.details import name_key, phone_key, postcode_key, surname_of
from people.residents.resident_repository import name_token_rows
from people.residents.search_queries import find_residents
from people.residents.tables import Resident, ResidentNameToken
from tests.support.factories import make_authority

RESIDENTS, CHUNK, ROUNDS = 100_000, 5_000, 200
NOW, TODAY = datetime(2026, 11, 22, 9, tzinfo=UTC), date(2026, 11, 22)
ASKED_FOR = 100  # milliseconds, at the 95th percentile
FIRST = (
    "Mohammed Mohamed Muhammad David John Sarah Susan Margaret Siân Rhys Catherine Kathryn Amina Fatima Oksana Priya Wei"
    " Łukasz Agnieszka Olu Ngozi Chidi Aisha Yusuf Ibrahim Patrick Siobhán Niamh Elizabeth William James Robert Mary Linda"
).split()
LAST = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Evans Khan Ali Hussain Begum Singh Kaur Ahmed"
    " O'Brien Okafor Nguyen Kowalski Nowak Thomas Roberts Walker Green Hall Clarke Lewis Hughes Morgan Shah Al-Khatib"
).split()
STARTS, MIDDLES, ENDS = (
    "Al Bar Cor Dun Ed Fen Gar Hol Il Jen Kir Lan Mor Nor Os Pem Quil Ros Sed Tor Ul Ver Wal Yar Zel".split(),
    "a be di el fi ga ho in ka lo ma ne or pi ra so ta un vi we".split(),
    "by croft den er field gate ham ington kin ley man nock over poole rick son ton ward wick worth".split(),
)


@dataclass(frozen=True)
class SearchFigure:
    """The times of one kind of search, in milliseconds."""

    kind: str
    median: float
    slowest_twentieth: float


def run(database_url: str) -> list[SearchFigure]:
    """The figures of one database, which is filled for it: each kind of search, and all of them together."""
    upgrade(database_url)
    database = Database(database_url)
    try:
        authority_id, chance = make_authority(database, "scale"), random.Random(7)
        people = list(_people(authority_id, chance))
        _write(database, people)
        times = {kind: _times(database, authority_id, asked, chance, people) for kind, asked in KINDS.items()}
        times["all kinds of search"] = [one for found in times.values() for one in found]
        return [SearchFigure(kind, *_figures(found)) for kind, found in times.items()]
    finally:
        database.dispose()


def _figures(times: Sequence[float]) -> tuple[float, float]:
    parts = quantiles(times, n=20)
    return parts[9], parts[18]


def _times(
    database: Database,
    authority_id: int,
    asked: Callable[[Any, random.Random], str],
    chance: random.Random,
    people: Any,
) -> list[float]:
    times = []
    for number in range(-5, ROUNDS):
        wanted = asked(chance.choice(people), chance)
        began = perf_counter()
        with database.reading() as db:
            find_residents(db, authority_id, wanted, TODAY, limit=11)
        if number >= 0:
            times.append(1000 * (perf_counter() - began))
    return times


Person = Mapping[str, Any]


def _name(person: Person) -> str:
    return str(person["name"])


def _mistyped(word: str, chance: random.Random) -> str:
    """`word` with two letters in each other's place."""
    at = chance.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


KINDS: Mapping[str, Callable[[Person, random.Random], str]] = {
    "a whole name": lambda person, _: _name(person),
    "surname first": lambda person, _: " ".join(reversed(_name(person).split())),
    "three letters, while typing": lambda person, _: _name(person)[:3],
    "a first name and a letter": lambda person, _: _name(person)[: _name(person).index(" ") + 2],
    "a mistyped name": lambda person, chance: " ".join(_mistyped(word, chance) for word in _name(person).split()),
    "a name and half a postcode": lambda person, _: f"{_name(person)} {person['postcode'].split()[0]}",
    "the end of a telephone number": lambda person, _: person["phone"][-6:],
    "a whole telephone number": lambda person, _: person["phone"],
    "a postcode": lambda person, _: person["postcode"],
    "half a postcode": lambda person, _: person["postcode"].split()[0],
    "a date of birth": lambda person, _: f"{person['date_of_birth']:%d/%m/%Y}",
    "a name and a date of birth": lambda person, _: f"{_name(person)} {person['date_of_birth']:%d %B %Y}",
    "an email": lambda person, _: person["email"],
}


def _people(authority_id: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    rare = [start + middle + end for start in STARTS for middle in MIDDLES for end in ENDS]
    for number in range(1, RESIDENTS + 1):
        first = FIRST[min(int(chance.expovariate(0.1)), len(FIRST) - 1)]
        last = LAST[min(int(chance.expovariate(0.12)), len(LAST) - 1)] if chance.random() < 0.5 else chance.choice(rare)
        name = f"{first} {last}"
        phone = f"07{chance.randrange(10**9):09}"
        letters = "".join(chance.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
        postcode = f"N{chance.randrange(1, 30)} {chance.randrange(10)}{letters}"
        yield {
            "id": number,
            "authority_id": authority_id,
            "name": name,
            "surname": surname_of(name),
            "name_key": name_key(name),
            "email": f"{first}.{number}@example.org".lower(),
            "phone": phone,
            "phone_key": phone_key(phone),
            "postcode": postcode,
            "postcode_key": postcode_key(postcode),
            "date_of_birth": date(1930, 1, 1) + timedelta(days=chance.randrange(28_000)),
            "support_needs": [],
            "created_at": NOW,
        }


def _write(database: Database, people: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(people), CHUNK):
        chunk = people[start : start + CHUNK]
        tokens = [row for one in chunk for row in name_token_rows(one["authority_id"], one["id"], one["name"])]
        with database.writing() as db:
            db.connection().execute(insert(Resident), list(chunk))
            db.connection().execute(insert(ResidentNameToken), tokens)
    with database.writing() as db:
        db.execute(text("ANALYZE"))


def main(arguments: list[str]) -> None:
    """Print the figures of one database."""
    with tempfile.TemporaryDirectory() as folder:
        for figure in run(arguments[0] if arguments else f"sqlite:///{Path(folder, 'search.sqlite')}"):
            print(f"{figure.kind}: median {figure.median:.1f} ms, 95th percentile {figure.slowest_twentieth:.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
