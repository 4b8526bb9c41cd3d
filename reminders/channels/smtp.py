"""Email over SMTP: smtp:// (STARTTLS where the server offers it) and smtps://, with one connection for a batch."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError, DeliveryFailed
from reminders.channels.base import DeliveryUnclear, Message
from reminders.channels.mime import as_email, envelope_address

TIMEOUT_SECONDS = 30.0
PERMANENT = 500  # RFC 5321 4.2.1: 5yz is a permanent negative reply, 4yz a transient one
ERROR_LENGTH = 250


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to hand mail over."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def from_url(cls, url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> SmtpServer:
        """The server that `smtp://user:password@host:port` or `smtps://...` names. Raises: ConfigurationError."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError("SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465.")
        is_tls = parts.scheme == "smtps"
        try:
            port = parts.port or (465 if is_tls else 587 if parts.username else 25)
        except ValueError as error:
            raise ConfigurationError("The port in SMTP_URL must be a number, as in smtp://host:587.") from error
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, is_tls, timeout_seconds)

    def connect(self) -> smtplib.SMTP:
        """A connection, encrypted wherever the server can, and signed in. Raises: smtplib.SMTPException, OSError."""
        context = ssl.create_default_context()
        if self.is_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            client.ehlo_or_helo_if_needed()
            if not self.is_tls and client.has_extn("starttls"):
                client.starttls(context=context)
                client.ehlo()
            if self.user:
                client.login(self.user, self.password)
        except (smtplib.SMTPException, OSError):
            client.close()
            raise
        return client


class _Connects(Protocol):
    def connect(self) -> smtplib.SMTP: ...


class SmtpChannel:
    """Email over SMTP. What it handed over cannot be asked for."""

    can_be_asked = False
    batch_size = 50

    def __init__(self, server: _Connects, mail_from: str) -> None:
        self.server = server
        self.mail_from = mail_from

    @contextmanager
    def open(self) -> Iterator[SmtpLine]:
        """A line whose connection is made at its first message and used for the whole batch."""
        line = SmtpLine(self.server.connect, self.mail_from)
        try:
            yield line
        finally:
            line.close()

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Nothing is known of any message: SMTP cannot be asked."""
        return set()


class SmtpLine:
    """One connection for one batch. A server that cannot be reached is not tried again within the batch."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], mail_from: str) -> None:
        self._connect = connect
        self._mail_from = mail_from
        self._client: smtplib.SMTP | None = None
        self._unreachable: str = ""

    def send(self, message: Message) -> str:
        """The answer of the server that took `message`. Raises: DeliveryFailed, DeliveryUnclear."""
        email = as_email(message, self._mail_from)
        _, sender = parseaddr(self._mail_from)
        client = self._reached()
        try:
            return _hand_over(client, sender, envelope_address(message.to_email), email.as_bytes())
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise _failed(error) from error
        except smtplib.SMTPException as error:
            self._clear()
            raise _failed(error) from error
        except OSError as error:
            self.close()
            raise _failed(error) from error
        except DeliveryUnclear:
            self.close()
            raise

    def close(self) -> None:
        """End the conversation. A server that is gone already is no matter."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _reached(self) -> smtplib.SMTP:
        if self._unreachable:
            raise DeliveryFailed(reason=self._unreachable)
        if self._client is None:
            try:
                self._client = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                # A wrong password is for the operator to mend, not a reason to give a message up: always temporary.
                self._unreachable = f"The mail server could not be used: {_words(error)}"[:ERROR_LENGTH]
                raise DeliveryFailed(reason=self._unreachable) from error
        return self._client

    def _clear(self) -> None:
        """Make the connection fit for the next message, or give it up."""
        if self._client is not None:
            try:
                self._client.rset()
            except (smtplib.SMTPException, OSError):
                self.close()


def _hand_over(client: smtplib.SMTP, sender: str, to: str, raw: bytes) -> str:
    """One conversation, step by step, so that what broke off after the data is told from what never got there."""
    options = ["SMTPUTF8"] if not to.isascii() and client.has_extn("smtputf8") else []
    if not to.isascii() and not options:
        raise smtplib.SMTPNotSupportedError("The mail server cannot take an address with such letters.")
    _accepted(client.mail(sender, options))
    _accepted(client.rcpt(to))
    try:
        return _accepted(client.data(raw))[:200]
    except smtplib.SMTPResponseException:
        raise
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        reason = f"The mail server went away before it answered: {_words(error)}"[:ERROR_LENGTH]
        raise DeliveryUnclear(reason=reason) from error


def _accepted(reply: tuple[int, bytes]) -> str:
    code, words = reply
    text = words.decode("utf-8", "replace")
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)
    return text


def _failed(error: Exception) -> DeliveryFailed:
    is_permanent = isinstance(error, smtplib.SMTPNotSupportedError)
    if isinstance(error, smtplib.SMTPResponseException):
        is_permanent = error.smtp_code >= PERMANENT
    words = _words(error)
    return DeliveryFailed(reason=words, permanent=is_permanent)


def _words(error: Exception) -> str:
    """What went wrong, without an address: servers like to repeat the recipient's."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode("utf-8", "replace")
        text = f"{error.smtp_code} {text}"
    else:
        text = str(error) or type(error).__name__
    return " ".join("(address)" if "@" in word else word for word in text.split())[:ERROR_LENGTH]
