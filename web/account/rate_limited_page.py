"""The page for whoever has sent too many wrong passwords, or asked for too many new ones."""

from __future__ import annotations

import math

from flask import Response, render_template

from core.errors import RateLimited
from core.flask_context import current_runtime
from web.page_brand import set_brand


def rate_limited_page(error: RateLimited, *, is_forgotten: bool = False) -> Response:
    """When they can try again, as a page and as a header. `is_forgotten`: to ask for a new password."""
    set_brand()
    now = current_runtime().clock.now()
    seconds = max(1, math.ceil(((error.until or now) - now).total_seconds()))
    minutes = math.ceil(seconds / 60)
    page = render_template("staff/rate_limited.html", seconds=seconds, minutes=minutes, is_forgotten=is_forgotten)
    return Response(page, status=429, headers={"Retry-After": str(seconds)}, mimetype="text/html")
