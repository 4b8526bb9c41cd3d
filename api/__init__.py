"""The JSON API: `docs/api.md` says how to use it, `/api/docs` shows every operation."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, request
from flask_limiter import Limiter

from api import docs_views, key_limits, routes
from api.error_handlers import problem_answer
from api.key_guard import current_api_key
from core.errors import ServiceError
from core.flask_context import EXTENSION

# Once, not for each application: a blueprint that is in use takes no more set-up.
routes.blueprint.register_error_handler(ServiceError, problem_answer)


def install(app: Flask) -> None:
    """Register the API on `app`: its routes, its errors, and the limit of requests for each key."""
    settings = app.extensions[EXTENSION].settings
    app.after_request(_wait_only_when_refused)  # registered first, so that it runs after the limiter's own
    in_memory = settings.rate_limit_storage.startswith("memory:")
    limiter = Limiter(
        key_func=_caller,
        app=app,
        storage_uri=f"{key_limits.SCHEME}://" if in_memory else settings.rate_limit_storage,
        headers_enabled=True,
        in_memory_fallback_enabled=not in_memory,
    )
    limiter.shared_limit(settings.api_rate_limit, scope="api")(routes.blueprint)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(docs_views.blueprint)


def _wait_only_when_refused(response: Response) -> Response:
    """`response` without the limiter's Retry-After unless there is something to wait for."""
    if request.blueprint == routes.blueprint.name and response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.pop("Retry-After", None)
    return response


def _caller() -> str:
    """Who is counted: the key, or without one the address."""
    key = current_api_key()
    return f"key:{key.key_id}" if key else f"address:{request.remote_addr}"
