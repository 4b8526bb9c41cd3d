"""An SMTP client that waits for nothing without an end.

The timeout of smtplib is for one `recv`, so a server that sends a byte every two seconds holds it for ever. Here every
wait is cut into short pieces: between two of them the deadline and the wish to stop are looked at. What a server may
say at once is limited too.
"""

from __future__ import annotations

import errno
import re
import select
import smtplib
import socket
import ssl
from dataclasses import dataclass
from time import monotonic
from typing import Any

from reminders.channels.base import Waiting

PIECE_SECONDS = 0.25  # of a wait: within it a stop is noticed
MAX_REPLY_LINES, MAX_REPLY_BYTES = 100, 64_000
BLOCK = 16_384
GREETING, START_TEXT = 220, 354  # RFC 5321 4.2.3
_LINE_WITH_DOT = re.compile(rb"(?m)^\.")  # RFC 5321 4.5.2


@dataclass(frozen=True)
class TimeLimits:
    """How many seconds an exchange with a server may take in all, whatever its pace.

    `connect` is for all until we are signed in, `message` for one message up to the end of its text. `reply_to_text` begins
    there: 10 minutes by RFC 5321 4.5.3.2.6, because a server that is given up too early has the message all the same.
    """

    connect: float = 60
    message: float = 120
    reply_to_text: float = 600
    slow: float = 10  # after which others need not wait


@dataclass
class Deadline:
    """Until when the current exchange may wait."""

    waiting: Waiting
    ends_at: float = 0.0
    slow_at: float = 0.0
    seconds: float = 0.0

    def begin(self, seconds: float) -> None:
        """An exchange of `seconds` at the most begins."""
        self.seconds, self.ends_at = seconds, monotonic() + seconds

    def begin_message(self, limits: TimeLimits) -> None:
        """The exchange of a message begins, which may turn out to be slow."""
        self.begin(limits.message)
        self.slow_at = monotonic() + limits.slow

    def piece(self) -> float:
        """For how many seconds to wait now, before this is called again. Raises: OSError when the wait has to end."""
        if self.waiting.stopping.is_set():
            raise OSError("stopped")
        now = monotonic()
        if self.slow_at and now >= self.slow_at:
            self.slow_at = 0.0
            self.waiting.on_slow()
        if now >= self.ends_at:
            raise TimeoutError(f"no end of it within {self.seconds:g} seconds")
        return min(self.ends_at - now, PIECE_SECONDS)


class BoundedSmtp(smtplib.SMTP):
    """`smtplib.SMTP` under a `Deadline`, encrypted from the start when it gets a `tls` context."""

    def __init__(self, deadline: Deadline, local_hostname: str | None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(local_hostname=local_hostname)
        self.deadline = deadline
        self.tls = tls

    def begin_text(self, text: bytes) -> None:
        """Send `text` to its end. Raises: smtplib.SMTPException, when the server does not have the whole of it."""
        code, reply = self.docmd("DATA")
        if code != START_TEXT:
            raise smtplib.SMTPDataError(code, reply)
        ended = text if text.endswith(b"\r\n") else text + b"\r\n"
        self.send(_LINE_WITH_DOT.sub(b"..", ended) + b".\r\n")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The connection that `connect` asks for, to the first address of `host` that takes it."""
        self._host = host  # the name on the server's certificate
        connection = open_socket(host, port, self.deadline)
        return encrypt_socket(connection, self.tls, host, self.deadline) if self.tls else connection

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Encrypt from here on by STARTTLS. What the server said before is forgotten (RFC 3207 4.2)."""
        code, reply = self.docmd("STARTTLS")
        if code != GREETING:
            raise smtplib.SMTPResponseException(code, reply)
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("no connection that could be encrypted")
        self.sock = encrypt_socket(self.sock, context, self._host, self.deadline)
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False

    def getreply(self) -> tuple[int, bytes]:
        """The next reply. Raises: smtplib.SMTPServerDisconnected, also for one that takes too long or has no end."""
        if self.sock is not None:
            if self.file is None:
                self.file = _ReplyReader(self.sock, self.deadline)
            self.file.begin_reply()
        return super().getreply()

    def send(self, text: Any) -> None:
        """Send bytes or ASCII. Raises: smtplib.SMTPServerDisconnected."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        left = memoryview(text.encode(self.command_encoding) if isinstance(text, str) else bytes(text))
        try:
            while left:
                self.sock.settimeout(self.deadline.piece())
                try:
                    left = left[self.sock.send(left[:BLOCK]) :]
                except TimeoutError:
                    continue
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error)) from error


class _ReplyReader:
    """The lines of a connection. A reply of too many of them, or of endless ones, is an error."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self.connection, self.deadline = connection, deadline
        self.read = b""
        self.lines = self.bytes = 0

    def begin_reply(self) -> None:
        """The next line is the first of a reply."""
        self.lines = self.bytes = 0

    def readline(self, limit: int) -> bytes:
        """The next line with its end; shorter at the end of the connection, or when it is longer than `limit`."""
        self.lines += 1
        while b"\n" not in self.read and len(self.read) < limit and (more := self._receive()):
            self.read += more
        end = self.read.find(b"\n") + 1 or len(self.read)
        line, self.read = self.read[: min(end, limit)], self.read[min(end, limit) :]
        self.bytes += len(line)
        if self.lines > MAX_REPLY_LINES or self.bytes > MAX_REPLY_BYTES:
            raise OSError(f"a reply of more than {MAX_REPLY_LINES} lines")
        return line

    def close(self) -> None:
        """Nothing to close: the connection is closed by its owner."""

    def _receive(self) -> bytes:
        return receive(self.connection, self.deadline)


def receive(connection: socket.socket, deadline: Deadline) -> bytes:
    """What has come next; nothing at the end of the connection. Raises: OSError."""
    while True:
        connection.settimeout(deadline.piece())
        try:
            return connection.recv(BLOCK)
        except TimeoutError:
            continue


def encrypt_socket(plain: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """`plain`, encrypted, with `host` on the server's certificate. Raises: OSError."""
    encrypted = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            encrypted.settimeout(deadline.piece())
            try:
                encrypted.do_handshake()
                return encrypted
            except TimeoutError:
                continue
    except OSError:
        encrypted.close()
        raise


def open_socket(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first address of `host` that takes it, not blocking. Raises: OSError."""
    problem: OSError = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            code = connection.connect_ex(address)
            while code in (errno.EINPROGRESS, errno.EALREADY, errno.EWOULDBLOCK):
                if select.select([], [connection], [], deadline.piece())[1]:
                    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code == 0:
                return connection
            problem = OSError(code, errno.errorcode.get(code, "no connection"))
        except OSError as error:
            problem = error
        connection.close()
    raise problem
