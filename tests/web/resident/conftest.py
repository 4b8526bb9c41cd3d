"""A town that can be booked, and somebody who visits its pages."""

from __future__ import annotations

import pytest
from flask import Flask

from core.database import Store
from tests.support.town import Town, make_resident_app, make_town
from tests.web.resident.browser import Visitor


@pytest.fixture
def town(store: Store) -> Town:
    """Testshire."""
    return make_town(store)


@pytest.fixture
def town_app(store: Store, town: Town) -> Flask:
    """The resident's pages of Testshire."""
    return make_resident_app(store)


@pytest.fixture
def visitor(town_app: Flask) -> Visitor:
    """Somebody who visits."""
    return Visitor(town_app.test_client())
