"""Figures for Prometheus. Several gunicorn workers share them when PROMETHEUS_MULTIPROC_DIR is set (docs/operations.md)."""

from __future__ import annotations

import os
from collections.abc import Callable

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# Whoever calls can invent a method, and each new label value is kept for as long as the process lives.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Mark = Callable[[Callable[[], Response]], Callable[[], Response]]

REQUESTS = Counter("front_door_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram("front_door_request_seconds", "Time to answer a request", ["endpoint"])


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


def count_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request, and the time that it took."""
    REQUESTS.labels(endpoint, method if method in METHODS else "other", str(status)).inc()
    SECONDS.labels(endpoint).observe(seconds)
