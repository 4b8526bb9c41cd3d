"""Whether anything has been committed since, by any process: one question to the database, and never a wrong no.

PostgreSQL: a snapshot names the transactions that run, and the first one after all that have ended. Who commits leaves that
list, or moves its end on, and neither goes back: of two equal snapshots, both show the same.
Source: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT, read 2026-11-26.
SQLite: a number that changes for a connection when another one has committed, so that one connection here never writes.
Source: https://www.sqlite.org/pragma.html#pragma_data_version, read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock

from sqlalchemy import Engine, PoolProxiedConnection

_SNAPSHOT = "SELECT pg_current_snapshot()::text"
_VERSION = "PRAGMA data_version"


class CommitStamps:
    """The stamps of one database, which `reader` reads without a transaction that stays open."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._lock = Lock()
        self._watching: PoolProxiedConnection | None = None
        self._times_opened = 0  # each connection has numbers of its own

    def current(self) -> Hashable:
        """A stamp that equals an earlier one only when nothing was committed between the two."""
        if self._reader.dialect.name == "postgresql":
            with self._reader.connect() as connection:
                return str(connection.exec_driver_sql(_SNAPSHOT).scalar_one())
        with self._lock:
            return self._version()

    def _version(self) -> Hashable:
        if self._watching is None:
            self._watching = self._reader.raw_connection()  # outside all transactions: in one it would see nothing new
            self._watching.detach()
            self._times_opened += 1
        cursor = self._watching.cursor()
        try:
            cursor.execute(_VERSION)
            return self._times_opened, cursor.fetchone()
        finally:
            cursor.close()

    def dispose(self) -> None:
        """Close what watches."""
        with self._lock:
            if self._watching is not None:
                self._watching.close()
            self._watching = None
