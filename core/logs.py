"""One structured line for each request, on standard error, with a request id and without personal data.

The line names the endpoint rather than the path: a path may hold a reference or a token.
"""

from __future__ import annotations

import logging
import sys
from time import perf_counter
from typing import Any

import structlog
from flask import Flask, Response, g, request

from core.web import request_id

log = structlog.stdlib.get_logger("front_door")


def install(app: Flask) -> None:
    """Configure structured logging, and write a line after each request."""
    configure(runtime_level=app.config["LOG_LEVEL"])
    app.before_request(_begin)
    app.after_request(_finish)


def configure(*, runtime_level: str) -> None:
    """JSON lines on standard error from `runtime_level` up, for this process."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.formatter and not _is_ours(kept)] + [handler]
    root.setLevel(runtime_level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of its plumbing; `migrate` says what matters
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)


def _begin() -> None:
    g.began = perf_counter()


def _finish(response: Response) -> Response:
    took = perf_counter() - g.get("began", perf_counter())
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        endpoint=request.endpoint or "none",
        status=response.status_code,
        milliseconds=round(took * 1000, 1),
    )
    return response
