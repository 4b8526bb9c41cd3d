"""HTTP connections that wait for nothing without an end: an adapter for `requests`.

The timeout of `requests` is for one `recv`, so a server that sends a byte every two seconds holds it for ever. Here every
wait is cut into short pieces, as those of `bounded_smtp` are: between two of them the deadline and the wish to stop are
looked at. What a server may answer at once is limited too.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from reminders.channels.bounded_smtp import BLOCK, PIECE_SECONDS, Deadline, open_socket

MAX_ANSWER_BYTES = 8_000_000  # a page of 250 messages with their texts has less than one


@dataclass
class Exchange(Deadline):
    """A request and its answer: until when they may take, and whether any part of the request `has_begun` to be sent."""

    has_begun: bool = False
    received: int = 0

    def begin(self, seconds: float) -> None:
        """An exchange of `seconds` at the most begins."""
        super().begin(seconds)
        self.has_begun, self.received = False, 0


class _Bounded:
    """The waits of a socket under an `Exchange`. Mixed into sockets without and with TLS."""

    exchange: Exchange

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """As of a socket. Raises: OSError, also for an answer that takes too long or has no end."""
        while True:
            self.settimeout(self.exchange.piece())  # type: ignore[attr-defined]
            try:
                size: int = super().recv_into(*arguments, **options)  # type: ignore[misc]
            except TimeoutError:
                continue
            self.exchange.received += size
            if self.exchange.received > MAX_ANSWER_BYTES:
                raise OSError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
            return size

    def sendall(self, data: Any, *_flags: int) -> None:
        """As of a socket. Raises: OSError."""
        self.exchange.has_begun = True
        left = memoryview(data).cast("B")
        while left:
            self.settimeout(self.exchange.piece())  # type: ignore[attr-defined]
            try:
                left = left[self.send(left[:BLOCK]) :]  # type: ignore[attr-defined]
            except TimeoutError:
                continue

    def do_handshake(self, *_options: Any) -> None:
        """As of a socket with TLS. Raises: OSError."""
        while True:
            self.settimeout(self.exchange.piece())  # type: ignore[attr-defined]
            try:
                super().do_handshake()  # type: ignore[misc]
                return
            except TimeoutError:
                continue


class BoundedAdapter(HTTPAdapter):
    """Connections for one thread, all of whose waits are those of `exchange`. Nothing is sent a second time."""

    def __init__(self, exchange: Exchange) -> None:
        plain = type("BoundedSocket", (_Bounded, socket.socket), {"exchange": exchange})
        encrypted = type("BoundedTlsSocket", (_Bounded, ssl.SSLSocket), {"exchange": exchange})

        def new_socket(connection: HTTPConnection) -> socket.socket:
            opened = open_socket(connection.host, connection.port, exchange)
            bounded: socket.socket = plain(opened.family, opened.type, opened.proto, fileno=opened.detach())
            bounded.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bounded.settimeout(PIECE_SECONDS)
            return bounded

        http = type("BoundedHttp", (HTTPConnection,), {"_new_conn": new_socket})
        https = type("BoundedHttps", (HTTPSConnection,), {"_new_conn": new_socket})
        self._context = ssl.create_default_context()
        self._context.sslsocket_class = encrypted
        self._pools = {
            "http": type("BoundedHttpPool", (HTTPConnectionPool,), {"ConnectionCls": http}),
            "https": type("BoundedHttpsPool", (HTTPSConnectionPool,), {"ConnectionCls": https}),
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools whose connections are bounded."""
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """The same for connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **options, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager
