"""The screens of managers: the week of a site, what is shut, and the people who must have another time because of it."""

from web.manage import (
    away_views,
    closure_file_views,
    closure_list_views,
    misfit_views,
    new_closure_views,
    one_closure_views,
    week_views,
)
from web.manage.manage_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "away_views",
    "blueprint",
    "closure_file_views",
    "closure_list_views",
    "misfit_views",
    "new_closure_views",
    "one_closure_views",
    "week_views",
]
