"""The database: engine, mapped base, and units of work. SQLite and PostgreSQL behave alike from here on up."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, cast

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
    select,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from core.commit_stamps import CommitStamps
from core.connections import ADMINISTRATION, CLEANUP, IN_TURN, LIMITS, Limits, make_engine
from core.deadlines import answers_within
from core.errors import ResultUnknown
from core.settings import ROOT

CONNECTION = "connection"  # in Session.info; a session lives for one transaction
SECRET_KEYS = "secret_keys"  # in Session.info


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


def secret_keys_of(db: Session) -> tuple[str, ...]:
    """The key that signs rows, and after it those that are still accepted. Raises: LookupError where none was given."""
    keys: tuple[str, ...] = db.info[SECRET_KEYS]
    if not keys:
        raise LookupError("This database was given no key: use it through a Runtime.")
    return keys


def integer_rows(db: Session, statement: Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement whose columns are all integers, as the driver hands them over.

    Integers need no conversion, and making a row object of each doubles the cost of reading thousands.
    """
    with closing(connection_of(db).execute(statement, values)) as result:
        return list(result.cursor.fetchall())


class Database:
    """One database. `reading()`, `reading_snapshot()`, `writing()` and `writing_in_turn()` are the only access.

    `secret_keys` sign what is written; `core.runtime.Runtime` gives them.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.secret_keys: tuple[str, ...] = ()
        self.facts: dict[str, Any] = {}  # of the installation, in every session's info
        self.engine = make_engine(url, **options)
        self._writer = self.engine.execution_options(is_write=True)
        # Reading on PostgreSQL needs no BEGIN and no ROLLBACK: each statement sees what is committed, as it would with them.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._stamps = CommitStamps(self._reader)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading; nothing that it holds is written."""
        with Session(self._reader, expire_on_commit=False, autoflush=False, info=self._info()) as db:
            yield db  # closing rolls back; an explicit rollback would empty the rows that the caller keeps

    @contextmanager
    def reading_snapshot(self) -> Iterator[Session]:
        """A session for reading much: all its statements see what was committed when the first one began."""
        engine = self.engine.execution_options(**{LIMITS: CLEANUP})
        if not self.is_sqlite:  # there a transaction is a snapshot
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with (
            answers_within(CLEANUP.answer),
            Session(engine, expire_on_commit=False, autoflush=False, info=self._info()) as db,
        ):
            yield db

    @contextmanager
    def writing(self, limits: Limits | None = None) -> Iterator[Session]:
        """One transaction: everything in the block is committed together, or nothing is.

        `limits` are other limits than the usual ones. Raises: ResultUnknown when the connection died at COMMIT.
        """
        engine = self._writer if limits is None else self._writer.execution_options(**{LIMITS: limits})
        with answers_within(limits.answer if limits else None), self._transaction(engine) as db:
            yield db

    @contextmanager
    def writing_in_turn(self) -> Iterator[Session]:
        """A transaction of a migration, an import or a demo load: it waits until no other one runs, and may take long."""
        engine = self._writer.execution_options(**{LIMITS: ADMINISTRATION, IN_TURN: True})
        with answers_within(ADMINISTRATION.answer), self._transaction(engine) as db:
            db.connection()  # it begins, and has its turn, before anything is read
            yield db

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        with Session(engine, expire_on_commit=False, info=self._info()) as db:
            yield db
            db.flush()
            try:
                db.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise ResultUnknown.because("result_unknown") from error
                raise

    def commit_stamp(self) -> Hashable:
        """Equal to an earlier one only when nothing was committed between the two, by any process."""
        return self._stamps.current()

    def _info(self) -> dict[str, Any]:
        return {SECRET_KEYS: self.secret_keys, **self.facts}

    def dispose(self) -> None:
        """Close every connection."""
        self._stamps.dispose()
        self.engine.dispose()


def alembic_config(url: str, secret_key: str = "") -> Config:
    """Alembic's configuration for the database at `url`; `secret_key` signs the rows that a migration has to sign."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    config.attributes["secret_key"] = secret_key
    return config


def upgrade(url: str, secret_key: str = "") -> None:
    """Bring the database at `url` up to date."""
    command.upgrade(alembic_config(url, secret_key), "head")


def is_reachable(database: Database) -> bool:
    """Whether the database answers."""
    with database.engine.connect() as connection:
        return bool(connection.execute(select(1)).scalar_one() == 1)


def is_up_to_date(database: Database) -> bool:
    """Whether every migration has been applied."""
    head = ScriptDirectory.from_config(alembic_config(database.url)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
