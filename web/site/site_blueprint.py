"""The blueprint of a site's screens, and their paths."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("site", __name__)
SITE_PATH = "/staff/sites/<site>"
DAY_PATH = f"{SITE_PATH}/days/<date>"
