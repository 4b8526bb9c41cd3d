"""Files that are kept encrypted in a folder of their own, with a key that the database has not.

AES-256-GCM with a random nonce; a file is bound to its name, so that no file can be put in the place of another. What an
older key sealed is opened as long as that is among OLD_DOCUMENT_KEYS. Source: NIST SP 800-38D, read 2026-11-27.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import NotFound, Unavailable
from core.settings import ROOT, Settings

_VERSION = b"FD1"
_NONCE_BYTES = 12
_PURPOSE = b"documents"
_UNFINISHED = ".part"


@dataclass(frozen=True)
class FileStore:
    """The folder and its keys, the first of which seals."""

    folder: Path
    keys: tuple[bytes, ...]

    def write(self, content: bytes) -> str:
        """The name under which the content is kept from now on."""
        name, nonce = secrets.token_hex(24), secrets.token_bytes(_NONCE_BYTES)
        sealed = _VERSION + nonce + AESGCM(self.keys[0]).encrypt(nonce, content, name.encode())
        target = self._path(name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = target.with_suffix(_UNFINISHED)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
        return name

    def read(self, name: str) -> bytes:
        """The content. Raises: NotFound when it is not kept any more, Unavailable when no key opens it."""
        try:
            sealed = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound from error
        begin = len(_VERSION)
        nonce, text = sealed[begin : begin + _NONCE_BYTES], sealed[begin + _NONCE_BYTES :]
        for key in self.keys:
            try:
                return AESGCM(key).decrypt(nonce, text, name.encode())
            except (InvalidTag, ValueError):
                continue
        raise Unavailable

    def opens(self, name: str) -> bool:
        """Whether one of our keys opens the file."""
        try:
            self.read(name)
        except (NotFound, Unavailable):
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete the file, if it is there still."""
        self._path(name).unlink(missing_ok=True)

    def names_before(self, instant: float) -> Iterator[str]:
        """The names of files that were written before the instant (seconds since 1970), unfinished ones too."""
        for path in self.folder.glob("??/*"):
            if path.stat().st_mtime < instant:
                yield path.name

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


def file_store(settings: Settings) -> FileStore | None:
    """The store of this installation; None where it has no key, so that no files can be kept."""
    if not settings.document_key:
        return None
    folder = Path(settings.document_folder)
    return FileStore(folder if folder.is_absolute() else ROOT / folder, _derived(settings.document_keys))


def _derived(keys: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(hmac.new(key.encode(), _PURPOSE, hashlib.sha256).digest() for key in keys)
