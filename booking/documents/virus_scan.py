"""Whether a file is free of known viruses, asked of clamd by its INSTREAM command, where the service has one.

The file goes to the scanner in pieces, each behind its length, and nothing of it is written to a disk there.
Source: clamd(8), "INSTREAM", ClamAV 1.4, read 2026-11-27.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from enum import StrEnum
from urllib.parse import urlsplit

from core.errors import InvalidValue

SECONDS = 5.0  # for each step; a request has nine
PIECE = 65_536
LONGEST_ANSWER = 4_096
_COMMAND, _END = b"zINSTREAM\0", struct.pack("!I", 0)
_CLEAN, _FOUND = b": OK", b" FOUND"


class ScanResult(StrEnum):
    """What is known of a file that is kept: one with a virus is never kept."""

    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"


def scan(content: bytes, address: str) -> ScanResult:
    """What the scanner at `address` (tcp://host:port or unix:/path) says; not scanned without an address.

    Raises: InvalidValue for a file with a virus, and where the scanner does not answer in time.
    """
    if not address:
        return ScanResult.NOT_SCANNED
    try:
        answer = _asked(content, address)
    except OSError as error:
        raise InvalidValue.because("document_not_scanned") from error
    if answer.endswith(_FOUND):
        raise InvalidValue.because("document_has_virus")
    if not answer.endswith(_CLEAN):
        raise InvalidValue.because("document_not_scanned")
    return ScanResult.CLEAN


def _asked(content: bytes, address: str) -> bytes:
    with closing(_connected(address)) as scanner:
        scanner.sendall(_COMMAND)
        for begin in range(0, len(content), PIECE):
            piece = content[begin : begin + PIECE]
            scanner.sendall(struct.pack("!I", len(piece)) + piece)
        scanner.sendall(_END)
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
            more = scanner.recv(LONGEST_ANSWER)
            if not more:
                break
            answer += more
    return answer.rstrip(b"\0\n")


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        scanner = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        scanner.settimeout(SECONDS)
        try:
            scanner.connect(parts.path)
        except OSError:
            scanner.close()
            raise
        return scanner
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=SECONDS)
