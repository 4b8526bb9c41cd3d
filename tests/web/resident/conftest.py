"""A town that can be booked, and somebody who visits its pages."""

from __future__ import annotations

import pytest
from flask import Flask

from core.database import Database
from tests.support.town import Town, make_resident_app, make_town
from tests.web.resident.browser import Visitor


@pytest.fixture
def town(database: Database) -> Town:
    """Testshire."""
    return make_town(database)


@pytest.fixture
def town_app(database: Database, town: Town) -> Flask:
    """The resident's pages of Testshire."""
    return make_resident_app(database)


@pytest.fixture
def visitor(town_app: Flask) -> Visitor:
    """Somebody who visits."""
    return Visitor(town_app.test_client())
