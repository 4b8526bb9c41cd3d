"""How gunicorn serves Front Door: `.venv/bin/gunicorn wsgi:app` reads this file; its command line overrides it."""

from __future__ import annotations

import os
import sys
from typing import Any

from prometheus_client import multiprocess
from sqlalchemy.exc import DBAPIError

from core.database import Database, is_up_to_date
from core.environment import settings_from
from core.errors import ConfigurationError
from demo.own_councils import check_database
from web.admission import THREADS

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
# One process for each core. Of its threads a few work at once, the others wait their turn or for a client: web/admission.py.
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 2)
threads = THREADS
worker_class = "web.bounded_worker.BoundedThreadWorker"
timeout = 30
SWITCH_SECONDS = 0.0005
keepalive = 5
limit_request_line = 8190  # the most that it can; the application answers what is longer than it wants itself
# The application writes a structured line for each request itself.
accesslog = None
errorlog = "-"


def post_worker_init(_worker: Any) -> None:
    """Let threads take turns at the interpreter every half millisecond, so that a page does not wait behind searches.

    Python's own 5 ms are paid again after each answer of the database; beside one long search they made a page of 10 ms
    one of 40.
    """
    sys.setswitchinterval(SWITCH_SECONDS)


def on_starting(server: Any) -> None:
    """Stop here when a setting or the database is not for us: a worker that stops is only started again.

    A database that another version has left is said in the log. It may still be on its way, so that we start.
    """
    try:
        settings = settings_from(os.environ)
        database = Database(settings.database_url)
        if settings.is_demo:
            check_database(settings, database)
    except ConfigurationError as error:
        raise SystemExit(str(error)) from error
    try:
        is_ready = is_up_to_date(database)
    except DBAPIError as error:
        server.log.warning("The database cannot be reached: %s", error.orig)
    else:
        if not is_ready:
            server.log.warning(
                "The database is not of this version. Run `flask --app wsgi migrate`, or pages will fail."
            )
    finally:
        database.dispose()


def child_exit(server: Any, worker: Any) -> None:
    """Take the figures of a worker that has ended out of the sum when several share them."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library has no types here
