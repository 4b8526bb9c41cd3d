"""Whether the service lives, and whether it is ready: for load balancers and for whoever is on call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

logger = logging.getLogger(__name__)

Check = Callable[[], bool]
Mark = Callable[[Callable[[], Response]], Callable[[], Response]]


def make_blueprint(checks: Mapping[str, Check], public: Mark) -> Blueprint:
    """The two routes. Each check has a name and answers whether its part is in order; one that raises is not."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    @public
    def alive() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    @public
    def ready() -> Response:
        found = {name: _passes(name, check) for name, check in checks.items()}
        response = jsonify(status="ok" if all(found.values()) else "unready", checks=found)
        response.status_code = 200 if all(found.values()) else 503
        return response

    return blueprint


def _passes(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception:  # whatever is broken, the answer is "not ready", and the log says why
        logger.exception("readiness check failed", extra={"check": name})
        return False
