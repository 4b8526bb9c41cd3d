"""What every page shares: the language, the request's log line, headers, assets, names for templates and error pages.

`install(app)` is called once, by `wsgi.create_app`, before the blueprints are registered. The CSRF check itself is part
of the guard in `web.staff_guard`, which alone knows which views are pages.
"""

from __future__ import annotations

from flask import Flask
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from web import (
    address_length,
    address_parts,
    admission,
    assets,
    change_streams,
    compression,
    crawlers,
    error_pages,
    public_address,
    request_hooks,
    request_language,
    response_headers,
    search_counting,
    template_helpers,
)
from web.template_environment import TemplateEnvironment

# In this order: what comes first in a request, and last in its answer.
PARTS = (
    address_parts,
    request_language,
    request_hooks,
    address_length,
    admission,
    compression,
    response_headers,
    crawlers,
    assets,
    template_helpers,
    error_pages,
    public_address,
    search_counting,
    change_streams,
)
TEMPLATE_LIBRARIES = ("govuk_frontend_jinja", "govuk_frontend_wtf")


def install(app: Flask) -> None:
    """Give `app` what every page shares."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # as long as the session: a slow typist loses nothing
    # A browser takes a cookie named `__Host-` from this host alone, never from a neighbour in the same domain.
    prefix = "__Host-" if app.config["SESSION_COOKIE_SECURE"] else ""
    app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_PATH="/")
    app.config["SESSION_COOKIE_NAME"] = f"{prefix}front_door"
    _install_templates(app)
    for part in PARTS:
        part.install(app)


def _install_templates(app: Flask) -> None:
    app.jinja_environment = TemplateEnvironment
    ours = app.jinja_env.loader or app.create_global_jinja_loader()
    theirs = PrefixLoader({name: PackageLoader(name) for name in TEMPLATE_LIBRARIES})
    app.jinja_env.loader = ChoiceLoader([ours, theirs])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
