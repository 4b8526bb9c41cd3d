"""Every test gets a database with the tables and nothing else, whatever the test before it did."""

import socket

import psycopg
import pytest
from sqlalchemy import delete, select

import core.database
from core.database import Database
from locations.tables import Authority
from tests.support.factories import make_authority
from tests.support.loading import made_once
from tests.support.postgres import PostgresServer
from tests.support.sockets import OutsideConnectionError, is_this_machine, only_this_machine


def libpq(url: str) -> str:
    return url.replace("+psycopg", "")


def test_a_database_is_migrated(database: Database) -> None:
    assert core.database.is_up_to_date(database)


def test_what_a_test_wrote_is_gone_for_the_next(postgres: PostgresServer) -> None:
    for _ in range(2):
        with postgres.database() as url:
            database = Database(url)
            with database.writing() as db:
                authority = Authority(slug="north", name="North", reminder_plan=[])
                db.add(authority)
                db.flush()
                assert authority.id == 1
            database.dispose()


def test_a_database_whose_tables_were_changed_is_not_used_again(postgres: PostgresServer) -> None:
    with postgres.database() as url, psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE left_behind (id int)")
    with postgres.database() as again:
        assert again != url


def test_what_is_made_once_is_copied_with_its_ids_and_counted_on_from(database: Database) -> None:
    calls = []

    @made_once
    def make_north(database: Database, /, name: str) -> int:
        calls.append(name)
        return make_authority(database, "north", name=name)

    first = make_north(database, "North")
    with database.writing() as db:
        db.execute(delete(Authority))
    assert make_north(database, "North") == first
    with database.reading() as db:
        assert db.execute(select(Authority.id, Authority.slug, Authority.name)).all() == [(first, "north", "North")]
    assert make_authority(database, "south") == first + 1
    assert calls == ["North"]


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("::1", 80, 0, 0), ("localhost", 80), "/tmp/socket"])
def test_this_machine_can_be_reached(address: object) -> None:
    assert is_this_machine(address)


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80), ("2001:db8::1", 80, 0, 0)])
def test_another_machine_cannot_be_reached(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with only_this_machine(), socket.socket(family) as outside, pytest.raises(OutsideConnectionError):
        outside.connect(address)
