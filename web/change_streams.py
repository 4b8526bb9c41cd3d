"""Tells open screens that something of the day that they show has changed (server-sent events), without a thread for each.

A web thread answers the request, and then hands the connection to the one thread here, which all streams of the process
share: it asks the database a few times a second whether anything was committed, and only then which of the days that are
looked at have changed. What is sent says nothing but that: the screen reads its day again by itself, with all that decides
who may. Where a connection cannot be handed over (another server than ours, too many of them) the screen asks at intervals.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-27.
"""

from __future__ import annotations

import logging
import selectors
from collections import Counter, deque
from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread, current_thread
from time import monotonic
from typing import Any, cast

from flask import Flask, Response, current_app, request

from booking.visits.day_change_queries import SiteDate, day_marks
from core.database import Database
from core.deadlines import time_limit
from core.flask_context import EXTENSION as RUNTIME
from core.runtime import Runtime
from web.bounded_worker import BoundedSocket

logger = logging.getLogger(__name__)
EXTENSION = "change_streams"
POLL_SECONDS = 0.5
DATABASE_SECONDS = 3.0
HEARTBEAT_SECONDS = 20.0  # proxies close what is silent for a minute
LONGEST_SECONDS = 600.0  # then the browser asks again, and is asked again who it is
RETRY_MILLISECONDS = 3000
MOST_STREAMS = 300  # of one process: a connection is a file, of which a process may usually have 1,024
MOST_OF_ASKER = 40
UNKNOWN = "unknown"
CHANGED, HEARTBEAT = b"data: changed\n\n", b"event: beat\ndata: beat\n\n"


@dataclass(eq=False)
class Stream:
    """A connection that was handed over, the day that is followed on it, and who follows it."""

    connection: Any
    day: SiteDate
    asker: str
    is_chunked: bool
    ends_at: float = field(default_factory=lambda: monotonic() + LONGEST_SECONDS)
    mark: str = ""

    def send(self, text: bytes) -> bool:
        """Whether all of it has been sent: nobody waits for a browser that takes nothing."""
        framed = b"%x\r\n%s\r\n" % (len(text), text) if self.is_chunked else text
        try:
            return int(self.connection.send(framed)) == len(framed)
        except OSError:
            return False

    def end(self) -> None:
        """Say that this is all, and close the connection."""
        if self.is_chunked:
            with suppress(OSError):
                self.connection.send(b"0\r\n\r\n")
        self.connection.close()


class ChangeStreams:
    """The streams of this process. Its thread begins with the first one and ends with the last."""

    def __init__(self, database: Database, most: int = MOST_STREAMS) -> None:
        self._database, self._most = database, most
        self._lock = Lock()
        self._new: deque[Stream] = deque()
        self._askers: Counter[str] = Counter()
        self._thread: Thread | None = None
        self._is_closing = False

    def has_room(self, asker: str) -> bool:
        """Whether one more can be opened by whom `asker` names."""
        with self._lock:
            return self._askers.total() < self._most and self._askers[asker] < MOST_OF_ASKER

    def add(self, stream: Stream) -> None:
        """Follow the day of the stream from now on. It is told at once that it has to read it, and then of each change."""
        stream.connection.setblocking(False)
        with self._lock:
            self._askers[stream.asker] += 1
            self._new.append(stream)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="change streams", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End all streams, and wait until nothing is asked any more."""
        with self._lock:
            self._is_closing, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        known: set[Stream] = set()
        try:
            self._serve(known)
        finally:  # nothing that is not foreseen may leave screens that wait for ever
            with self._lock:
                self._thread = None if self._thread is current_thread() else self._thread
            for stream in known:
                stream.end()
                self._forget(stream)

    def _serve(self, known: set[Stream]) -> None:
        stamp: Hashable = None
        beat_at = monotonic() + HEARTBEAT_SECONDS
        with selectors.DefaultSelector() as selector:
            while self._take_new(known, selector):
                self._drop(known, selector, [one for one in known if monotonic() > one.ends_at])
                stamp, failed = self._tell_of_changes(known, stamp)
                if monotonic() > beat_at:
                    beat_at = monotonic() + HEARTBEAT_SECONDS
                    failed |= {one for one in known if not one.send(HEARTBEAT)}
                self._drop(known, selector, failed)
                self._drop(known, selector, _left(selector))

    def _take_new(self, known: set[Stream], selector: selectors.BaseSelector) -> bool:
        """Take over what is new. Whether there is anything to do; else this thread is said to have ended."""
        with self._lock:
            while self._new:
                stream = self._new.popleft()
                known.add(stream)
                selector.register(stream.connection, selectors.EVENT_READ, stream)
            if not known or self._is_closing:
                self._thread = None
                return False
            return True

    def _tell_of_changes(self, known: set[Stream], stamp: Hashable) -> tuple[Hashable, set[Stream]]:
        """The stamp up to which all is told, and the streams to which nothing can be sent any more."""
        try:
            with time_limit(DATABASE_SECONDS):
                current = self._database.commit_stamp()
                if current == stamp and all(one.mark for one in known):
                    return stamp, set()
                with self._database.reading() as db:
                    marks = day_marks(db, {one.day for one in known})
        except Exception:  # whatever the database says: the screens ask at intervals, and it is asked again
            if stamp != UNKNOWN:
                logger.warning("changes of days are not known", exc_info=True)
            return UNKNOWN, set()
        return current, {one for one in known if not _tell(one, marks)}

    def _drop(self, known: set[Stream], selector: selectors.BaseSelector, gone: set[Stream] | list[Stream]) -> None:
        for stream in known.intersection(gone):
            known.discard(stream)
            selector.unregister(stream.connection)
            stream.end()
            self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        with self._lock:
            self._askers[stream.asker] -= 1
            self._askers += Counter()  # without those who have none


def _tell(stream: Stream, marks: Mapping[SiteDate, str]) -> bool:
    """Whether the stream is still there, after it was told of a change if there is one."""
    was, stream.mark = stream.mark, marks[stream.day]
    return was == stream.mark or stream.send(CHANGED)


def _left(selector: selectors.BaseSelector) -> set[Stream]:
    """The streams whose browser has gone, after as long as the database is left alone. A browser sends nothing."""
    return {cast(Stream, key.data) for key, _ in selector.select(POLL_SECONDS)}


def install(app: Flask) -> None:
    """Give `app` its streams."""
    runtime: Runtime | None = app.extensions.get(RUNTIME)
    if runtime is not None:  # an application without a database shows no day
        app.extensions[EXTENSION] = ChangeStreams(runtime.database)


def change_stream(day: SiteDate, asker: str) -> Response:
    """The answer that goes on telling of changes of the day; without content where that cannot be, and the screen asks."""
    streams = cast(ChangeStreams, current_app.extensions[EXTENSION])
    connection = request.environ.get("gunicorn.socket")
    if not isinstance(connection, BoundedSocket) or not streams.has_room(asker):
        return Response(status=204)
    is_chunked = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
    answer = Response(_begin(streams, connection, day, asker, is_chunked=is_chunked), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"  # nginx passes each event on at once
    return answer


def _begin(
    streams: ChangeStreams, connection: BoundedSocket, day: SiteDate, asker: str, *, is_chunked: bool
) -> Iterator[bytes]:
    """What gunicorn sends; after that the connection is ours."""
    yield b"retry: %d\n\n" % RETRY_MILLISECONDS
    streams.add(Stream(connection.detach(), day, asker, is_chunked))
