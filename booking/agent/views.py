"""The agent's blueprint. Everything on it begins with /staff/calls/."""

from __future__ import annotations

from flask import Blueprint

from booking.agent import calling, changing, finding

blueprint = Blueprint("agent", __name__, url_prefix="/staff/calls")
finding.add_routes(blueprint)
calling.add_routes(blueprint)
changing.add_routes(blueprint)
