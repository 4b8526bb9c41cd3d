"""The set-up of a council as its administrators change it: its sites, services and people, its statements and its file."""

from council import (
    colleague_import_views,
    copy_site_views,
    front_page_views,
    logo_views,
    look_views,
    message_kind_views,
    outside_calendar_views,
    reminder_trial_views,
    set_up_file_views,
    set_up_history_views,
    set_up_views,
    site_resource_views,
    text_example_views,
    too_large,
    travel_views,
    triage_edit_views,
    triage_map_views,
    ward_views,
)
from council.council_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "blueprint",
    "colleague_import_views",
    "copy_site_views",
    "front_page_views",
    "logo_views",
    "look_views",
    "message_kind_views",
    "outside_calendar_views",
    "reminder_trial_views",
    "set_up_file_views",
    "set_up_history_views",
    "set_up_views",
    "site_resource_views",
    "text_example_views",
    "too_large",
    "travel_views",
    "triage_edit_views",
    "triage_map_views",
    "ward_views",
]
