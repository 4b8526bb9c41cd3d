"""A batch as a folder that is never half visible: written under another name, made durable, and renamed.

The folder of a council is made by the operator and never by us: where a disk is not mounted, it is not there.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from booking.documents.batch_delivery import BatchFailure, DeliveryRefused
from core.settings import ROOT

_HIDDEN, _UNFINISHED = ".", ".part"
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
        """The hidden name under which all files lie on the disk now. Raises: DeliveryRefused."""
        hidden = f"{_HIDDEN}{name}.{number_of_try}{_UNFINISHED}"
        with _named_failures():
            self._remove_unfinished(name)
            target = self.path / hidden
            target.mkdir(mode=0o770)
            for folder in sorted({(target / file).parent for file in files} - {target}):
                folder.mkdir(mode=0o770, parents=True, exist_ok=True)
            for file, content in files.items():
                _write(target / file, content)
            for folder in (*{(target / file).parent for file in files}, target, self.path):
                _sync_folder(folder)
        return hidden

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

    def _remove_unfinished(self, name: str) -> None:
        """Remove what earlier tries have left."""
        if not self.path.is_dir():
            raise DeliveryRefused(BatchFailure.NO_FOLDER)
        for left in self.path.glob(f"{_HIDDEN}{name}.*{_UNFINISHED}"):
            shutil.rmtree(left)


def council_folder(folder: str, council: str) -> CouncilFolder:
    """The folder of the council, in that of the settings. Raises: DeliveryRefused where none is set."""
    if not folder:
        raise DeliveryRefused(BatchFailure.NO_FOLDER)
    path = Path(folder)
    return CouncilFolder((path if path.is_absolute() else ROOT / path) / council)


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
