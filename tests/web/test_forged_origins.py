"""Where a request comes from is what the connection says, and what the proxies that are trusted say; nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from tests.support.factories import make_world
from tests.support.pages import read_page
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

AT_ONCE = 10  # lost links of one origin


def sent(client: FlaskClient, number: int, forwarded: str) -> int:
    """The status of the answer to one more request for a lost link, whose headers name an origin each time."""
    form = read_page(client.get("/testshire/find").text).form_to("/find")
    headers = {
        "X-Forwarded-For": forwarded,
        "X-Real-IP": f"198.51.100.{number}",
        "Forwarded": f"for=198.51.100.{number}",
    }
    data = form.values(reference="22222222", surname="Sample")
    return client.post("/testshire/find", data=data, headers=headers).status_code


def with_proxies(settings: Settings, database: Database, clock: FixedClock, trusted: int) -> Flask:
    make_world(database)
    return create_app(replace(settings, trusted_proxies=trusted), database=database, clock=clock)


@pytest.mark.parametrize(
    ("trusted", "forwarded"),
    [(0, "198.51.100.{0}"), (1, "198.51.100.{0}, 192.0.2.1"), (2, "198.51.100.{0}, 192.0.2.1, 10.0.0.1")],
)
def test_an_origin_that_the_sender_invents_is_not_believed(
    settings: Settings, database: Database, clock: FixedClock, trusted: int, forwarded: str
) -> None:
    client = with_proxies(settings, database, clock, trusted).test_client()
    answers = [sent(client, number, forwarded.format(number)) for number in range(AT_ONCE + 2)]
    assert answers == [303] * AT_ONCE + [303, 429]  # one more in a minute, once the first ones are used up


def test_origins_that_a_trusted_proxy_names_are_told_apart(
    settings: Settings, database: Database, clock: FixedClock
) -> None:
    client = with_proxies(settings, database, clock, 1).test_client()
    answers = {sent(client, number, f"192.0.2.{number}") for number in range(AT_ONCE + 5)}
    assert answers == {303}
