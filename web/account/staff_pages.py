"""Signing in, the home page of staff, and their accounts."""

from web.account import (
    colleague_views,
    forgotten_views,
    key_views,
    link_views,
    own_account_views,
    page_search_views,
    role_views,
    second_step_views,
    site_list_views,
    staff_record_views,
    views,
)
from web.account.staff_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "blueprint",
    "colleague_views",
    "forgotten_views",
    "key_views",
    "link_views",
    "own_account_views",
    "page_search_views",
    "role_views",
    "second_step_views",
    "site_list_views",
    "staff_record_views",
    "views",
]
