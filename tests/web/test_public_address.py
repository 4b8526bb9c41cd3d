"""Whatever a request says about who we are, links and redirects lead to PUBLIC_URL and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from tests.support.factories import make_world
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

EVIL = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
# One that needs its slash, one that must sign in, one that is written differently.
REDIRECTS = ["/testshire", "/staff/", "/staff", "/Testshire/", "/staff/calls"]


@pytest.fixture
def real(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    """The application as it runs for a council, behind one proxy."""
    make_world(database)
    real = replace(settings, is_test=False, public_url="https://appointments.example.org", trusted_proxies=1)
    return create_app(real, database=database, clock=clock)


@pytest.mark.parametrize("path", REDIRECTS)
@pytest.mark.parametrize("kind", ["real", "app"])
def test_a_redirect_is_a_path(request: pytest.FixtureRequest, kind: str, path: str, database: Database) -> None:
    app: Flask = request.getfixturevalue(kind)
    answer = app.test_client().get(path, headers=EVIL)
    assert "evil" not in str(answer.headers) + answer.text
    if 300 <= answer.status_code < 400:
        location = answer.headers["Location"]
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "//evil.example/..;/staff"])
def test_no_redirect_becomes_another_host(client: FlaskClient, path: str) -> None:
    answer = client.get(path, base_url="http://localhost")
    location = answer.headers.get("Location", "/")
    assert not location.startswith(("//", "/\\", "http"))


@pytest.mark.parametrize("typed", ["%0d%0aX-Split%3A%20yes", "%0a", "a%3Fb", "a%23b", "%5c%5cevil.example", "%25"])
def test_a_redirect_to_what_was_meant_leads_to_the_same_characters(client: FlaskClient, typed: str) -> None:
    """In capital letters, and with a slash too many: the rest of the address is passed on as it came."""
    for path in (f"/TESTSHIRE/appointment/{typed}", f"/testshire/appointment/{typed}/"):
        answer = client.get(path)
        assert answer.status_code == 301
        assert "X-Split" not in answer.headers
        assert answer.headers["Location"].lower() == f"/testshire/appointment/{typed}".lower()


def test_a_number_that_no_database_can_hold_is_an_unknown_address(app: Flask) -> None:
    app.testing = False
    adapter, client = app.url_map.bind("localhost"), app.test_client()
    numbered = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule]
    assert len(numbered) > 5
    for rule in numbered:
        values = dict.fromkeys(rule.arguments, 1)
        path = adapter.build(rule.endpoint, values, method=min(rule.methods or {"GET"})).replace("/1", f"/{2**63}")
        assert client.open(path, method=min(rule.methods or {"GET"})).status_code == 404, path


@pytest.mark.parametrize("way_out", ["..", "%2e%2e", "..%2f", "%2e%2e%2f", "..%5c", "%00", ".%2e", "....//", "/"])
def test_no_path_leads_out_of_the_static_files(client: FlaskClient, way_out: str) -> None:
    for folder in ("/static/", "/static/js/../", "/static/assets/x/", "/static/assets/../"):
        for target in ("wsgi.py", "etc/passwd", "../../etc/passwd", "migrations/env.py"):
            answer = client.get(f"{folder}{way_out}/{target}", follow_redirects=True)
            assert answer.status_code == 404, (folder, way_out, target)


def test_https_is_what_the_public_address_says(real: Flask) -> None:
    answer = real.test_client().get("/testshire/", headers=EVIL, base_url="http://10.0.0.7:8000")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"]
