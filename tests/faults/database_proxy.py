"""A proxy in front of a real PostgreSQL that can go silent, cut connections, and cut them around COMMIT."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL, make_url

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"  # as the driver sends it
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER


class DatabaseProxy:
    """Passes on what clients and the database say, unless told otherwise."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._silent: set[int] = set()
        self._flows = threading.Event()
        self._flows.set()
        self.cut_before_commit = 0
        self.cut_after_commit = 0
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the database through this proxy."""
        port = self._listener.getsockname()[1]
        through: URL = self._target.set(host="127.0.0.1", port=port, query={})
        return through.render_as_string(hide_password=False)

    def freeze(self) -> None:
        """Say nothing more, on no connection, as a frozen database does: its kernel goes on taking what is sent."""
        self._flows.clear()

    def thaw(self) -> None:
        """Go on where everything stood still."""
        self._flows.set()

    def forget(self) -> None:
        """Let the present connections be silent for ever; new ones work."""
        with self._lock:
            self._silent.update(id(client) for client, _ in self._pairs)

    def reset(self) -> None:
        """Cut all present connections."""
        with self._lock:
            for pair in self._pairs:
                _cut(*pair)
            self._pairs.clear()

    def close(self) -> None:
        """Take no more connections, and cut those that are there."""
        with suppress(OSError):  # it was closed before
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread that waits there would take one more
        self._listener.close()
        self.thaw()
        self.reset()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._flows.wait()
        try:
            server = _connection_to(self._target)
        except OSError:  # it is stopped
            client.close()
            return
        with self._lock:
            self.connections += 1
            self._pairs.append((client, server))
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self._flows.wait()
                if id(client) in self._silent:
                    continue
                if COMMIT in data and self.cut_before_commit:
                    self.cut_before_commit -= 1
                    break
                server.sendall(data)
        _cut(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                self._flows.wait()
                if self.cut_after_commit and data.startswith(COMMITTED):
                    self.cut_after_commit -= 1
                    break
                if id(client) not in self._silent:
                    client.sendall(data)
        _cut(client, server)


def _connection_to(target: URL) -> socket.socket:
    folder = target.query.get("host")
    if folder:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(Path(str(folder)) / f".s.PGSQL.{target.port or 5432}"))
        except OSError:
            server.close()
            raise
        return server
    return socket.create_connection((target.host or "127.0.0.1", target.port or 5432))


def _cut(client: socket.socket, server: socket.socket) -> None:
    """Close both ends; the client's as a machine that was restarted does, so that it learns of it at once."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_WHEN_CLOSED)
    for end in (client, server):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def proxied(url: str) -> Iterator[DatabaseProxy]:
    """A proxy in front of the database at `url`."""
    proxy = DatabaseProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
