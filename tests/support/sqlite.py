"""SQLite for the tests: a real file, copied from one that was migrated once."""

from __future__ import annotations

import shutil
from pathlib import Path

import core.database


class SqliteTemplate:
    """A migrated file to copy."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "template.sqlite"
        url = f"sqlite:///{self.file}"
        core.database.upgrade(url)
        _close_journal(url)

    def copy_to(self, folder: Path) -> str:
        """The URL of a fresh, migrated database in `folder`."""
        target = folder / "test.sqlite"
        shutil.copyfile(self.file, target)
        return f"sqlite:///{target}"


def _close_journal(url: str) -> None:
    """Bring all that the write-ahead log holds into the file itself."""
    store = core.database.Store(url)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    store.dispose()
