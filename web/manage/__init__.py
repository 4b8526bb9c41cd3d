"""The screens of managers: what is shut, and who must have another time because of either."""

from web.manage import (
    change_closure_views,
    closure_file_views,
    closure_list_views,
    holiday_views,
    ledger_views,
    misfit_views,
    new_closure_views,
    one_closure_views,
    pause_views,
    ring_views,
    site_message_views,
)
from web.manage.manage_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "blueprint",
    "change_closure_views",
    "closure_file_views",
    "closure_list_views",
    "holiday_views",
    "ledger_views",
    "misfit_views",
    "new_closure_views",
    "one_closure_views",
    "pause_views",
    "ring_views",
    "site_message_views",
]
