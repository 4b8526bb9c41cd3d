"""Keeps the tests on this machine: a connection to anywhere else is an error."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = {"", "localhost"}


class OutsideConnectionError(AssertionError):
    """A test tried to reach another machine."""


def is_this_machine(address: Any) -> bool:
    """Whether `address`, as given to a socket's connect, is a local file or a loopback address."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def only_this_machine() -> Iterator[None]:
    """While it lasts, `connect` and `connect_ex` to other machines raise OutsideConnectionError."""
    kept = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    for name, original in kept.items():
        setattr(socket.socket, name, _guarded(original))
    try:
        yield
    finally:
        for name, original in kept.items():
            setattr(socket.socket, name, original)


def _guarded(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if not is_this_machine(address):
            raise OutsideConnectionError(f"A test tried to reach {address!r}; tests stay on this machine.")
        return original(self, address)

    return connect
