"""Bringing a database to a named revision of its tables, forward or backward."""

from __future__ import annotations

from typing import Any

from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from core.database import alembic_config


class CannotGoBack(Exception):
    """An earlier version could not read what is kept. The message says what it is."""


NEWEST = "head"
EMPTY = "base"


def migrate_to(url: str, revision: str, secret_key: str = "") -> None:
    """Bring the database at `url` to `revision`: "head" is the newest, "base" is before the first.

    Whether that is forward or backward is seen when the turn of this migration has come. `secret_key` signs the rows that a
    migration has to sign. Raises: CommandError for a revision that does not exist; CannotGoBack, and nothing is changed.
    """
    config = alembic_config(url, secret_key)
    scripts = ScriptDirectory.from_config(config)
    target = revision if revision == EMPTY else scripts.as_revision_number(revision)
    scripts.get_revision(revision)

    def steps(current: Any, _context: Any) -> Any:
        is_back = target == EMPTY or target in _passed(scripts, current)
        steps_to = scripts._downgrade_revs if is_back else scripts._upgrade_revs  # noqa: SLF001 (as alembic.command does)
        return steps_to(revision, current)

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=revision):
        scripts.run_env()


def _passed(scripts: ScriptDirectory, current: Any) -> set[str]:
    """The revisions that the database has been through before its current one."""
    heads = {current} if isinstance(current, str) else set(current or ())
    if not heads:
        return set()
    return {script.revision for script in scripts.iterate_revisions(tuple(heads), EMPTY)} - heads
