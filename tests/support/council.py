"""A small council for the tests of people: two authorities, two sites, and one member of staff for each role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

import api.key_guard
import people.staff.access_marks
import web.account.staff_pages
import web.app
import web.staff_guard
from api.key_guard import check_key
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import ROOT, Settings
from locations.tables import Authority, Site
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.api_keys import create_api_key
from people.staff.policy import Action, Role
from people.staff.tables import StaffMember

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.10"


@dataclass(frozen=True)
class Council:
    """Ids of what the fixture made."""

    northbank: int
    elsewhere: int
    hill: int
    mill: int
    far: int


@pytest.fixture
def council(database: Database) -> Council:
    """Northbank with the libraries Hill and Mill, and Elsewhere with the library Far."""
    with database.writing() as db:
        authorities = [
            Authority(slug=slug, name=slug.capitalize(), reminder_plan=[]) for slug in ("northbank", "elsewhere")
        ]
        db.add_all(authorities)
        db.flush()
        north, other = authorities[0].id, authorities[1].id
        sites = [
            Site(authority_id=owner, slug=slug, name=f"{slug.capitalize()} Library", kind="library", features=[])
            for owner, slug in ((north, "hill"), (north, "mill"), (other, "far"))
        ]
        db.add_all(sites)
        db.flush()
        return Council(north, other, *(site.id for site in sites))


def make_staff(database: Database, clock: FixedClock, authority_id: int, role: Role, **changes: object) -> StaffMember:
    """A member of staff with the fixed password; `site_id` and `email` may be given."""
    site_id = changes.get("site_id")
    email = str(changes.get("email", f"{role.value}.{authority_id}.{site_id or 'all'}@example.org"))
    scope = RoleScope(authority_id, site_id if isinstance(site_id, int) else None)
    new = NewStaff(
        email=email, role=role.value, scope=scope, password=PASSWORD, name=role.value.replace("_", " ").capitalize()
    )
    with database.writing() as db:
        return add_staff(db, new, actor=Actor.system(), now=clock.now())


def make_key(database: Database, clock: FixedClock, authority_id: int, *scopes: str) -> str:
    """A new API key with `scopes`."""
    with database.writing() as db:
        return create_api_key(db, name="A test program", authority_id=authority_id, scopes=scopes, now=clock.now())


@pytest.fixture
def secure_settings(settings: Settings) -> Settings:
    """The same, reached by https."""
    return replace(settings, public_url="https://appointments.example.org")


def make_people_app(settings: Settings, database: Database, clock: FixedClock) -> Flask:
    """The guard and the staff's pages, with a few views to guard."""
    app = Flask("front_door", root_path=str(ROOT), template_folder="templates", static_folder=str(Path(ROOT, "static")))
    app.config.update(SECRET_KEY=settings.secret_key, TESTING=True)
    app.extensions[EXTENSION] = Runtime(settings, database, clock)
    web.app.install(app)
    web.staff_guard.install(app, check_key)
    app.register_blueprint(web.account.staff_pages.blueprint)
    app.register_blueprint(_guarded_views())
    return app


def _guarded_views() -> Blueprint:
    views = Blueprint("guarded", __name__)

    @views.route("/open", methods=["GET", "POST"])
    @people.staff.access_marks.public
    def open_to_all() -> str:
        return "open"

    @views.route("/unmarked", methods=["GET", "POST"])
    def unmarked() -> str:
        return "a view that somebody forgot to mark"

    @views.route("/staff/find", methods=["GET", "POST"])
    @people.staff.access_marks.requires(Action.FIND_RESIDENT)
    def find() -> str:
        return "found"

    @views.route("/staff/sites/<site>/list", methods=["GET", "POST"])
    @people.staff.access_marks.requires(Action.SEE_DAY_LIST, site_arg="site")
    def day_list(site: str) -> str:
        return f"the list of {site}"

    @views.route("/api/read")
    @people.staff.access_marks.api_scope("read")
    def api_read() -> str:
        return api.key_guard.api_actor().name

    @views.route("/api/book", methods=["POST"])
    @people.staff.access_marks.api_scope("book")
    def api_book() -> str:
        return "booked"

    @views.route("/api/published/<state>")
    @people.staff.access_marks.api_scope("read", open_when_published=True)
    def api_published(state: str) -> str:
        api.key_guard.require_published(state == "yes")
        return "slots"

    return views


@pytest.fixture
def people_app(settings: Settings, database: Database, clock: FixedClock, council: Council) -> Flask:
    """The small application, with the council's places in its database."""
    return make_people_app(settings, database, clock)


@pytest.fixture
def visitor(people_app: Flask) -> Iterator[FlaskClient]:
    """A browser that has not signed in."""
    with people_app.test_client() as client:
        client.environ_base["REMOTE_ADDR"] = ADDRESS
        yield client
