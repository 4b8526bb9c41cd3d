"""A real SMTP server in this process that keeps what it was given, and does as a test tells it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Reply = Callable[[EmailMessage], str]
IsBannerSlow = Callable[[], bool]  # asked of each connection
HANG_UP = "hang up"  # a reply: the message is taken, and nobody learns of it
DRIP = "drip"  # a reply: the message is taken, and the answer comes a byte at a time
DRIPPED, BANNER_SECONDS = b"250-taking my time\r\n", 0.5
STEPS_TO_A_CONVERSATION = 5  # of the loop, from a connection that was accepted to one that can be closed


class MailServer:
    """Keeps every message in order. `reply` decides the answer to each, and runs before the sender knows it."""

    def __init__(self, reply: Reply = lambda _email: "250 OK", reply_rcpt: Callable[[str], str] | None = None) -> None:
        self.reply = reply
        self.reply_rcpt = reply_rcpt
        self.taken: list[EmailMessage] = []
        self.connections = 0
        self.is_banner_slow: IsBannerSlow = lambda: False
        self.names: list[str] = []
        self.lock = threading.Lock()

    @property
    def times_taken(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        with self.lock:
            return Counter(str(email["Message-ID"]) for email in self.taken)

    async def handle_EHLO(  # noqa: N802  (aiosmtpd names its hooks so)
        self, _server: SMTP, db: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count conversations, and note by which name the sender introduced itself."""
        self.connections += 1
        self.names.append(hostname)
        db.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, or refuse as told."""
        answer = self.reply_rcpt(address) if self.reply_rcpt else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message if the answer takes it."""
        email = message_from_bytes(cast(bytes, envelope.content), policy=default)
        answer = self.reply(email)
        if answer.startswith("2") or answer in (HANG_UP, DRIP):
            with self.lock:
                self.taken.append(email)
        if answer == HANG_UP and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        if answer == DRIP and isinstance(server.transport, asyncio.Transport):
            for byte in DRIPPED:
                server.transport.write(bytes([byte]))
                await asyncio.sleep(0.05)
            return "250 OK"
        return answer


class _Conversations(Controller):
    """Makes each conversation of a server, whose banner may come late."""

    is_banner_slow: IsBannerSlow

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conversations: set[_Conversation] = set()

    def factory(self) -> SMTP:
        conversation = _Conversation(self.handler, **self.SMTP_kwargs)
        conversation.is_banner_slow = self.is_banner_slow
        self.conversations.add(conversation)
        return conversation

    async def hang_up(self) -> None:
        """Take no more connections, and close those that are there: the loop that ends leaves their sockets open."""
        for listener in self.server.sockets if isinstance(self.server, asyncio.Server) else ():
            self.loop.remove_reader(listener.fileno())  # a server that is closed loses what it has just accepted
        for _ in range(STEPS_TO_A_CONVERSATION):
            await asyncio.sleep(0)
        for conversation in self.conversations:
            if isinstance(conversation.transport, asyncio.Transport):
                conversation.transport.abort()
        await asyncio.sleep(0)


class _Conversation(SMTP):
    is_banner_slow: IsBannerSlow

    async def _handle_client(self) -> None:
        if self.is_banner_slow():
            await asyncio.sleep(BANNER_SECONDS)
        await super()._handle_client()


@contextmanager
def running(server: object, *, is_banner_slow: IsBannerSlow = lambda: False, **options: Any) -> Iterator[str]:
    """The server's SMTP_URL while it runs on a free port of this machine. `server` has the hooks of aiosmtpd."""
    port = free_port()
    controller = _Conversations(server, hostname="127.0.0.1", port=port, **options)
    controller.is_banner_slow = is_banner_slow
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(10)
        controller.stop(no_assert=True)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
