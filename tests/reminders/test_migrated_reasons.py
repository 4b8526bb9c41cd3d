"""A database that was filled before reasons were codes keeps what they say, and can go back."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from core.database import Database, alembic_config
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import make_world

REASONS = {
    "Asked not to be contacted.": "no_contact_wanted",
    "The appointment has changed since.": "superseded",
    "Gave up after the last try. 451 4.3.0 busy": "gave_up: 451 4.3.0 busy",
    "Gave up after the last try. A mistake in the program; see the log.": "gave_up: internal_error",
    "It would have been of no use any more. The mail server could not be used: [Errno 111]": (
        "too_late: server_unusable: [Errno 111]"
    ),
    "550 5.1.1 50% of _nobody_ here": "550 5.1.1 50% of _nobody_ here",
    "": "",
}


@pytest.mark.databases("sqlite", "postgresql")
def test_stored_reasons_become_codes_and_sentences_again(database: Database) -> None:
    ids = owe(database, make_world(database), len(REASONS))
    config = alembic_config(database.url)
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    before = next(script.down_revision for script in scripts if "reasons_as_codes" in script.path)
    assert isinstance(before, str)
    command.downgrade(config, before)
    with database.writing() as db:
        for id_, reason in zip(ids, REASONS, strict=True):
            values = {"id": id_, "reason": reason}
            db.execute(
                text("UPDATE notifications SET reason = :reason, state = 'failed' WHERE appointment_id = :id"), values
            )
    command.upgrade(config, "head")
    assert _reasons(database, "status") == list(REASONS.values())
    command.downgrade(config, before)
    assert _reasons(database, "state") == list(REASONS)
    command.upgrade(config, "head")
    with database.reading() as db:
        assert set(db.scalars(text("SELECT message_language FROM residents"))) == {""}  # nobody was asked


def _reasons(database: Database, column: str) -> list[str]:
    with database.reading() as db:
        statement = f"SELECT reason FROM notifications WHERE {column} = 'failed' ORDER BY appointment_id"
        return list(db.scalars(text(statement)))
