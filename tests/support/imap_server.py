"""A real IMAP server over TLS in this process: one mailbox in memory, and what a rude one may do."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LOCALHOST = Path(__file__).with_name("localhost.pem")  # a key for tests alone, and its certificate
USER, PASSWORD = "bounces", "a password / with @"
_UID = re.compile(rb"UID (\w+) (\S+)(?: (.*))?$")


@dataclass
class Mail:
    """A mail and its flags, without the backslash."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    """The mails by their UIDs. `rude` is called with each command and the socket; True says that it has answered."""

    mails: dict[int, Mail] = field(default_factory=dict)
    rude: Callable[[bytes, ssl.SSLSocket], bool] = lambda _command, _socket: False
    port: int = 0
    commands: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server as BOUNCE_MAILBOX has it."""
        return f"imaps://{USER}:a%20password%20%2F%20with%20%40@localhost:{self.port}/INBOX"

    def add(self, *raws: bytes) -> None:
        """Let mails come in."""
        for raw in raws:
            self.mails[max(self.mails, default=0) + 1] = Mail(raw)

    def converse(self, connection: ssl.SSLSocket) -> None:
        """Answer one client until it goes."""
        connection.sendall(b"* OK IMAP4rev1 ready\r\n")
        reader = connection.makefile("rb")
        while line := reader.readline().rstrip(b"\r\n"):
            tag, _, command = line.partition(b" ")
            self.commands.append(command.split(b" ")[0].upper())
            if self.rude(command, connection):
                continue
            untagged, answer = self.answer(command)
            connection.sendall(untagged + tag + b" " + answer + b"\r\n")
            if command.upper() == b"LOGOUT":
                return

    def answer(self, command: bytes) -> tuple[bytes, bytes]:
        """What is said before the last line, and that line without its tag."""
        name = command.split(b" ")[0].upper()
        if name == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n", b"OK done"
        if name == b"LOGIN":
            is_known = command == f'LOGIN {USER} "{PASSWORD}"'.encode()
            return b"", b"OK welcome" if is_known else b"NO wrong user or password"
        if name == b"SELECT":
            return f"* {len(self.mails)} EXISTS\r\n".encode(), b"OK [READ-WRITE] done"
        if name == b"LOGOUT":
            return b"* BYE\r\n", b"OK done"
        found = _UID.match(command)
        return self.by_uid(*found.groups()) if found else (b"", b"BAD what?")

    def by_uid(self, name: bytes, uid: bytes, rest: bytes | None) -> tuple[bytes, bytes]:
        """SEARCH, FETCH, STORE and EXPUNGE by UIDs."""
        if name == b"SEARCH":
            waiting = [uid for uid, mail in sorted(self.mails.items()) if not mail.flags & {"Flagged", "Deleted"}]
            return b"* SEARCH " + b" ".join(str(one).encode() for one in waiting) + b"\r\n", b"OK done"
        mail, number = self.mails.get(int(uid)), int(uid)
        if mail is None:
            return b"", b"OK nothing"
        if name == b"EXPUNGE":
            if "Deleted" in mail.flags:
                del self.mails[number]
            return f"* {number} EXPUNGE\r\n".encode(), b"OK done"
        if name == b"STORE":
            mail.flags |= set(re.findall(r"\\(\w+)", (rest or b"").decode()))
            return b"", b"OK done"
        if b"RFC822.SIZE" in (rest or b""):
            return f"* {number} FETCH (UID {number} RFC822.SIZE {len(mail.raw)})\r\n".encode(), b"OK done"
        part = re.search(rb"<0\.(\d+)>", rest or b"")
        raw = mail.raw[: int(part[1])] if part else mail.raw
        return f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n", b"OK done"


@contextmanager
def imap_server(server: ImapServer) -> Iterator[ImapServer]:
    """`server`, while it runs on a free port of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOCALHOST)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        listener.settimeout(0.1)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                with suppress(OSError):
                    plain, _ = listener.accept()
                    plain.settimeout(10)
                    with context.wrap_socket(plain, server_side=True) as connection:
                        server.converse(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            is_over.set()
            thread.join()


def drip(command: bytes, connection: ssl.SSLSocket) -> bool:
    """A byte each tenth of a second in answer to a search, without an end."""
    if b"SEARCH" not in command:
        return False
    with suppress(OSError):
        for _ in range(200):
            connection.sendall(b"*")
            time.sleep(0.1)
    return True
