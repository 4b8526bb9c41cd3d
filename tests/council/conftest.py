"""A library with its administrator, and a second site."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from tests.support.factories import make_site, make_world
from tests.web.site.conftest import Library


@pytest.fixture
def library(app: Flask, database: Database, clock: FixedClock) -> Library:
    """Testshire's High Street Library at nine on a Monday, and a second site."""
    world = make_world(database, desks=2)
    other = make_site(database, world.authority_id, "mill-lane", name="Mill Lane Library")
    return Library(app, database, clock, world, other)


@pytest.fixture
def admin(library: Library) -> FlaskClient:
    """Somebody who changes the council's set-up, signed in."""
    return library.sign_in(Role.AUTHORITY_ADMIN)
