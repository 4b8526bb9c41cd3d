"""The migrations lead to exactly the tables that the code maps, on both databases, and there is one way forward."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import booking.tables
import core.audit
import core.idempotency
import core.rate_limits
import locations.tables
import people.tables
import reminders.tables
from core.database import Base, Database, alembic_config


def test_a_migrated_database_has_what_the_code_maps(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_head(database_url: str) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(database_url)).get_heads()) == 1
