"""Where mail servers report what they cannot deliver: a mailbox that is read by IMAP, or a Maildir folder.

What was understood is removed. What was not is flagged, so that it is not read again, and left for a person.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError
from core.text import one_line
from reminders.bounce_reports import LARGEST
from reminders.channels.base import ChannelUnavailable, Waiting
from reminders.channels.bounded_imap import BoundedImap
from reminders.channels.bounded_smtp import Deadline

MOST_IN_A_PASS = 200
SECONDS_TO_CONNECT, SECONDS_FOR_ONE, SECONDS_TO_PART = 60.0, 60.0, 5.0
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]{1,12})")
_FLAGGED = re.compile(r":2,[A-Za-z]*F")
ERROR_LENGTH = 200


class OpenMailbox(Protocol):
    """A mailbox for one pass."""

    def waiting(self) -> Sequence[str]:
        """The names of what nobody has looked at yet, the oldest first."""
        ...

    def read(self, name: str) -> bytes | None:
        """The mail as it came, its beginning alone where it is larger than `LARGEST`; None where it is gone."""
        ...

    def remove(self, name: str) -> None:
        """Take out what was understood."""
        ...

    def leave(self, name: str) -> None:
        """Flag what was not understood, so that it is not read again."""
        ...


def mailbox_from(url: str) -> ImapMailbox | MaildirMailbox:
    """The mailbox that `imaps://user:password@host/folder` or `maildir:///path` names. Raises: ConfigurationError."""
    parts = urlsplit(url)
    if parts.scheme == "maildir" and not parts.netloc and parts.path not in ("", "/"):
        return MaildirMailbox(Path(unquote(parts.path)))
    try:
        port = parts.port or 993
    except ValueError:
        port = 0
    if parts.scheme != "imaps" or not parts.hostname or not parts.username or not port:
        raise ConfigurationError(
            "BOUNCE_MAILBOX must look like imaps://user:password@mail.example.org/INBOX or maildir:///var/mail/bounces."
        )
    user, password = unquote(parts.username), unquote(parts.password or "")
    return ImapMailbox(parts.hostname, port, user, password, unquote(parts.path.strip("/")) or "INBOX")


@dataclass(frozen=True)
class ImapMailbox:
    """A folder on an IMAP server."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"

    @contextmanager
    def open(self, waiting: Waiting) -> Iterator[OpenMailbox]:
        """The folder for one pass. Raises: ChannelUnavailable, whatever the server does."""
        deadline = Deadline(waiting)
        try:
            deadline.begin(SECONDS_TO_CONNECT)
            client = BoundedImap(deadline, self.host, self.port, ssl.create_default_context())
            try:
                client.login(self.user, self.password)
                _checked(client.select(_quoted(self.folder)))
                yield _ImapFolder(client, deadline)
            finally:
                deadline.begin(SECONDS_TO_PART)
                with suppress(imaplib.IMAP4.error, OSError):
                    client.logout()
                client.shutdown()
        except (imaplib.IMAP4.error, OSError) as error:
            raise ChannelUnavailable(detail=_error_text(error)) from error


@dataclass(frozen=True)
class _ImapFolder:
    client: BoundedImap
    deadline: Deadline

    def waiting(self) -> Sequence[str]:
        found = _checked(self.client.uid("SEARCH", "UNFLAGGED", "UNDELETED"))
        return [uid.decode("ascii", "replace") for uid in (found[0] or b"").split()][:MOST_IN_A_PASS]

    def read(self, name: str) -> bytes | None:
        self.deadline.begin(SECONDS_FOR_ONE)
        sized = _SIZE.search(_flat(self.client.uid("FETCH", name, "(RFC822.SIZE)")[1]))
        if sized is None:
            return None
        part = f"BODY.PEEK[]<0.{LARGEST + 1}>" if int(sized[1]) > LARGEST else "BODY.PEEK[]"
        answer = self.client.uid("FETCH", name, f"({part})")[1]
        return next((bytes(one[1]) for one in answer if isinstance(one, tuple) and len(one) > 1), None)

    def remove(self, name: str) -> None:
        self.deadline.begin(SECONDS_FOR_ONE)
        _checked(self.client.uid("STORE", name, "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in self.client.capabilities:  # RFC 4315: of what others have marked nothing is taken out
            _checked(self.client.uid("EXPUNGE", name))

    def leave(self, name: str) -> None:
        self.deadline.begin(SECONDS_FOR_ONE)
        _checked(self.client.uid("STORE", name, "+FLAGS.SILENT", r"(\Flagged)"))


@dataclass(frozen=True)
class MaildirMailbox:
    """A folder of files, as mail servers write them (`new` and `cur`)."""

    path: Path

    @contextmanager
    def open(self, waiting: Waiting) -> Iterator[OpenMailbox]:
        """The folder for one pass. Raises: ChannelUnavailable."""
        try:
            yield _MaildirFolder(self.path, waiting)
        except OSError as error:
            raise ChannelUnavailable(detail=_error_text(error)) from error


@dataclass(frozen=True)
class _MaildirFolder:
    path: Path
    stopper: Waiting

    def waiting(self) -> Sequence[str]:
        found = [file for folder in ("new", "cur") for file in (self.path / folder).iterdir() if file.is_file()]
        unread = [file for file in found if not _FLAGGED.search(file.name)]
        oldest = sorted(unread, key=lambda file: file.name)[:MOST_IN_A_PASS]
        return [str(file.relative_to(self.path)) for file in oldest]

    def read(self, name: str) -> bytes | None:
        if self.stopper.stopping.is_set():
            raise OSError("stopped")
        try:
            with (self.path / name).open("rb") as file:
                return file.read(LARGEST + 1)
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def leave(self, name: str) -> None:
        file = self.path / name
        base, _, flags = file.name.partition(":2,")
        with suppress(FileNotFoundError):
            file.rename(self.path / "cur" / f"{base}:2,{''.join(sorted({*flags, 'F'}))}")


def _checked(answer: tuple[str, list[bytes | None]]) -> list[bytes | None]:
    """What the server sent with OK. Raises: imaplib.IMAP4.error."""
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(_flat(data).decode("utf-8", "replace"))
    return data


def _flat(data: Sequence[object]) -> bytes:
    parts = (piece for one in data for piece in (one if isinstance(one, tuple) else (one,)))
    return b" ".join(piece for piece in parts if isinstance(piece, bytes))


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _error_text(error: Exception) -> str:
    text = one_line(str(error)) or type(error).__name__
    return " ".join("(address)" if "@" in word else word for word in text.split())[:ERROR_LENGTH]
