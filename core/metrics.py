"""Figures for Prometheus. Several gunicorn workers share them when PROMETHEUS_MULTIPROC_DIR is set (docs/operations.md)."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# Whoever calls can invent a method, and each new label value is kept for as long as the process lives.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Mark = Callable[[Callable[[], Response]], Callable[[], Response]]

REQUESTS = Counter("front_door_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram("front_door_request_seconds", "Time to answer a request", ["endpoint"])


def install(app: Flask) -> None:
    """Count and time every request."""
    app.before_request(_begin)
    app.after_request(_count)


def make_blueprint(public: Mark) -> Blueprint:
    """The route `/metrics`."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    @public
    def metrics() -> Response:
        return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return registry


def _begin() -> None:
    g.timer = perf_counter()


def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(endpoint, method, str(response.status_code)).inc()
    SECONDS.labels(endpoint).observe(perf_counter() - g.get("timer", perf_counter()))
    return response
