"""Booking with a telephone number that thousands of residents share, beside one that nobody shares: W8.

    python -m bench.shared_number [DATABASE_URL]

A council enters its own switchboard for callers without a telephone, or a hostel's. Through the API, in-process.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from dataclasses import dataclass

from sqlalchemy import insert

from bench.limits import medians_in_turns
from core.clock import SystemClock
from core.database import Database, upgrade
from core.settings import Settings
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from people.staff.api_keys import create_api_key
from tests.support.factories import World, make_world, slots_of

SHARED, OWN = "020 7946 0100", "020 7946 01{:02}"
RESIDENTS, PAIRS, DESKS = 5_000, 80, 10


@dataclass(frozen=True)
class Figures:
    """Milliseconds of a booking with the shared number, and with a number of one's own."""

    shared: float
    own: float


def run(database_url: str) -> Figures:
    """The figures for one database, which is filled for it."""
    from wsgi import create_app

    upgrade(database_url)
    database = Database(database_url)
    try:
        world = make_world(database, desks=DESKS)
        _share_number(database, world)
        now = SystemClock().now()
        with database.writing() as db:
            key = create_api_key(db, name="bench", authority_id=world.authority_id, scopes=["book"], now=now)
        settings = Settings(
            database_url=database_url,
            secret_key="bench",
            is_test=True,
            api_rate_limit="1000000/second",
            log_level="WARNING",
        )
        client = create_app(settings, database=database).test_client()
        starts = slots_of(database, world, now)
        slots = iter([slot.token for desk in range(DESKS) for slot in starts if desk < slot.free])

        def book(phone: str) -> None:
            resident = {"name": f"Robin {secrets.token_hex(8)}", "phone": phone}
            body = {"slot": next(slots), "resident": resident}
            answer = client.post("/api/v1/appointments", json=body, headers={"Authorization": f"Bearer {key}"})
            if answer.status_code != 201:
                raise RuntimeError(answer.text)

        numbers = iter(range(100))
        nothing = lambda: None  # noqa: E731
        return Figures(
            *medians_in_turns(
                (lambda: book(SHARED), nothing), (lambda: book(OWN.format(next(numbers))), nothing), PAIRS
            )
        )
    finally:
        database.dispose()


def _share_number(database: Database, world: World) -> None:
    """Thousands of residents with one number: the first as the service makes it, the others like it."""
    now = SystemClock().now()
    with database.writing() as db:
        resident_id = create_resident(db, world.authority_id, ResidentDetails("Sam Sample", phone=SHARED), now)
        row = db.get_one(Resident, resident_id)
        columns = [column.name for column in Resident.__table__.columns if column.name != "id"]
        like_it = {name: getattr(row, name) for name in columns}
        db.connection().execute(
            insert(Resident), [like_it | {"name": f"Sam Sample {number}"} for number in range(RESIDENTS - 1)]
        )


def main(arguments: list[str]) -> None:
    """Print the figures of one database."""
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments[0] if arguments else f"sqlite:///{folder}/shared.sqlite")
    print(f"{figures.shared:.1f} ms with the shared number, {figures.own:.1f} ms with one's own")


if __name__ == "__main__":
    main(sys.argv[1:])
