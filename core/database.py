"""The database: engine, mapped base, and units of work. SQLite and PostgreSQL behave alike from here on up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Select,
    Table,
    create_engine,
    event,
    select,
)
from sqlalchemy.engine import Connection, Dialect, ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from core.settings import ROOT

SQLITE_BUSY_SECONDS = 30
IDLE_SECONDS = 2.0
CONNECTION = "connection"  # in Session.info; a session lives for one transaction


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. Naive values are refused: a wall-clock time is not an instant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC for the driver; SQLite keeps it without the zone so that text order is time order."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a zone; got a naive datetime.")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A 64-bit key that SQLite still treats as its rowid.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The base of every mapped row."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON, list[dict[str, Any]]: JSON}


def table_of(mapped: type[Base]) -> Table:
    """The table of a mapped class, for statements that do not need the mapper."""
    return cast(Table, mapped.__table__)


def connection_of(db: Session) -> Connection:
    """The session's connection, remembered: a use case asks for it a dozen times, and each first asking has its price."""
    known: Connection | None = db.info.get(CONNECTION)
    if known is None:
        known = db.info[CONNECTION] = db.connection()
    return known


def integer_rows(db: Session, statement: Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement whose columns are all integers, as the driver hands them over.

    Integers need no conversion, and making a row object of each doubles the cost of reading thousands.
    """
    with closing(connection_of(db).execute(statement, values)) as result:
        return list(result.cursor.fetchall())


class Database:
    """One database. `reading()` and `writing()` are the only access."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.engine = make_engine(url, **options)
        self._writer = self.engine.execution_options(is_write=True)
        # Reading on PostgreSQL needs no BEGIN and no ROLLBACK: each statement sees what is committed, as it would with them.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; nothing that it holds is written."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as db:
            yield db  # closing rolls back; an explicit rollback would empty the rows that the caller keeps

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: everything in the block is committed together, or nothing is."""
        with Session(self._writer, expire_on_commit=False) as db, db.begin():
            yield db

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for `url` with the pragmas and transaction modes that the service relies on.

    Its errors name the statement, and neither its values nor the row that was refused: they end in the log.
    """
    parsed = make_url(url)
    options = {"hide_parameters": True, **options}
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed, pool_size=10, max_overflow=20, **options)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _check_if_idle)
        event.listen(engine, "handle_error", _quote_no_row)
        return engine
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        if not path.is_absolute():
            path = ROOT / path
            parsed = parsed.set(database=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": SQLITE_BUSY_SECONDS}, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = monotonic()


def _check_if_idle(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Check that an idle connection still works, so that a restarted database costs nobody a booking."""
    if monotonic() - record.info.get("used", monotonic()) < IDLE_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError("The database was restarted; the pool connects again.") from error


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
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def alembic_config(url: str) -> Config:
    """Alembic's configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the database at `url` up to date."""
    command.upgrade(alembic_config(url), "head")


def is_reachable(database: Database) -> bool:
    """Whether the database answers."""
    with database.engine.connect() as connection:
        return bool(connection.execute(select(1)).scalar_one() == 1)


def is_up_to_date(database: Database) -> bool:
    """Whether every migration has been applied."""
    head = ScriptDirectory.from_config(alembic_config(database.url)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
