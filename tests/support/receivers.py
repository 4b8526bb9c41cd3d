"""Another system, that is told over HTTP what happened."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """It keeps what it is told, and answers with `status`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 204
        self.body = b""
        self.seen: list[tuple[dict[str, str], bytes]] = []

    @property
    def address(self) -> str:
        """Where it listens, with a secret of its own."""
        return f"http://127.0.0.1:{self.server_port}/hook?token=their-own-secret"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *_arguments: object) -> None:
        """Keep the output of tests clean."""

    def do_POST(self) -> None:
        """Keep it, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(self.server.body)


def is_signed(seen: tuple[dict[str, str], bytes], secret: str) -> bool:
    """As Standard Webhooks has it."""
    headers, body = seen
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
