"""Counts searches that end without an appointment. Nothing is kept of who searched, and no page waits for it.

Counts are gathered in the process and written together, after an answer has gone out: every few seconds, and at the end.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from time import monotonic

from flask import Flask, Response, after_this_request, current_app

from booking.searches.search_count_repository import add_searches
from booking.searches.search_ends import SearchEnd
from core.database import Database
from core.flask_context import EXTENSION
from web.page_context import PageContext

NAME = "front_door_searches"
WRITTEN_EVERY = 10.0  # seconds
MOST_KNOWN = 10_000  # visits that are not counted twice for the same

log = logging.getLogger(__name__)


class SearchGatherer:
    """What was counted and is not written yet; `once` names a search that is shown again and counted once."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._ends: Counter[SearchEnd] = Counter()
        self._known: set[tuple[str, str]] = set()
        self._written = monotonic()

    def add(self, ends: Sequence[SearchEnd], once: str) -> bool:
        """Count these; whether it is time to write."""
        with self._lock:
            if once and (once, ends[0].reason) in self._known:
                return False
            self._ends.update(ends)
            if once:
                self._known = self._known if len(self._known) < MOST_KNOWN else set()
                self._known.add((once, ends[0].reason))
            return monotonic() - self._written >= WRITTEN_EVERY

    def write(self) -> None:
        """Write what was gathered. What cannot be written is lost, and logged: nobody waits for a count."""
        with self._lock:
            ends, self._ends, self._written = self._ends, Counter(), monotonic()
        if not ends:
            return
        try:
            with self._database.writing() as db:
                add_searches(db, ends)
        except Exception:
            log.exception("searches could not be counted")


def install(app: Flask) -> None:
    """Gather for `app`, and write what is left when the process ends; an application without a database searches nothing."""
    if EXTENSION not in app.extensions:
        return
    gatherer = app.extensions[NAME] = SearchGatherer(app.extensions[EXTENSION].database)
    weakref.finalize(app, gatherer.write)


def count_search(
    context: PageContext,
    services: Iterable[str],
    reason: str,
    *,
    site: str = "",
    channel: str = "online",
    once: str = "",
) -> None:
    """Count a search that ends for this reason, for each of its services that the council has, or for none."""
    known = {one.slug for one in context.catalogue.services}
    named = sorted({one for one in services if one in known}) or [""]
    place = site if any(one.slug == site for one in context.catalogue.sites) else ""
    ends = [SearchEnd(context.authority.id, context.today, one, place, reason, channel) for one in named]
    gatherer: SearchGatherer = current_app.extensions[NAME]
    if gatherer.add(ends, once):

        @after_this_request
        def write_afterwards(response: Response) -> Response:
            response.call_on_close(gatherer.write)
            return response


def write_searches(app: Flask) -> None:
    """Write at once what was gathered."""
    gatherer: SearchGatherer = app.extensions[NAME]
    gatherer.write()
