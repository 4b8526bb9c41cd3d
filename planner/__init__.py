"""The week of a site as its manager runs it: its sessions, what is booked and free, what happens when somebody is away.

And the waiting list, from which freed times are filled.
"""

from planner import (
    away_views,
    copy_views,
    missing_document_views,
    named_adviser_views,
    new_session_views,
    new_wish_views,
    promise_views,
    rating_figure_views,
    rearrange_views,
    rota_views,
    search_count_views,
    session_history_views,
    session_views,
    several_views,
    unstaffed_views,
    waiting_views,
    week_views,
)
from planner.planner_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "away_views",
    "blueprint",
    "copy_views",
    "missing_document_views",
    "named_adviser_views",
    "new_session_views",
    "new_wish_views",
    "promise_views",
    "rating_figure_views",
    "rearrange_views",
    "rota_views",
    "search_count_views",
    "session_history_views",
    "session_views",
    "several_views",
    "unstaffed_views",
    "waiting_views",
    "week_views",
]
