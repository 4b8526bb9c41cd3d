"""The public statements: what is done with personal data, and how accessible the pages are."""

from __future__ import annotations

from datetime import date

from flask import Response
from flask.typing import ResponseReturnValue

from core.errors import InvalidValue
from core.personal_data import kept_days
from core.wall_clock import parse_day
from people.staff.access_marks import public
from web.page_context import council_context
from web.resident.page_rendering import show
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache


@blueprint.get("/<authority:authority>/accessibility")
@public
def accessibility(authority: str) -> ResponseReturnValue:
    """The accessibility statement."""
    with council_context(authority) as context:
        own = context.authority.accessibility
        days = {key: _day_or_none(str(own.get(key, ""))) for key in ("prepared", "reviewed")}
        page = show("accessibility", context, own=own, **days, back=f"{context.base}/")
        return allow_private_cache(Response(page))


@blueprint.get("/<authority:authority>/privacy")
@public
def privacy(authority: str) -> ResponseReturnValue:
    """What is kept, why, how long, and the rights over it."""
    with council_context(authority) as context:
        own = context.authority.privacy
        kept = kept_days(own.get("keep_days", {}))
        return allow_private_cache(Response(show("privacy", context, own=own, kept=kept, back=f"{context.base}/")))


def _day_or_none(text: str) -> date | None:
    try:
        return parse_day(text)
    except InvalidValue:
        return None
