"""Headers, error pages and assets of every page."""

from __future__ import annotations

import pytest
from flask import Flask

import web.app
from core.errors import NotAllowed, NotFound, RateLimited, ServiceError, SlotTaken
from core.problems import PROBLEMS, problem_of, problem_of_status
from core.settings import ROOT
from tests.support.pages import check_page

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def bare_app() -> Flask:
    """An application with two routes that fail."""
    app = Flask("front_door", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.secret_key = "for tests"
    web.app.install(app)

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("secret detail")

    @app.get("/api/v1/refused")
    @app.get("/refused/<name>")
    def refused(name: str = "slot_taken") -> str:
        errors: list[type[ServiceError]] = [NotFound, NotAllowed, RateLimited, SlotTaken]
        raise {error.code: error for error in errors}[name]

    return app


def test_every_answer_carries_the_headers(bare_app: Flask) -> None:
    headers = bare_app.test_client().get("/nothing").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered_once_it_was_used(bare_app: Flask) -> None:
    answer = bare_app.test_client().get("/nothing", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_request_id_is_taken_over_only_when_it_is_one(bare_app: Flask) -> None:
    client = bare_app.test_client()
    assert client.get("/x", headers={"X-Request-ID": "abcdef12"}).headers["X-Request-ID"] == "abcdef12"
    made = client.get("/x", headers={"X-Request-ID": "<script>"}).headers["X-Request-ID"]
    assert len(made) == 16


def test_a_crash_is_a_sound_page_that_tells_nothing(bare_app: Flask) -> None:
    answer = bare_app.test_client().get("/broken")
    page = check_page(answer.text)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-ID"] in page.text


@pytest.mark.parametrize(
    ("name", "status"), [("not_found", 404), ("not_allowed", 404), ("rate_limited", 429), ("slot_taken", 409)]
)
def test_each_refusal_is_a_sound_page(bare_app: Flask, name: str, status: int) -> None:
    answer = bare_app.test_client().get(f"/refused/{name}")
    assert answer.status_code == status
    assert check_page(answer.text).headings


def test_unknown_and_forbidden_answer_alike(bare_app: Flask) -> None:
    client = bare_app.test_client()
    unknown, forbidden = client.get("/refused/not_found"), client.get("/refused/not_allowed")
    assert unknown.text == forbidden.text


def test_programs_get_the_same_table_as_problem_json(bare_app: Flask) -> None:
    answer = bare_app.test_client().get("/api/v1/refused")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "slot_taken"
    assert answer.status_code == 409


def test_the_table_knows_every_code_of_the_contract() -> None:
    promised = {"validation", "not_found", "not_allowed", "slot_taken", "hold_expired", "too_soon", "too_far"}
    promised |= {"limit_reached", "idempotency_mismatch", "rate_limited"}
    assert promised <= PROBLEMS.keys()
    assert problem_of(ServiceError()).status == 500
    assert problem_of_status(405).status == 405


def test_an_asset_has_its_digest_in_its_address(bare_app: Flask) -> None:
    with bare_app.test_request_context():
        assert web.app.asset_url("front-door.css").startswith("/static/front-door.css?v=")
        assert web.app.asset_url("front-door.css") == web.app.asset_url("front-door.css")


def test_an_asset_that_is_missing_is_named(bare_app: Flask) -> None:
    with bare_app.test_request_context(), pytest.raises(FileNotFoundError, match=r"static/built/missing\.css"):
        web.app.asset_url("built/missing.css")
