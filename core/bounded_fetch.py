"""Fetches what stands at an address that somebody typed, with limits on time, size and redirects.

An address that leads to this network, or to this host, is refused: its name is looked up, what was found is checked, and
the connection goes to the address that was checked, so that a name cannot mean another host a moment later. Hosts that the
operator names are allowed wherever they are, and without encryption. `requests` and urllib3 look names up by themselves.
"""

from __future__ import annotations

import base64
import io
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052 2.1: the last 32 bits are an IPv4 address
PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 2000


class FetchFailure(StrEnum):
    """Why nothing usable came."""

    ADDRESS = "address"  # it is none, or without encryption
    PRIVATE = "private"  # it leads into this network
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    TOO_LONG = "too_long"
    REDIRECTS = "redirects"
    BROKEN = "broken"  # what came is no HTTP


class FetchFailed(Exception):
    """Nothing usable came from the address; `failure` says why."""

    def __init__(self, failure: FetchFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True)
class FetchLimits:
    """How long everything may take together, how much may come, and how many redirects are followed."""

    seconds: float = 10
    most_bytes: int = 2_000_000
    redirects: int = 3
    reads_body: bool = True  # or else the status alone is wanted, whatever comes with it


@dataclass(frozen=True)
class FetchRequest:
    """What is asked for. `user` and `password` go to the host of `address` alone, never on to where it redirects."""

    address: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Fetched:
    """What came."""

    status: int
    body: bytes
    location: str = ""


def fetch(request: FetchRequest, allowed_hosts: Sequence[str] = (), limits: FetchLimits = FetchLimits()) -> Fetched:
    """What stands at the address, or where it redirects to. Raises: FetchFailed."""
    ends_at, address = monotonic() + limits.seconds, request.address
    home = _place_of(address, allowed_hosts)
    for _ in range(limits.redirects + 1):
        place = _place_of(address, allowed_hosts)
        is_home = (place.scheme, place.netloc) == (home.scheme, home.netloc)
        try:
            answer = _ask(place, request, allowed_hosts, limits, ends_at, may_sign_in=is_home)
        except TimeoutError as error:
            raise FetchFailed(FetchFailure.SLOW) from error
        except HTTPException as error:
            raise FetchFailed(FetchFailure.BROKEN) from error
        except (OSError, ValueError) as error:
            raise FetchFailed(FetchFailure.UNREACHABLE) from error
        if answer.status not in REDIRECTS or not answer.location:
            return answer
        address = _address_of_redirect(place, answer.location)
    raise FetchFailed(FetchFailure.REDIRECTS)


def _address_of_redirect(place: SplitResult, location: str) -> str:
    try:
        return urljoin(place.geturl(), location)
    except ValueError as error:
        raise FetchFailed(FetchFailure.ADDRESS) from error


def is_complete_address(address: str, allowed_hosts: Sequence[str] = ()) -> bool:
    """Whether something could be fetched from the address, as far as it says itself."""
    try:
        _place_of(address, allowed_hosts)
    except FetchFailed:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether the IP address is one of the internet: not of this host, a private network, a link or a tunnel to one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:  # fec0::/10, given up (RFC 3879), and in use all the same
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _is_allowed(host: str, port: int, allowed_hosts: Sequence[str]) -> bool:
    """Whether the operator names the host, with this port or with none."""
    name = f"[{host}]" if ":" in host else host
    return not {host, name, f"{name}:{port}"}.isdisjoint(allowed_hosts)


def _place_of(address: str, allowed_hosts: Sequence[str]) -> SplitResult:
    """The parts of the address. Raises: FetchFailed for one that cannot be fetched."""
    try:
        place = urlsplit(address)
        host, port = (place.hostname or "").lower(), place.port
    except ValueError as error:
        raise FetchFailed(FetchFailure.ADDRESS) from error
    is_plain = place.scheme == "http" and _is_allowed(host, port or PORTS["http"], allowed_hosts)
    is_printable = address.isascii() and address.isprintable() and " " not in address
    if not host or not is_printable or len(address) > LONGEST_ADDRESS or port == 0 or place.username is not None:
        raise FetchFailed(FetchFailure.ADDRESS)
    if place.scheme != "https" and not is_plain:
        raise FetchFailed(FetchFailure.ADDRESS)
    return place


def _ask(
    place: SplitResult,
    request: FetchRequest,
    allowed_hosts: Sequence[str],
    limits: FetchLimits,
    ends_at: float,
    *,
    may_sign_in: bool,
) -> Fetched:
    """One request and its answer. Raises: FetchFailed, OSError, HTTPException."""
    host, port = (place.hostname or "").lower(), place.port or PORTS[place.scheme]
    found = _look_up(host, port, ends_at)
    if not _is_allowed(host, port, allowed_hosts) and not all(is_public(ip) for ip in found):
        raise FetchFailed(FetchFailure.PRIVATE)
    with _connect(found, port, ends_at) as plain:
        connection = plain
        if place.scheme == "https":
            plain.settimeout(_left(ends_at))
            connection = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        with connection:
            connection.settimeout(_left(ends_at))
            connection.sendall(_head(place, request, may_sign_in=may_sign_in) + request.body)
            answer = HTTPResponse(_Answering(connection, ends_at), method=request.method)  # type: ignore[arg-type]
            answer.begin()
            body = answer.read(limits.most_bytes + 1) if limits.reads_body else b""
    if len(body) > limits.most_bytes:
        raise FetchFailed(FetchFailure.TOO_LONG)
    return Fetched(answer.status, body, answer.headers.get("Location", ""))


def _head(place: SplitResult, request: FetchRequest, *, may_sign_in: bool) -> bytes:
    path = f"{place.path or '/'}{'?' + place.query if place.query else ''}"
    headers = {"Host": place.netloc, "User-Agent": "FrontDoor", "Accept-Encoding": "identity", "Connection": "close"}
    headers |= request.headers
    if request.user and may_sign_in:
        headers["Authorization"] = f"Basic {base64.b64encode(f'{request.user}:{request.password}'.encode()).decode()}"
    if request.body:
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _look_up(host: str, port: int, ends_at: float) -> list[str]:
    """The IP addresses of the host. A resolver that hangs is left to itself. Raises: OSError."""
    answers: queue.Queue[list[str] | OSError] = queue.Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(one[4][0]) for one in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_left(ends_at))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(answer, OSError):
        raise answer
    return answer


def _connect(found: Sequence[str], port: int, ends_at: float) -> socket.socket:
    """A connection to the first of the addresses that takes one. Raises: OSError."""
    failed: OSError = OSError("no address")
    for ip in found:
        try:
            return socket.create_connection((ip, port), timeout=_left(ends_at))
        except OSError as error:
            failed = error
    raise failed


def _left(ends_at: float) -> float:
    """The seconds that are left. Raises: TimeoutError."""
    left = ends_at - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Answering(io.RawIOBase):
    """A connection as http.client reads it; each wait is only for what is left of the whole time."""

    def __init__(self, connection: socket.socket, ends_at: float) -> None:
        self._connection, self._ends_at = connection, ends_at

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The bytes that come."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises: OSError, and TimeoutError when the whole has taken too long."""
        self._connection.settimeout(_left(self._ends_at))
        return self._connection.recv_into(buffer)
