"""Connections to the database: none of them waits without an end, and a dead one is replaced before it is used.

The server limits locks and statements. It cannot do so when it is frozen, or when the network swallows what it says, so
`BoundedConnection` limits every wait for an answer here as well, and the kernel is told to look for dead peers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from select import POLLIN, POLLPRI, poll
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from core.deadlines import answers_within, seconds_left, seconds_left_with_grace
from core.settings import ROOT

SQLITE_BUSY_SECONDS = 30
IDLE_SECONDS = 2.0
CHECK_SECONDS = 2.0
CONNECT_SECONDS = 3
SHORTEST_CONNECT_SECONDS = 2  # the driver makes 2 of 1
POOL_SECONDS = 5
TURN_SECONDS = 600
# The key of the lock by which migrations, imports and demo loads take turns: any number, the same for ever.
TURN_LOCK = 4_607_114_531_280_551
LIMITS = "limits"  # options of a connection
IN_TURN = "in_turn"
Result = TypeVar("Result")


@dataclass(frozen=True)
class Limits:
    """The longest times, in seconds: for one lock, for one statement, and in a transaction without doing anything."""

    lock: int
    statement: int
    idle: int

    @property
    def answer(self) -> int:
        """How long to wait for an answer: longer than a server that works takes to say that it has given up."""
        return self.statement + 1

    def as_settings(self) -> dict[str, str]:
        """The settings of PostgreSQL by name, in milliseconds."""
        return {
            "lock_timeout": str(self.lock * 1000),
            "statement_timeout": str(self.statement * 1000),
            "idle_in_transaction_session_timeout": str(self.idle * 1000),
        }


USUAL = Limits(lock=5, statement=6, idle=8)
CLEANUP = Limits(lock=5, statement=300, idle=60)
ADMINISTRATION = Limits(lock=10, statement=3600, idle=3600)

# A peer that is gone is noticed after 5 + 3 * 2 seconds when idle, and after 5 seconds when something was sent.
# Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES, read 2026-11-25.
POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "options": " ".join(f"-c {name}={value}" for name, value in USUAL.as_settings().items()),
}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection on which no answer is waited for longer than the current deadline allows."""

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """What the database answers. Raises: OperationalError when the time is up; the connection is closed then."""
        limit = seconds_left_with_grace(USUAL.answer)
        if timeout is not None and timeout < limit:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, limit)
        except _WaitTimeout as error:
            self.pgconn.finish()  # its answer may still come, and would be taken for the answer to something else
            raise psycopg.OperationalError(f"The database gave no answer for {limit:.1f} seconds.") from error


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for `url` with the pragmas and transaction modes that the service relies on.

    Its errors name the statement, and neither its values nor the row that was refused: they end in the log.
    """
    parsed = make_url(url)
    options = {"hide_parameters": True, **options}
    return _sqlite(parsed, options) if parsed.get_backend_name() == "sqlite" else _postgres(parsed, options)


def _postgres(url: URL, options: dict[str, Any]) -> Engine:
    ours = {name: value for name, value in POSTGRES_OPTIONS.items() if name not in url.query}
    options = {"pool_size": 10, "max_overflow": 20, "pool_timeout": POOL_SECONDS, "connect_args": ours, **options}
    engine = create_engine(url, **options)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _check_connection)
    event.listen(engine, "begin", _begin_postgres)
    event.listen(engine, "handle_error", _quote_no_row)
    return engine


def _sqlite(url: URL, options: dict[str, Any]) -> Engine:
    if url.database and url.database != ":memory:":
        path = Path(url.database)
        if not path.is_absolute():
            path = ROOT / path
            url = url.set(database=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_SECONDS}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> psycopg.Connection[Any]:
    longest = max(int(options["connect_timeout"]), SHORTEST_CONNECT_SECONDS)
    left = int(min(longest, seconds_left(longest)))
    if left < SHORTEST_CONNECT_SECONDS:
        raise psycopg.OperationalError("There is no time left to connect to the database.")
    return BoundedConnection.connect(*arguments, **{**options, "connect_timeout": left})


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _check_connection(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Check that a connection still works before it is used, so that a restarted database costs nobody a booking.

    One that was used a moment ago is asked only if the server has said something meanwhile, its end perhaps.
    """
    is_idle = monotonic() - record.info.get("used", monotonic()) >= IDLE_SECONDS
    try:
        if is_idle or _has_news(connection):
            with answers_within(CHECK_SECONDS):
                connection.execute("SELECT 1")
                connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("The connection is dead; the pool connects again.") from error


def _has_news(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is something to read, or the connection is closed, although nothing was asked."""
    watching = poll()
    watching.register(connection.fileno(), POLLIN | POLLPRI)
    return bool(watching.poll(0))


def _begin_postgres(connection: Connection) -> None:
    """Give a transaction the limits of its own, and its turn, if it is to have them."""
    options = connection.get_execution_options()
    limits: Limits | None = options.get(LIMITS)
    if options.get(IN_TURN):
        with answers_within(TURN_SECONDS + 1):
            _set_locally(connection, Limits(lock=TURN_SECONDS, statement=0, idle=ADMINISTRATION.idle))
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN_LOCK})")
    if limits is not None:
        _set_locally(connection, limits)


def _set_locally(connection: Connection, limits: Limits) -> None:
    calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in limits.as_settings().items())
    connection.exec_driver_sql(f"SELECT {calls}")


def _quote_no_row(context: ExceptionContext) -> None:
    """Cut an error of PostgreSQL down to its first line: its DETAIL quotes the row that was refused."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        whole = str(error)
        error.args = (error.diag.message_primary,)
        if wrapped is not None:
            wrapped.args = (str(wrapped.args[0]).replace(whole, str(error)), *wrapped.args[1:])


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes can meet "database is locked"; an immediate one waits its turn.
    options = connection.get_execution_options()
    if not options.get("is_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    longest = seconds_left(TURN_SECONDS if options.get(IN_TURN) else SQLITE_BUSY_SECONDS)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(longest * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
