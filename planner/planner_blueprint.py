"""The blueprint of the planner, and its paths."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("planner", __name__)
PLANNED_SITE_PATH = "/staff/sites/<site>"
WEEK_PATH = f"{PLANNED_SITE_PATH}/week"
SESSION_PATH = f"{PLANNED_SITE_PATH}/sessions/<session>"
