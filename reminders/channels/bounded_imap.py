"""An IMAP client that waits for nothing without an end, over TLS alone, as `reminders.channels.bounded_smtp`."""

from __future__ import annotations

import imaplib
import ssl
from typing import Any

from reminders.channels.bounded_smtp import BLOCK, Deadline, encrypt_socket, open_socket, receive

LONGEST_LINE = 100_000
MOST_AT_ONCE = 2_000_000  # bytes of one literal


class BoundedImap(imaplib.IMAP4):
    """`imaplib.IMAP4` under a `Deadline`, encrypted from the start with the `tls` context."""

    def __init__(self, deadline: Deadline, host: str, port: int, tls: ssl.SSLContext) -> None:
        self.deadline, self.tls = deadline, tls
        self._received = b""
        super().__init__(host, port)

    def open(self, host: str = "", port: int = 993, timeout: float | None = None) -> None:
        """Connect. Raises: OSError."""
        self.host, self.port = host, port
        self.sock = encrypt_socket(open_socket(host, port, self.deadline), self.tls, host, self.deadline)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises: OSError, also where the connection ends before."""
        if size > MOST_AT_ONCE:
            raise OSError(f"more than {MOST_AT_ONCE} bytes at once")
        while len(self._received) < size:
            self._receive()
        found, self._received = self._received[:size], self._received[size:]
        return found

    def readline(self) -> bytes:
        """The next line with its end. Raises: OSError."""
        while b"\n" not in self._received:
            if len(self._received) > LONGEST_LINE:
                raise OSError(f"a line of more than {LONGEST_LINE} bytes")
            self._receive()
        line, end, self._received = self._received.partition(b"\n")
        return line + end

    def send(self, data: Any) -> None:
        """Send all of `data`. Raises: OSError."""
        left = memoryview(bytes(data))
        while left:
            self.sock.settimeout(self.deadline.piece())
            try:
                left = left[self.sock.send(left[:BLOCK]) :]
            except TimeoutError:
                continue

    def shutdown(self) -> None:
        """Close the connection."""
        if getattr(self, "sock", None) is not None:
            self.sock.close()

    def _receive(self) -> None:
        more = receive(self.sock, self.deadline)
        if not more:
            raise OSError("the connection ended")
        self._received += more
