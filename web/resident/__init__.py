"""The resident's pages: find a time, hold it, book it; see, move or cancel what is booked."""

from web.resident import (
    booking_views,
    check_views,
    details_views,
    find_views,
    language_views,
    manage_views,
    move_views,
    offer_views,
    own_wish_views,
    place_views,
    several_bookings_views,
    short_link_views,
    site_views,
    slot_hold_views,
    start_views,
    statement_views,
    time_views,
    wait_views,
    wish_views,
)
from web.resident.urls import blueprint

# The modules of views are imported because their routes are declared where the functions stand.
__all__ = [
    "blueprint",
    "booking_views",
    "check_views",
    "details_views",
    "find_views",
    "language_views",
    "manage_views",
    "move_views",
    "offer_views",
    "own_wish_views",
    "place_views",
    "several_bookings_views",
    "short_link_views",
    "site_views",
    "slot_hold_views",
    "start_views",
    "statement_views",
    "time_views",
    "wait_views",
    "wish_views",
]
