"""How many requests a program may send: counted before its view runs, and told in the headers of every answer of the API."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import partial

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from werkzeug.exceptions import TooManyRequests

from api.blueprint import blueprint
from api.key_guard import current_api_key
from api.key_limits import BatchedCounts
from core import rate_limits
from core.clock import epoch_seconds
from core.flask_context import EXTENSION, current_runtime
from core.origin import origin_of
from core.runtime import Runtime

logger = logging.getLogger(__name__)
SCOPE = "api"  # all routes are counted together
MEMORY_SECONDS = 10.0  # so long a storage that failed is not asked again


@dataclass(frozen=True)
class Standing:
    """How a caller stands with the limit that is nearest: `left` requests until `ends`, in seconds since 1970."""

    limit: int
    left: int
    ends: float


class RequestLimits:
    """The limits of one application, and where it counts; in memory while a storage other than our database is away."""

    def __init__(self, items: list[RateLimitItem], limiter: RateLimiter, spare: RateLimiter | None) -> None:
        self._items = sorted(items)
        self._limiter, self._spare = limiter, spare
        self._away_until = 0.0

    def count(self, caller: str) -> tuple[bool, Standing]:
        """Count one request of `caller`: whether all limits have room for it, and how it stands."""
        if self._spare is None:
            return self._counted(self._limiter, caller)
        if epoch_seconds() >= self._away_until:
            try:
                return self._counted(self._limiter, caller)
            except StorageError:
                logger.warning("the storage of rate limits does not answer; requests are counted in memory")
                self._away_until = epoch_seconds() + MEMORY_SECONDS
        return self._counted(self._spare, caller)

    def _counted(self, limiter: RateLimiter, caller: str) -> tuple[bool, Standing]:
        refused = next((item for item in self._items if not limiter.hit(item, caller, SCOPE)), None)
        item = refused or self._items[0]
        window = limiter.get_window_stats(item, caller, SCOPE)
        return refused is None, Standing(item.amount, window.remaining, window.reset_time)


def install(app: Flask) -> None:
    """Count the requests to the API of `app`, once the guard has let them in."""
    limits = _limits_of(app.extensions[EXTENSION])
    app.before_request(partial(_count, limits))
    app.after_request(_tell)


def _limits_of(runtime: Runtime) -> RequestLimits:
    settings = runtime.settings
    items, scheme = parse_many(settings.api_rate_limit), settings.rate_limit_storage.partition(":")[0]
    if scheme in (rate_limits.SCHEME, "memory"):
        database = runtime.database if scheme == rate_limits.SCHEME else None
        return RequestLimits(items, MovingWindowRateLimiter(BatchedCounts(database=database)), None)
    storage = storage_from_string(settings.rate_limit_storage, wrap_exceptions=True)
    return RequestLimits(items, FixedWindowRateLimiter(storage), FixedWindowRateLimiter(MemoryStorage()))


def _count(limits: RequestLimits) -> None:
    """Raises: TooManyRequests."""
    if request.blueprint != blueprint.name:
        return
    has_room, g.standing = limits.count(_caller())
    if not has_room:
        raise TooManyRequests


def _tell(response: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["X-RateLimit-Limit"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.left)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(standing.ends))
        if response.status_code == TooManyRequests.code:
            response.headers["Retry-After"] = str(max(1, math.ceil(standing.ends - epoch_seconds())))
    return response


def _caller() -> str:
    """Who is counted, as a keyed digest: the key, or without one the origin."""
    key = current_api_key()
    subject = ("key", str(key.key_id)) if key else ("origin", origin_of(request.remote_addr))
    return rate_limits.subject_digest(current_runtime().settings.secret_key, "api", *subject)
