"""Whether the database can be written to: a standby, or one whose disk is full, only answers questions."""

from __future__ import annotations

from threading import Lock
from time import monotonic

from core.clock import epoch_seconds
from core.database import Database
from core.rate_limits import add_to_window

PROBE_SECONDS = 10.0
KEY = "write-probe"  # one row, which the cleanup deletes like every other that is over


class WriteProbe:
    """Writes a row now and then: whoever asks in between is told what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._written_at: float | None = None

    def is_writable(self) -> bool:
        """True. Raises: DBAPIError when nothing can be written; then the next one to ask tries again."""
        with self._lock:
            if self._written_at is None or monotonic() - self._written_at >= PROBE_SECONDS:
                self._written_at = None
                add_to_window(self._database, KEY, 1, ends=epoch_seconds() + PROBE_SECONDS)
                self._written_at = monotonic()
        return True
