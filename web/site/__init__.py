"""The screens of a site: its day, and its calendar feeds."""

from web.site import (
    arrangement_views,
    certify_views,
    day_views,
    document_views,
    feed_views,
    kept_views,
    missing_views,
    original_views,
    other_resource_views,
    outcome_views,
    plan_views,
    receipt_views,
    review_views,
    ring_instead_views,
    ticket_views,
    time_instead_views,
    unanswered_call_views,
    waiting_room_views,
    walk_in_views,
)
from web.site.site_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "arrangement_views",
    "blueprint",
    "certify_views",
    "day_views",
    "document_views",
    "feed_views",
    "kept_views",
    "missing_views",
    "original_views",
    "other_resource_views",
    "outcome_views",
    "plan_views",
    "receipt_views",
    "review_views",
    "ring_instead_views",
    "ticket_views",
    "time_instead_views",
    "unanswered_call_views",
    "waiting_room_views",
    "walk_in_views",
]
