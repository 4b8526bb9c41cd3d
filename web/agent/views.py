"""The agent's blueprint. Everything on it begins with /staff/calls/."""

from __future__ import annotations

from flask import Blueprint

from web.agent import call_views, change_views, resident_views

blueprint = Blueprint("agent", __name__, url_prefix="/staff/calls")
resident_views.add_routes(blueprint)
call_views.add_routes(blueprint)
change_views.add_routes(blueprint)
