"""The gunicorn worker: gthread, whose connections do not wait for a slow client without an end."""

from __future__ import annotations

import errno
from collections.abc import Callable
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

READ_SECONDS = 15.0  # for a whole request, however its bytes are spread over time
WRITE_SECONDS = 60.0  # for one piece of the answer


class _NoConnection:
    """What is left of a connection that somebody else has taken over."""

    def __getattr__(self, name: str) -> Callable[..., bytes]:
        return lambda *_arguments: b""


class BoundedSocket:
    """`sock`, from which one request is read in time or not at all: a client that is too slow counts as gone."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.begin_request()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    @property
    def is_detached(self) -> bool:
        """Whether somebody else has taken the connection over."""
        return isinstance(self._sock, _NoConnection)

    def detach(self) -> Any:
        """The connection, for whoever answers on from here; whatever gunicorn still writes to it or closes is left alone."""
        connection, self._sock = self._sock, _NoConnection()
        return connection

    def begin_request(self) -> None:
        """Give the next request its time."""
        self._end = monotonic() + READ_SECONDS

    def recv(self, *arguments: Any) -> bytes:
        """What has come, or nothing, as if the client had closed the connection, when the time is up."""
        left = self._end - monotonic()
        if left <= 0:
            return b""
        self._sock.settimeout(left)
        try:
            return bytes(self._sock.recv(*arguments))
        except TimeoutError:
            return b""
        finally:
            self._sock.settimeout(None)

    def sendall(self, *arguments: Any) -> None:
        """Send it all. Raises: ConnectionResetError when the client does not take it in time."""
        self._sock.settimeout(WRITE_SECONDS)
        try:
            self._sock.sendall(*arguments)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client takes nothing") from error
        finally:
            self._sock.settimeout(None)


class BoundedThreadWorker(ThreadWorker):  # type: ignore[misc]  # published without types
    """gthread with a limit of time for each request that is read and each piece that is written."""

    def handle(self, conn: TConn) -> Any:
        """Handle one request on the connection."""
        if isinstance(conn.sock, BoundedSocket):
            conn.sock.begin_request()
        else:
            conn.sock = BoundedSocket(conn.sock)
        is_kept = super().handle(conn)
        return is_kept if not conn.sock.is_detached else False
