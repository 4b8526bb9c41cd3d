"""A batch as a folder that is never half visible: written under another name, made durable, and renamed.

The folder of a council is made by the operator and never by us: where a disk is not mounted, it is not there.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from booking.documents.batch_delivery import BatchFailure, DeliveryRefused
from core.settings import ROOT

_HIDDEN, _UNFINISHED = ".", ".part"
_UNFINISHED_NAME = re.compile(r"\.[a-z0-9-]+-(?P<number>[A-Z0-9]{8})\.\d+\.part")
_FAILURES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), BatchFailure.FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), BatchFailure.REFUSED),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.ESTALE), BatchFailure.NO_FOLDER),
    **dict.fromkeys((errno.ENOTEMPTY, errno.EEXIST), BatchFailure.EXISTS),
}


@dataclass(frozen=True)
class CouncilFolder:
    """The folder into which the batches of one council go."""

    path: Path

    def write(self, name: str, number_of_try: int, files: Mapping[str, bytes]) -> str:
        """The hidden name under which all files lie on the disk now. Raises: DeliveryRefused, and nothing is left then."""
        hidden = hidden_name(name, number_of_try)
        with _named_failures():
            self._remove_unfinished(name, before=number_of_try)
            try:
                self._write_all(self.path / hidden, files)
            except BaseException:
                self.discard(hidden)
                raise
        return hidden

    def holds(self, hidden: str) -> bool:
        """Whether this hidden folder is there. Raises: DeliveryRefused where the folder of the council is not."""
        with _named_failures():
            if not self.path.is_dir():
                raise DeliveryRefused(BatchFailure.NO_FOLDER)
            return (self.path / hidden).is_dir()

    def discard(self, hidden: str) -> None:
        """Remove a hidden folder, as far as that is possible now: it has papers of people in it, unencrypted."""
        shutil.rmtree(self.path / hidden, ignore_errors=True)

    def _write_all(self, target: Path, files: Mapping[str, bytes]) -> None:
        target.mkdir(mode=0o770)
        folders = {(target / file).parent for file in files}
        for folder in sorted(folders - {target}):
            folder.mkdir(mode=0o770, parents=True, exist_ok=True)
        for file, content in files.items():
            _write(target / file, content)
        for folder in (*folders, target, self.path):
            _sync_folder(folder)

    def show(self, hidden: str, name: str) -> bool:
        """Whether it is there under its name now, by one rename; False where neither is there any more.

        Raises: DeliveryRefused.
        """
        with _named_failures():
            if not self.path.is_dir():
                raise DeliveryRefused(BatchFailure.NO_FOLDER)
            if (self.path / hidden).is_dir():
                (self.path / hidden).rename(self.path / name)
                _sync_folder(self.path)
                return True
            return (self.path / name).is_dir()

    def _remove_unfinished(self, name: str, before: int) -> None:
        """Remove what tries before this one have left: a later one may have been committed already."""
        if not self.path.is_dir():
            raise DeliveryRefused(BatchFailure.NO_FOLDER)
        for number in range(1, before):
            if (left := self.path / hidden_name(name, number)).is_dir():
                shutil.rmtree(left)


def hidden_name(name: str, number_of_try: int) -> str:
    """The name of an unfinished folder."""
    return f"{_HIDDEN}{name}.{number_of_try}{_UNFINISHED}"


def unfinished_folders(folder: str) -> dict[Path, str]:
    """The hidden folders of all councils, with the number of the batch that each is of."""
    found = _absolute(folder).glob(f"*/{_HIDDEN}*{_UNFINISHED}") if folder else ()
    matches = {path: _UNFINISHED_NAME.fullmatch(path.name) for path in found}
    return {path: match["number"] for path, match in matches.items() if match}


def remove_folder(path: Path) -> None:
    """Remove it, as far as that is possible now."""
    shutil.rmtree(path, ignore_errors=True)


def council_folder(folder: str, council: str) -> CouncilFolder:
    """The folder of the council, in that of the settings. Raises: DeliveryRefused where none is set."""
    if not folder:
        raise DeliveryRefused(BatchFailure.NO_FOLDER)
    return CouncilFolder(_absolute(folder) / council)


def _absolute(folder: str) -> Path:
    return ROOT / folder


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(path: Path) -> None:
    """Make what the folder says durable: without it, a rename can be undone by a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DeliveryRefused(_FAILURES.get(error.errno or 0, BatchFailure.BROKEN)) from error
