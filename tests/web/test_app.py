"""Headers, error pages and assets of every page."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask

import web.app
from core.clock import FixedClock
from core.database import Database
from core.errors import NotAllowed, NotFound, RateLimited, ServiceError, SlotTaken
from core.flask_context import EXTENSION
from core.problems import PROBLEMS, problem_of, problem_of_status
from core.runtime import Runtime
from core.settings import ROOT, Settings
from tests.support.pages import check_page
from web.assets import asset_url, module_urls

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def bare_app(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    """An application with two routes that fail, and no council."""
    app = Flask("front_door", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.secret_key = "for tests"
    app.extensions[EXTENSION] = Runtime(settings, database, clock)
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
    promised |= {"limit_reached", "idempotency_mismatch", "rate_limited", "unavailable"}
    assert promised <= PROBLEMS.keys()
    assert problem_of(ServiceError()).status == 500
    assert problem_of_status(405).status == 405


def test_an_asset_has_its_digest_in_its_address(bare_app: Flask) -> None:
    with bare_app.test_request_context():
        assert asset_url("front-door.css").endswith("/front-door.css")
        assert asset_url("front-door.css") == asset_url("front-door.css")


def test_an_asset_that_is_missing_is_named(bare_app: Flask) -> None:
    with bare_app.test_request_context(), pytest.raises(FileNotFoundError, match=r"static/built/missing\.css"):
        asset_url("built/missing.css")


def make_static(folder: Path, imported: str) -> Path:
    """A static folder with two scripts, of which `js/page.js` imports the other, whose text is `imported`."""
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "page.js").write_text('import { part } from "./part.js";\n')
    (folder / "js" / "part.js").write_text(imported)
    return folder


def address_of_imported(static: Path) -> str:
    """The address at which a browser loads `js/part.js` when a page of an application with this folder imports it."""
    app = Flask("front_door", root_path=str(ROOT), static_folder=str(static), static_url_path="/static")
    web.app.install(app)
    with app.test_request_context():
        return urljoin(asset_url("js/page.js"), "./part.js")


def test_a_change_of_an_imported_script_changes_the_address_at_which_it_is_loaded(tmp_path: Path) -> None:
    before = address_of_imported(make_static(tmp_path / "before", "export const part = 1;\n"))
    again = address_of_imported(make_static(tmp_path / "again", "export const part = 1;\n"))
    after = address_of_imported(make_static(tmp_path / "after", "export const part = 2;\n"))
    assert before == again != after


IMPORT = re.compile(r"""^import .*?from "(.+)";$""", re.MULTILINE)


@pytest.mark.parametrize("entry", ["js/front_door.js", "js/agent.js", "js/site.js"])
def test_what_scripts_import_is_kept_for_ever_at_the_address_of_their_digest(bare_app: Flask, entry: str) -> None:
    client = bare_app.test_client()
    with bare_app.test_request_context():
        address = asset_url(entry)
        preloaded = module_urls(entry)
    folder = address.removesuffix(entry)
    found, waiting = set(), [address]
    while waiting:
        address = waiting.pop()
        with client.get(address) as answer:
            text = answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript"), address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert address.startswith(folder)
        found.add(address)
        imported = {urljoin(address, name) for name in IMPORT.findall(text)}
        waiting += imported - found
    assert len(found) > 1
    assert sorted(preloaded) == sorted(found)


def test_a_script_asked_for_by_another_versions_digest_is_not_kept(bare_app: Flask) -> None:
    with bare_app.test_client().get("/static/assets/0123456789ab/js/agent.js") as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
