"""Whether the service lives, whether it is ready, its figures, and whom to tell of a weakness: for machines and operators.

Several gunicorn workers share the figures when PROMETHEUS_MULTIPROC_DIR is set (docs/operations.md).
"""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from email.utils import parseaddr

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.errors import NotFound
from core.flask_context import current_runtime
from core.origin import origin_of
from people.staff.access_marks import public
from reminders.allowances import Allowance, allowances
from web.crawlers import robots_txt

logger = logging.getLogger(__name__)

Check = Callable[[], bool]
# Whoever calls can invent a method, and each new label value is kept for as long as the process lives.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUESTS = Counter("front_door_requests_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram("front_door_request_seconds", "Time to answer a request", ["endpoint"])
THIS_HOST = frozenset({"127.0.0.1", origin_of("::1")})
PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
SECURITY_TXT_LIFETIME = timedelta(days=300)  # "less than a year": RFC 9116, 2.5.5


def make_blueprint(checks: Mapping[str, Check], alarms: Mapping[str, Check] | None = None) -> Blueprint:
    """The routes. Each check has a name and says whether its part is in order; one that raises is not.

    What `alarms` names needs an operator, and makes the service no less ready: no web server is taken out for it.
    """
    alarms = alarms or {}
    blueprint = Blueprint("health", __name__)
    blueprint.get("/healthz")(alive)
    blueprint.get("/.well-known/security.txt")(security_txt)
    blueprint.get("/robots.txt")(robots_txt)

    @blueprint.get("/readyz")
    @public
    def ready() -> Response:
        found = {name: _passes(name, check) for name, check in checks.items()}
        raised = {name: _passes(name, alarm) for name, alarm in alarms.items()}
        response = jsonify(status="ok" if all(found.values()) else "unready", checks=found, alarms=raised)
        response.status_code = 200 if all(found.values()) else 503
        return response

    @blueprint.get("/readyz/<name>")
    @public
    def alarm(name: str) -> Response:
        if name not in alarms:
            raise NotFound
        is_in_order = _passes(name, alarms[name])
        response = jsonify(status="ok" if is_in_order else "alarm")
        response.status_code = 200 if is_in_order else 503
        return response

    @blueprint.get("/metrics")
    @public
    def metrics() -> Response:
        figures = all_figures()
        raised = CollectorRegistry()
        raised.register(_Alarms(alarms))
        figures.data += generate_latest(raised)
        return figures

    return blueprint


class _Alarms(Collector):
    """A figure for each alarm and allowance, looked up when they are asked for, so that every process says the same."""

    def __init__(self, alarms: Mapping[str, Check]) -> None:
        self.alarms = alarms

    def collect(self) -> Iterator[Metric]:
        """1 for what needs an operator, else 0; and the allowances."""
        family = GaugeMetricFamily("front_door_alarm", "1 while this needs an operator", labels=["about"])
        for name, alarm in self.alarms.items():
            family.add_metric([name], 0 if _passes(name, alarm) else 1)
        yield family
        yield _allowance_figures()


def _allowance_figures() -> Metric:
    """How many messages a provider lets us send a day, by channel, beside what was sent today and is due tomorrow.

    Nothing while the database cannot be read, and for what no provider sends; 0 allowed where it is not known.
    """
    family = GaugeMetricFamily("front_door_allowance", "Messages of a day", labels=["channel", "what"])
    try:
        found = _allowances()
    except Exception:
        logger.exception("the allowances could not be read")
        found = []
    for one in found:
        for what in ("most", "sent_today", "due_tomorrow"):
            family.add_metric([one.channel, what], getattr(one, what))
    return family


def _allowances() -> list[Allowance]:
    runtime = current_runtime()
    with runtime.database.reading() as db:
        return allowances(db, runtime.settings, runtime.clock.now())


@public
def alive() -> Response:
    """The answer of a process that lives."""
    return jsonify(status="ok")


def all_figures() -> Response:
    """The figures of all processes, for Prometheus. Raises: NotFound for whoever may not read them."""
    if not _may_read_metrics(current_runtime().settings.metrics_token):
        raise NotFound
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


@public
def security_txt() -> Response:
    """Whom to tell of a weakness. Source: RFC 9116."""
    runtime = current_runtime()
    contact = runtime.settings.security_contact or f"mailto:{parseaddr(runtime.settings.mail_from)[1]}"
    expires = (runtime.clock.now() + SECURITY_TXT_LIFETIME).replace(microsecond=0)
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {runtime.settings.public_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _may_read_metrics(token: str) -> bool:
    """Whether the request has the token; without one in the settings, whether it comes from this host and past no proxy."""
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    return origin_of(request.remote_addr) in THIS_HOST and not any(name in request.headers for name in PROXY_HEADERS)


def count_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request, and the time that it took."""
    REQUESTS.labels(endpoint, method if method in METHODS else "other", str(status)).inc()
    SECONDS.labels(endpoint).observe(seconds)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
    return registry


def _passes(name: str, check: Check) -> bool:
    try:
        return check()
    except Exception:  # whatever is broken, the answer is "not ready", and the log says why
        logger.exception("readiness check failed", extra={"check": name})
        return False
