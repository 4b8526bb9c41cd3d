"""Requests take turns with their time running; whoever gets none is refused, and probes need none."""

from __future__ import annotations

import runpy
import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from core.database import Database
from core.deadlines import seconds_left, time_limit
from core.settings import ROOT
from tests.support.pages import check_page
from web.admission import AT_ONCE, THREADS, WAITING, Admission, refuse
from web.bounded_worker import BoundedThreadWorker

pytestmark = pytest.mark.databases("sqlite")


class Gated:
    """An application whose view waits until it is told, behind a layer with one turn."""

    def __init__(self, waiting: int) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()
        self.app = Flask("gated")
        self.app.before_request(refuse)
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.app.add_url_rule("/slow", "slow", self._slow)
        self.app.add_url_rule("/echo", "echo", lambda: "echo", methods=["GET", "POST"])
        self.app.add_url_rule("/healthz", "healthz", lambda: "alive")
        self.app.wsgi_app = Admission(  # type: ignore[method-assign]
            self.app.wsgi_app, longest_body=1000, at_once=1, waiting=waiting
        )

    def _slow(self) -> str:
        self.entered.set()
        self.leave.wait(30)
        return "done"

    def status(self, path: str) -> int:
        return self.app.test_client().get(path).status_code


@pytest.mark.parametrize("waiting", [0, 1])
def test_who_gets_no_turn_is_refused_in_time_and_probes_are_answered(waiting: int) -> None:
    gated = Gated(waiting)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(gated.status, "/slow")
        assert gated.entered.wait(30)
        began = monotonic()
        with time_limit(0.3):
            assert gated.status("/echo") == 500  # this bare application has no page for it
        assert monotonic() - began < 5
        assert gated.status("/healthz") == 200
        gated.leave.set()
        assert slow.result() == 200
    assert gated.status("/echo") == 200


def test_a_turn_is_given_back_when_the_view_fails() -> None:
    gated = Gated(0)

    @gated.app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the view failed")

    assert [gated.status("/broken") for _ in range(3)] == [500] * 3
    assert gated.status("/echo") == 200


def test_a_request_has_an_end_and_the_next_one_another() -> None:
    gated, left = Gated(0), list[float]()

    @gated.app.get("/left")
    def note_left() -> str:
        left.append(seconds_left(100.0))
        return ""

    assert [gated.status("/left") for _ in range(2)] == [200, 200]
    assert all(8 < one <= 9 for one in left)
    assert seconds_left(100.0) == 100.0


def test_a_writer_that_holds_sqlite_is_waited_for_within_the_request(app: Flask, database: Database) -> None:
    client: FlaskClient = app.test_client()
    (form,) = check_page(client.get("/staff/sign-in").text).forms
    with database.engine.execution_options(is_write=True).connect() as holder:
        holder.execute(text("SELECT 1"))
        with time_limit(0.5):
            answer = client.post(form.action, data=form.values(email="jane@example.org", password="three random words"))
    assert answer.status_code == 503
    assert check_page(answer.text).forms[0].fields["email"] == ["jane@example.org"]


def test_gunicorn_has_threads_for_all_who_work_or_wait_and_some_to_spare() -> None:
    configured = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert configured["threads"] == THREADS >= AT_ONCE + WAITING + 10
    package, _, name = str(configured["worker_class"]).rpartition(".")
    assert (package, name) == (BoundedThreadWorker.__module__, BoundedThreadWorker.__name__)
