"""Runs the migrations on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

import booking.advisers.tables
import booking.merging.tables
import booking.promises.tables
import booking.proposals.tables
import booking.ringing.tables
import booking.searches.tables
import booking.tables
import booking.urgent.tables
import core.audit
import core.idempotency
import core.rate_limits
import locations.history.tables
import locations.tables
import locations.triage.tables
import locations.wards.tables
import people.residents.tables
import people.staff.tables
import reminders.costs.tables
import reminders.hand_made.tables
import reminders.tables
import reminders.wish_tables
from core.connections import ADMINISTRATION, IN_TURN, LIMITS, make_engine
from core.database import Base
from core.deadlines import answers_within


def run() -> None:
    """Apply the migrations to the database that `core.database.alembic_config` names.

    Migrations take turns, with one another and with imports: the transaction begins, and waits for its turn, before the
    revision of the database is read.

    SQLite changes a table by making it anew, and dropping the old one would delete the rows that refer to it. So foreign
    keys are off meanwhile, and checked as a whole before anything is committed. Source: https://www.sqlite.org/lang_altertable.html,
    section 7, read 2026-11-25.
    """
    engine = make_engine(context.config.attributes["url"])
    options = {"is_write": True, IN_TURN: True, LIMITS: ADMINISTRATION}
    try:
        _migrate(engine.execution_options(**options))
    finally:
        engine.dispose()


def _migrate(engine: Engine) -> None:
    with answers_within(ADMINISTRATION.answer), engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:  # has no effect once a transaction has begun, so it goes past SQLAlchemy
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        connection.begin()
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if is_sqlite else []
        if broken:
            raise RuntimeError(f"The migrated tables hold rows that refer to nothing: {broken[:10]}")
        connection.commit()


run()
