"""Registers the JSON API on an application: its routes, its documentation, and the limit of requests for each key."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter

from api import (
    appointment_views,
    availability_views,
    catalogue_views,
    closure_views,
    docs_views,
    hold_views,
    key_limits,
    notification_views,
    provider_callbacks,
    site_day_views,
    waiting_list_views,
)
from api.blueprint import blueprint
from api.key_guard import current_api_key
from core import rate_limits
from core.flask_context import EXTENSION, current_runtime
from core.origin import origin_of
from core.runtime import Runtime

RETRYABLE = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
# Importing these modules declares their routes.
VIEW_MODULES = (
    catalogue_views,
    availability_views,
    hold_views,
    appointment_views,
    notification_views,
    site_day_views,
    closure_views,
    waiting_list_views,
)


def install(app: Flask) -> None:
    """Register the API on `app`: its routes, its errors, and the limit of requests for each key."""
    settings = app.extensions[EXTENSION].settings
    app.after_request(_wait_only_when_refused)  # registered first, so that it runs after the limiter's own
    limiter = Limiter(key_func=_caller, app=app, headers_enabled=True, **_storage(app.extensions[EXTENSION]))
    limiter.shared_limit(settings.api_rate_limit, scope="api")(blueprint)
    app.register_blueprint(blueprint)
    app.register_blueprint(docs_views.blueprint)
    app.register_blueprint(provider_callbacks.blueprint)


def _storage(runtime: Runtime) -> dict[str, Any]:
    """Where the limiter counts, as options for it: in memory and in batches in the database, or where the settings say."""
    scheme = runtime.settings.rate_limit_storage.partition(":")[0]
    if scheme not in (rate_limits.SCHEME, "memory"):
        return {"storage_uri": runtime.settings.rate_limit_storage, "in_memory_fallback_enabled": True}
    database = runtime.database if scheme == rate_limits.SCHEME else None
    return {
        "storage_uri": f"{key_limits.SCHEME}://",
        "storage_options": {"database": database},
        "strategy": key_limits.STRATEGY,
    }


def _wait_only_when_refused(response: Response) -> Response:
    """`response` without the limiter's Retry-After unless there is something to wait for."""
    if request.blueprint == blueprint.name and response.status_code not in RETRYABLE:
        response.headers.pop("Retry-After", None)
    return response


def _caller() -> str:
    """Who is counted, as a keyed digest: the key, or without one the origin."""
    key = current_api_key()
    subject = ("key", str(key.key_id)) if key else ("origin", origin_of(request.remote_addr))
    return rate_limits.subject_digest(current_runtime().settings.secret_key, "api", *subject)
