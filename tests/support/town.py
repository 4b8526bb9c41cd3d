"""A made-up council with everything that the resident's pages can show: three places, a virtual one, four services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Flask

import web.app
import web.resident
import web.staff_guard
from api.key_guard import check_key
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import ROOT, Settings
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from tests.support.factories import (
    NOW,
    make_authority,
    make_resource,
    make_service,
    make_session,
    make_site,
)
from tests.support.loading import made_once

BOTH = ["in_person", "video", "phone"]


@dataclass(frozen=True)
class Town:
    """The ids of Testshire."""

    authority_id: int
    sites: dict[str, int]
    services: dict[str, int]


@made_once
def make_town(database: Database, /, slug: str = "testshire", **values: object) -> Town:
    """Testshire: a library with steps, a hub without, an office that has one desk, and a virtual room."""
    words = {
        "opening_words": "Book an appointment with Testshire",
        "brand_colour": "#0b5d4e",
        "email": "help@testshire.example",
    }
    authority = make_authority(database, slug, **(words | values))
    services = {
        "certify": make_service(
            database,
            authority,
            topic="Benefits and council tax",
            summary="We look at your documents and send proof to the benefits team.",
            documents=["Your passport or driving licence", "A bill with your address from the last 3 months"],
            online_instead="You can send clear photos of most documents.",
            online_url="https://testshire.example/send",
            post_instead="Or post copies to us. Never post the originals.",
        ),
        "advice": make_service(
            database,
            authority,
            "advice",
            name="Housing advice",
            topic="Housing",
            modes=BOTH,
            duration_minutes=45,
            summary="Talk to an adviser about your home.",
            documents=["Your tenancy agreement", "Letters from your landlord"],
        ),
        "registrar": make_service(
            database,
            authority,
            "registrar",
            name="Register a birth",
            topic="Births and deaths",
            bookable_online=False,
        ),
        "digital": make_service(
            database,
            authority,
            "digital",
            name="Help to get online",
            topic="",
            documents=[],
            open_limit=1,
        ),
    }
    sites = {
        "library": make_site(database, authority, "high-street", features=[]),
        "hub": make_site(
            database,
            authority,
            "riverside-hub",
            name="Riverside Community Hub",
            kind="hub",
            postcode="N12 0GA",
            address="20 River Road, Testshire",
            easting=526_300,
            northing=192_000,
            features=["step-free", "hearing-loop"],
        ),
        "office": make_site(
            database,
            authority,
            "town-hall",
            name="Town Hall",
            kind="office",
            postcode="HA8 0AS",
            address="Town Square, Testshire",
            easting=520_000,
            northing=190_500,
            features=["step-free"],
        ),
        "remote": make_site(
            database,
            authority,
            "remote",
            name="Phone and video",
            kind="virtual",
            joining_address="https://video.example.org/{room}",
            rings_from="01632 960099",
            postcode="",
            address="",
            easting=None,
            northing=None,
            features=[],
        ),
    }
    desks = {"library": 2, "hub": 3, "office": 1, "remote": 1}
    for name, site in sites.items():
        resources = [
            make_resource(database, authority, site, f"{name}-{number + 1}", skills=[]) for number in range(desks[name])
        ]
        offered = ["advice"] if name == "remote" else ["certify", "advice", "digital"]
        days = {"library": "MO,TU,WE,TH,FR", "office": "TU", "hub": "MO,WE,FR", "remote": "MO,TU,WE,TH,FR"}[name]
        make_session(
            database,
            authority,
            site,
            resources,
            [services[one] for one in offered],
            f"{name}-days",
            rrule=f"FREQ=WEEKLY;BYDAY={days}",
        )
    return Town(authority, sites, services)


def close_site(database: Database, town: Town, site: str, first: datetime, last: datetime) -> None:
    """Shut a place of the town for a time."""
    with database.writing() as db:
        db.add(
            Closure(
                authority_id=town.authority_id,
                site_id=town.sites[site],
                resource_id=None,
                slug=f"{site}-{first:%j%H}",
                starts_at=first,
                ends_at=last,
                reason="Boiler",
            )
        )
        bump_plan(db, town.authority_id, [town.sites[site]])


def make_resident_app(database: Database, now: datetime = NOW) -> Flask:
    """An application with the resident's pages alone, whose clock stands still."""
    app = Flask("front_door", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.secret_key = "for-tests-only"
    app.testing = True
    settings = Settings(database_url=database.url, secret_key="for-tests-only", is_test=True)
    app.extensions[EXTENSION] = Runtime(settings, database, FixedClock(now))
    web.app.install(app)
    web.staff_guard.install(app, check_key)
    app.register_blueprint(web.resident.blueprint)
    return app
