"""The week of a site as its manager runs it: who and what is open when, and what happens when somebody is away."""

from planner import away_views, week_views
from planner.planner_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = ["away_views", "blueprint", "week_views"]
