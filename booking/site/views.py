"""The blueprint of a site's own screens: its day, and its calendar feeds."""

from __future__ import annotations

from flask import Blueprint

from booking.site import day, feeds, outcomes

blueprint = Blueprint("site", __name__)
day.add_routes(blueprint)
outcomes.add_routes(blueprint)
feeds.add_routes(blueprint)
