"""Runs the migrations on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from alembic import context

import booking.tables
import core.audit
import core.idempotency
import core.rate_limits
import locations.tables
import people.tables
import reminders.tables
from core.database import Base, make_engine


def run() -> None:
    """Apply the migrations to the database that `core.database.alembic_config` names."""
    engine = make_engine(context.config.attributes["url"])
    with engine.execution_options(is_write=True).connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
