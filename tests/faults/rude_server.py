"""A mail server that misbehaves as a test tells it: it drips, talks without end, falls silent or says what is no reply."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

# What is done instead of the usual reply to a command; nothing for the usual one. "TEXT" is the end of a text.
Rudeness = Callable[["Talk", str, str], bool]
MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: (\S+)")


@dataclass
class Talk:
    """One connection."""

    server: RudeServer
    socket: socket.socket
    recipient: str = ""

    def say(self, text: str) -> None:
        """Send one line."""
        self.socket.sendall(text.encode() + b"\r\n")

    def drip(self, text: str, seconds: float = 0.1) -> None:
        """Send `text` byte by byte, again and again, until the client or the test ends."""
        while not self.server.ending.is_set():
            for letter in text.encode():
                self.socket.sendall(bytes([letter]))
                if self.server.ending.wait(seconds):
                    return

    def talk_on(self, line: str) -> None:
        """Send one continued line after another, as fast as the client takes them."""
        block = f"{line}\r\n".encode() * 100
        while not self.server.ending.is_set():
            self.socket.sendall(block)

    def fall_silent(self) -> None:
        """Say nothing more."""
        self.server.ending.wait(60)


@dataclass
class RudeServer:
    """`rude` is called for each command of each connection; it returns whether it has answered. `taken` are Message-IDs."""

    rude: Rudeness
    taken: list[str] = field(default_factory=list)
    taken_at: list[tuple[str, float]] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, connection: socket.socket) -> None:
        """One conversation, to its end."""
        talk = Talk(self, connection)
        with suppress(OSError, ValueError), connection, connection.makefile("rb") as lines:
            if not self.rude(talk, "CONNECT", ""):
                talk.say("220 rude.example.org")
            while line := lines.readline():
                command = line.split()[0].decode().upper() if line.split() else ""
                with self.lock:
                    self.commands.append(command)
                if not self.answer(talk, command, line.decode().strip()):
                    return
                if command == "DATA":
                    self.read_text(talk, lines)

    def answer(self, talk: Talk, command: str, line: str) -> bool:
        """Answer one command; whether the conversation goes on."""
        if command == "RCPT":
            talk.recipient = line.partition("<")[2].rstrip(">")
        if not self.rude(talk, command, line):
            talk.say({"DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 OK"))
        return command != "QUIT"

    def read_text(self, talk: Talk, lines: Iterator[bytes]) -> None:
        """Take a text, and answer it."""
        text = b""
        for line in lines:
            if line == b".\r\n":
                break
            text += line
        else:
            return
        found = MESSAGE_ID.search(text)
        with self.lock:
            self.taken.append(found.group(1).decode() if found else "")
            self.taken_at.append((talk.recipient, monotonic()))
        if not self.rude(talk, "TEXT", talk.recipient):
            talk.say("250 taken")


@contextmanager
def running_rudely(rude: Rudeness) -> Iterator[tuple[RudeServer, str]]:
    """A server and its SMTP_URL."""
    server = RudeServer(rude)
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    thread = threading.Thread(target=server.serve, args=(connection,), daemon=True)
                    thread.start()
                    threads.append(thread)  # only one that has begun can be waited for

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server, f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.ending.set()
            listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)
