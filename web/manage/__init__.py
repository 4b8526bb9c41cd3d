"""The screens of managers: what is shut, and the people who must have another time because of it or of the plan."""

from web.manage import closure_file_views, closure_list_views, misfit_views, new_closure_views, one_closure_views
from web.manage.manage_blueprint import blueprint

# The modules of views are imported because their routes are declared beside the functions.
__all__ = [
    "blueprint",
    "closure_file_views",
    "closure_list_views",
    "misfit_views",
    "new_closure_views",
    "one_closure_views",
]
