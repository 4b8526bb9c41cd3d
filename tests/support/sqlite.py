"""SQLite for the tests: a real file, copied from one that was migrated once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import core.database


@dataclass(frozen=True)
class SqliteTemplate:
    """A database file to copy."""

    file: Path

    @classmethod
    def migrated(cls, folder: Path) -> SqliteTemplate:
        """A template with the tables and nothing in them."""
        template = cls(folder / "template.sqlite")
        core.database.upgrade(template.url)
        template.close_journal()
        return template

    @property
    def url(self) -> str:
        """Where the template itself is."""
        return f"sqlite:///{self.file}"

    def copy_to(self, folder: Path) -> str:
        """The URL of a fresh copy in `folder`."""
        return self.derived(folder).url

    def derived(self, folder: Path) -> SqliteTemplate:
        """A template of its own in `folder`, to put more into."""
        target = folder / "test.sqlite"
        shutil.copyfile(self.file, target)
        return SqliteTemplate(target)

    def close_journal(self) -> None:
        """Bring all that the write-ahead log holds into the file itself."""
        database = core.database.Database(self.url)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        database.dispose()
