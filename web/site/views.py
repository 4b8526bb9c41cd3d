"""The blueprint of a site's own screens: its day, and its calendar feeds."""

from __future__ import annotations

from flask import Blueprint

from web.site import day_views, feed_views, outcome_views

blueprint = Blueprint("site", __name__)
day_views.add_routes(blueprint)
outcome_views.add_routes(blueprint)
feed_views.add_routes(blueprint)
