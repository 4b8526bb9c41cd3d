"""A stand-in for GOV.UK Notify: a real HTTP server that speaks its protocol, keeps state and sends receipts.

It checks the JSON Web Token of each request as the provider does, and can be told to fail in each of the provider's ways.
Source: docs.notifications.service.gov.uk/rest-api.html, read 2026-11-26.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import requests
from notifications_python_client.authentication import decode_jwt_token, decode_token
from notifications_python_client.errors import TokenError, TokenExpiredError

from reminders.channels.notify_templates import NEEDED

SERVICE_ID = "8b3aa916-ec82-434e-b0c5-d5d9b371d6a3"
SECRET = "1d2f5b0e-6c6e-4f0e-9f6d-3c1b7f7a9e11"
API_KEY = f"front_door-{SERVICE_ID}-{SECRET}"
LOCALHOST = Path(__file__).with_name("localhost.pem")  # a key for tests alone, and its certificate
CALLBACK_TOKEN = "the token of receipts"
PAGE = 250
RESET = struct.pack("ii", 1, 0)  # SO_LINGER that ends a connection with RST
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\(\((.+?)\)\)")


class Fault(Enum):
    """What the next request to send meets."""

    SLOW = "it is answered after `seconds`"
    DRIP = "the answer comes a byte at a time"
    REFUSE = "the connection is closed without an answer, and nothing is taken"
    ERROR = "500, and nothing is taken"
    ERROR_AFTER = "500 after it was taken"
    RESET_AFTER = "the connection is reset after it was taken"
    NOT_JSON = "201 with a page in place of JSON"
    UNAVAILABLE = "503 from whatever stands before it"
    TOO_MANY = "429, the rate limit of the key, with Retry-After"
    NO_MORE_TODAY = "429, the daily allowance"
    TEAM_ONLY = "400, the key is for the team"
    TRIAL = "400, the service is on trial"
    ODD = "400 that nobody knows"


REFUSALS: Mapping[Fault, tuple[int, str, str]] = {
    Fault.ERROR: (500, "Exception", "Internal server error"),
    Fault.ERROR_AFTER: (500, "Exception", "Internal server error"),
    Fault.UNAVAILABLE: (503, "Exception", "Service unavailable"),
    Fault.TOO_MANY: (429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    Fault.NO_MORE_TODAY: (429, "TooManyRequestsError", "Exceeded send limits (sms: 250000) for today"),
    Fault.TEAM_ONLY: (400, "BadRequestError", "Can’t send to this recipient using a team-only API key"),
    Fault.TRIAL: (
        400,
        "BadRequestError",
        "Can’t send to this recipient when service is in trial mode – see https://www.notifications.service.gov.uk/trial",
    ),
    Fault.ODD: (400, "BadRequestError", "The moon is in the wrong place"),
}


@dataclass
class Sent:
    """A message that was taken, and what became of it."""

    id: str
    type: str
    reference: str
    to: str
    template_id: str
    personalisation: dict[str, str]
    created_at: str
    sender_id: str = ""
    status: str = "created"
    completed_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the provider answers a question about it."""
        return {
            "id": self.id,
            "reference": self.reference,
            "type": self.type,
            "status": self.status,
            "created_at": self.created_at,
            "sent_at": None,
            "completed_at": self.completed_at,
            "template": {"id": self.template_id, "version": 1},
        }

    def receipt(self) -> dict[str, Any]:
        """As the provider tells of it by itself."""
        return {
            "id": self.id,
            "reference": self.reference,
            "to": self.to,
            "status": self.status,
            "created_at": self.created_at,
            "completed_at": self.completed_at,
            "sent_at": self.created_at,
            "notification_type": self.type,
            "template_id": self.template_id,
            "template_version": 1,
        }


@dataclass
class NotifyServer:
    """The provider. `faults` meet the next requests to send, one each, and then what `next_fault` says of each."""

    templates: list[dict[str, Any]] = field(default_factory=list)
    senders: set[str] = field(default_factory=set)  # of texts, by their ids
    messages: dict[str, Sent] = field(default_factory=dict)
    by_reference: dict[str, list[Sent]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    next_fault: Callable[[], Fault | None] = lambda: None
    requests: Counter[str] = field(default_factory=Counter)
    secret: str = SECRET
    clock_offset: float = 0
    retry_after: str = "20"
    seconds: float = 0.5
    drip_seconds: float = 0.05
    on_taken: Callable[[Sent], None] = lambda _sent: None
    is_down: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def __post_init__(self) -> None:
        self.make_templates()

    def make_templates(self, **bodies: str) -> None:
        """The templates that Front Door needs, or with another body for those of a type."""
        self.templates = [
            {
                "id": str(uuid4()),
                "name": one.name,
                "type": one.type,
                "version": 1,
                "subject": next((f"(({name}))" for name in ("subject", "heading") if name in one.placeholders), None),
                "body": bodies.get(one.type, "((message))"),
            }
            for one in NEEDED
        ]

    def add(self, **values: Any) -> Sent:
        """A message as if it had been sent before."""
        sent = Sent(
            **{
                "id": str(uuid4()),
                "type": "sms",
                "to": "07700900123",
                "template_id": "",
                "personalisation": {},
                "created_at": _now(),
                **values,
            }
        )
        with self.lock:
            self.messages[sent.id] = sent
            self.by_reference.setdefault(sent.reference, []).append(sent)
        return sent

    def settle(self, status: str, *references: str) -> None:
        """What became of the messages under `references`, or of all."""
        for sent in list(self.messages.values()):
            if not references or sent.reference in references:
                sent.status = status
                sent.completed_at = _now() if status not in ("created", "sending", "pending") else None

    def tell(self, url: str, receipt: Mapping[str, Any], token: str = CALLBACK_TOKEN) -> int:
        """Send a receipt, or an inbound text, to `url`; the status of the answer."""
        answer = requests.post(url, json=dict(receipt), headers={"Authorization": f"Bearer {token}"}, timeout=10)
        return answer.status_code


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class _Refusal(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    provider: NotifyServer

    def do_POST(self) -> None:
        """Take a message, or fail as told."""
        with suppress(ConnectionError, ssl.SSLError):
            self._answer(lambda: self._send(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

    def do_GET(self) -> None:
        """Answer a question."""
        with suppress(ConnectionError):
            self._answer(self._question)

    def log_message(self, *_arguments: Any) -> None:
        """Keep the output of the tests clean."""

    def _answer(self, work: Any) -> None:
        self.provider.requests[self.command] += 1
        if self.provider.is_down:
            self.close_connection = True
            return
        try:
            self._check_token()
            answer = work()
        except _Refusal as refusal:
            error = {"error": refusal.kind, "message": str(refusal)}
            self._write(refusal.status, {"status_code": refusal.status, "errors": [error]})
            return
        if answer is not None:
            self._write(*answer)

    def _check_token(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        clock = _Refusal(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
        try:
            if decode_token(token).get("iss") != SERVICE_ID:
                raise _Refusal(403, "AuthError", "Invalid token: service not found")
            decode_jwt_token(token, self.provider.secret)
        except TokenExpiredError:
            raise clock from None
        except TokenError:
            raise _Refusal(403, "AuthError", "Invalid token: API key not found") from None
        if abs(time.time() + self.provider.clock_offset - decode_token(token)["iat"]) > 30:
            raise clock

    def _send(self, asked: dict[str, Any]) -> tuple[int, Any] | None:
        fault = self.provider.faults.popleft() if self.provider.faults else self.provider.next_fault()
        if fault is Fault.REFUSE:
            self.close_connection = True
            return None
        if fault and fault in REFUSALS and fault is not Fault.ERROR_AFTER:
            raise _Refusal(*REFUSALS[fault])
        if fault is Fault.SLOW:
            self.provider.stopped.wait(self.provider.seconds)
        sent = self._taken(urlsplit(self.path).path.rpartition("/")[2], asked)
        if fault is Fault.ERROR_AFTER:
            raise _Refusal(*REFUSALS[fault])
        if fault is Fault.RESET_AFTER:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()
            self.close_connection = True
            return None
        answer = {"id": sent.id, "reference": sent.reference, "content": {}, "uri": "", "template": {}}
        if fault is Fault.DRIP:
            self._drip(answer)
            return None
        return (201, "<html>" if fault is Fault.NOT_JSON else answer)

    def _taken(self, kind: str, asked: dict[str, Any]) -> Sent:
        template = next((one for one in self.provider.templates if one["id"] == asked["template_id"]), None)
        if template is None or template["type"] != kind:
            raise _Refusal(400, "BadRequestError", "Template not found")
        values: dict[str, str] = asked.get("personalisation", {})
        wanted = _PLACEHOLDER.findall(f"{template['subject']}{template['body']}")
        if missing := [name for name in wanted if name not in values]:
            raise _Refusal(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        sender_id = asked.get("sms_sender_id", "")
        if sender_id and sender_id not in self.provider.senders:
            text = f"sms_sender_id {sender_id} does not exist in database for service id 1"
            raise _Refusal(400, "BadRequestError", text)
        to = _recipient(kind, asked, values)
        if len(values.get("message", "")) > 918 and kind == "sms":
            raise _Refusal(400, "BadRequestError", "Text messages cannot be longer than 918 characters")
        sent = self.provider.add(
            type=kind,
            reference=asked.get("reference", ""),
            to=to,
            template_id=template["id"],
            personalisation=values,
            sender_id=sender_id,
        )
        self.provider.on_taken(sent)
        return sent

    def _question(self) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v2/templates":
            return 200, {"templates": self.provider.templates}
        if parts.path == "/v2/notifications":
            reference = query.get("reference")
            with self.provider.lock:
                all_of_them = list(self.provider.messages.values())
                found = all_of_them if reference is None else self.provider.by_reference.get(reference, [])
            page = [one.as_json() for one in found[-PAGE:]]
            return 200, {"notifications": page, "links": {"current": self.path}}
        sent = self.provider.messages.get(parts.path.rpartition("/")[2])
        if parts.path.startswith("/v2/notifications/") and sent:
            return 200, sent.as_json()
        raise _Refusal(404, "NoResultFound", "No result found")

    def _write(self, status: int, body: Any) -> None:
        text = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 429 and self.provider.retry_after:
            self.send_header("Retry-After", self.provider.retry_after)
        self.end_headers()
        self.wfile.write(text)

    def _drip(self, body: Any) -> None:
        """A byte of the answer at a time, each well within the timeout of one read."""
        text = json.dumps(body).encode()
        head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(text)}\r\n\r\n".encode()
        for byte in head + text:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.provider.stopped.wait(self.provider.drip_seconds):
                break
        self.close_connection = True


def _recipient(kind: str, asked: dict[str, Any], values: Mapping[str, str]) -> str:
    """Whom a message is for. Raises: _Refusal for one to whom none can be sent."""
    if kind == "sms":
        number = re.sub(r"[ ()+-]", "", asked["phone_number"])
        if not re.fullmatch(r"(44|0)7\d{9}", number):
            raise _Refusal(400, "ValidationError", "phone_number Not a UK mobile number")
        return number
    if kind == "email":
        address: str = asked["email_address"]
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
            raise _Refusal(400, "ValidationError", "email_address Not a valid email address")
        return address
    lines = [values[f"address_line_{number}"] for number in range(1, 8) if values.get(f"address_line_{number}")]
    if len(lines) < 3:
        raise _Refusal(400, "ValidationError", "Address must be at least 3 lines")
    if not _POSTCODE.fullmatch(lines[-1]):
        raise _Refusal(400, "ValidationError", "Last line of address must be a real UK postcode or another country")
    return "\n".join(lines)


@contextmanager
def notify_server(*, is_encrypted: bool = False) -> Iterator[NotifyServer]:
    """The provider, behind a real socket, while the block lasts; with TLS under the certificate of `LOCALHOST`."""
    provider = NotifyServer()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    if is_encrypted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(LOCALHOST)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        provider.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
