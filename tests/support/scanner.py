"""A stand-in for clamd that speaks its INSTREAM command: it finds the test file of EICAR, and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn, ThreadingUnixStreamServer
from threading import Thread
from typing import Any

# In two parts, so that no scanner takes this file for one. Source: https://www.eicar.org/download-anti-malware-testfile/
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
COMMAND = b"zINSTREAM\0"


class _Answer(StreamRequestHandler):
    def handle(self) -> None:
        """Read the command and the pieces, each behind its length, and say what was found."""
        if self.rfile.read(len(COMMAND)) != COMMAND:
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        fixed: bytes | None = getattr(self.server, "answer", None)
        found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        self.wfile.write(found if fixed is None else fixed)


class _Tcp(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def scanner(path: str = "", answer: bytes | None = None) -> Iterator[str]:
    """The address of a scanner, at a socket of this path or on a port; with `answer`, one that always says that."""
    server: Any = ThreadingUnixStreamServer(path, _Answer) if path else _Tcp(("127.0.0.1", 0), _Answer)
    server.answer = answer
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"unix:{path}" if path else f"tcp://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
