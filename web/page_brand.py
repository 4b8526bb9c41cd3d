"""Whose page it is when no view has said so: an error before the view ran, or the sign-in page.

The council is the one that the view has set, that of the signed-in member of staff, the one that the address names, or
the one at which somebody signed in with this browser before.
"""

from __future__ import annotations

from flask import g, request
from flask import session as flask_session

from core.flask_context import current_runtime
from locations.ids_by_slug import likely_brand
from web.staff_guard import COUNCIL, signed_in_staff

STAFF_PATH = "/staff/"


def is_staff_page() -> bool:
    """Whether the address is one of the staff's pages."""
    return request.path.startswith(STAFF_PATH)


def set_brand() -> None:
    """Set the council of the page, where it is not set and can be known. Reads the database."""
    if g.get("authority"):
        return
    staff = signed_in_staff() if is_staff_page() else None
    if staff is not None:
        g.authority = staff.authority
        return
    slug = flask_session.get(COUNCIL, "") if is_staff_page() else request.path.split("/")[1].lower()
    with current_runtime().database.reading() as db:
        g.authority = likely_brand(db, slug)
