"""Whether the service lives, is ready, and tells its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from reminders.heartbeat import record_heartbeat
from web.monitoring import make_blueprint
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")


def test_a_process_that_answers_is_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


@pytest.mark.databases("sqlite", "postgresql")
def test_it_is_ready_while_database_migrations_and_scheduler_are(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    with database.writing() as db:
        record_heartbeat(db, "worker-1", clock.now())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "checks": {"database": True, "migrations": True, "scheduler": True},
        "alarms": {
            "mail": True,
            "texts": True,
            "letters": True,
            "promises": True,
            "messages": True,
            "pauses": True,
            "batches": True,
            "programs": True,
            "calendars": True,
            "allowances": True,
            "urgent": True,
        },
    }


def test_without_a_heartbeat_of_the_scheduler_it_is_not_ready(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    assert client.get("/readyz").status_code == 503
    with database.writing() as db:
        record_heartbeat(db, "worker-1", clock.now())
    clock.advance(timedelta(seconds=61))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"] == {"database": True, "migrations": True, "scheduler": False}


@pytest.mark.databases("sqlite", "postgresql")
def test_a_database_that_is_behind_is_not_ready(client: FlaskClient, database: Database) -> None:
    with database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["migrations"] is False
    assert client.get("/healthz").status_code == 200


def test_a_check_that_breaks_is_a_check_that_fails() -> None:
    def broken() -> bool:
        raise OSError("the disk is gone")

    app = Flask("broken")
    app.register_blueprint(make_blueprint({"disk": broken}))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()) == (
        503,
        {"status": "unready", "checks": {"disk": False}, "alarms": {}},
    )


def test_requests_are_counted_and_timed_by_endpoint(client: FlaskClient) -> None:
    def counted() -> float:
        lines = client.get("/metrics").text.splitlines()
        name = 'front_door_requests_total{endpoint="health.alive",method="GET",status="200"}'
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)

    before = counted()
    client.get("/healthz")
    assert counted() == before + 1
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert "front_door_request_seconds_bucket" in answer.text


def test_invented_methods_are_counted_as_one(client: FlaskClient) -> None:
    """Each value of a label is kept for ever, so nobody outside may choose one."""
    for number in range(5):
        client.open("/healthz", method=f"INVENTED{number}")
    figures = client.get("/metrics").text
    assert "INVENTED" not in figures
    assert 'method="other"' in figures


def test_several_processes_count_together(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path_factory.mktemp("figures")))
    assert client.get("/metrics").status_code == 200


def test_security_txt_says_whom_to_tell_and_is_valid_for_less_than_a_year(
    client: FlaskClient, clock: FixedClock
) -> None:
    """RFC 9116: at least one Contact, exactly one Expires less than a year ahead, plain text in UTF-8."""
    answer = client.get("/.well-known/security.txt")
    lines = [line.partition(": ") for line in answer.text.splitlines()]
    fields = {name: value for name, _, value in lines}
    assert answer.content_type == "text/plain; charset=utf-8"
    assert len(fields) == len(lines)
    assert fields["Contact"] == "mailto:appointments@frontdoor.example"
    assert timedelta(0) < datetime.fromisoformat(fields["Expires"]) - clock.now() < timedelta(days=365)


def test_security_txt_names_the_contact_of_the_settings(settings: Settings, database: Database) -> None:
    app = create_app(replace(settings, security_contact="https://example.org/report"), database)
    assert "Contact: https://example.org/report\n" in app.test_client().get("/.well-known/security.txt").text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_the_figures_are_not_for_whoever_comes_through_a_proxy(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_the_figures_are_not_for_other_hosts(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404


def test_a_token_opens_the_figures_from_anywhere(settings: Settings, database: Database) -> None:
    client = create_app(replace(settings, metrics_token="of the figures"), database).test_client()
    far = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}, environ_base=far).status_code == 404
    assert (
        client.get("/metrics", headers={"Authorization": "Bearer of the figures"}, environ_base=far).status_code == 200
    )


@pytest.mark.databases("postgresql")
def test_a_database_that_takes_no_writes_is_not_ready(
    settings: Settings, database: Database, database_url: str, clock: FixedClock
) -> None:
    with database.writing() as db:
        record_heartbeat(db, "worker-1", clock.now())
    url = make_url(database_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    standby = Database(url.render_as_string(hide_password=False))
    answer = create_app(settings, standby, clock).test_client().get("/readyz")
    standby.dispose()
    assert answer.status_code == 503
    assert answer.get_json()["checks"] == {"database": False, "migrations": True, "scheduler": True}
