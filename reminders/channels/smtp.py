"""Email over SMTP: smtp:// (STARTTLS where the server offers it) and smtps://, with one connection for a batch."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError, DeliveryFailed
from core.text import one_line
from reminders.channels.base import ChannelUnavailable, DeliveryUnclear
from reminders.channels.mime import as_email, envelope_address, sender_address
from reminders.channels.replies import DATA, MAIL, MAIL_UTF8, RCPT, RefusalScope, scope_of_refusal
from reminders.messages import EmailBody, RenderedMessage
from reminders.reasons import ADDRESS_NOT_SUPPORTED, SERVER_UNUSABLE, SERVER_WENT_AWAY, with_detail

TIMEOUT_SECONDS = 30.0
ERROR_LENGTH = 250


class _Refused(smtplib.SMTPResponseException):
    """A negative reply, with the command that it answers."""

    def __init__(self, command: str, code: int, text: str) -> None:
        super().__init__(code, text)
        self.command = command


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to send mail."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS
    ehlo_name: str | None = None

    @classmethod
    def from_url(
        cls, url: str, timeout_seconds: float = TIMEOUT_SECONDS, *, ehlo_name: str | None = None
    ) -> SmtpServer:
        """The server that `smtp://user:password@host:port` or `smtps://...` names. Raises: ConfigurationError.

        `ehlo_name` is how this service introduces itself there; None takes the name of this host, which in a container
        is one that strict servers refuse.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError("SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465.")
        is_tls = parts.scheme == "smtps"
        try:
            port = parts.port or (465 if is_tls else 587 if parts.username else 25)
        except ValueError as error:
            raise ConfigurationError("The port in SMTP_URL must be a number, as in smtp://host:587.") from error
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, user, password, is_tls, timeout_seconds, ehlo_name)

    def connect(self) -> smtplib.SMTP:
        """A connection, encrypted wherever the server can, and signed in. Raises: smtplib.SMTPException, OSError."""
        context = ssl.create_default_context()
        if self.is_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, self.ehlo_name, timeout=self.timeout_seconds, context=context
            )
        else:
            client = smtplib.SMTP(self.host, self.port, self.ehlo_name, timeout=self.timeout_seconds)
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


class _Connector(Protocol):
    def connect(self) -> smtplib.SMTP: ...


class SmtpChannel:
    """Email over SMTP, which has no way to look up a message later."""

    can_confirm_arrival = False
    batch_size = 50
    body_type = EmailBody

    def __init__(self, server: _Connector, mail_from: str) -> None:
        self.server = server
        self.mail_from = mail_from

    @contextmanager
    def open(self) -> Iterator[SmtpConnection]:
        """A connection that is made at its first message and used for the whole batch."""
        connection = SmtpConnection(self.server.connect, self.mail_from)
        try:
            yield connection
        finally:
            connection.close()

    def arrived(self, references: Sequence[str]) -> set[str]:
        """An empty set: SMTP has no way to look up a message."""
        return set()


class SmtpConnection:
    """One connection for one batch. A server that cannot be used is not tried again within the batch."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], mail_from: str) -> None:
        self._connect = connect
        self._mail_from = mail_from
        self._client: smtplib.SMTP | None = None
        self._unreachable: str = ""

    def send(self, message: RenderedMessage) -> str:
        """The answer of the server that took `message`. Raises: DeliveryFailed, DeliveryUnclear, ChannelUnavailable."""
        email = as_email(message, self._mail_from).as_bytes()
        sender, to = sender_address(self._mail_from), envelope_address(message.recipient.address)
        client = self._connected()
        try:
            return _transmit(client, sender, to, email)
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise _failed(error) from error
        except smtplib.SMTPException as error:
            self._reset()
            raise _failed(error) from error
        except OSError as error:
            self.close()
            raise _failed(error) from error
        except DeliveryUnclear:
            self.close()
            raise

    def close(self) -> None:
        """End the connection. A server that is gone already is ignored."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _connected(self) -> smtplib.SMTP:
        if self._unreachable:
            raise ChannelUnavailable(detail=self._unreachable)
        if self._client is None:
            try:
                self._client = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                # A wrong password is for the operator to correct, not a reason to give a message up.
                self._unreachable = with_detail(SERVER_UNUSABLE, _error_text(error))[:ERROR_LENGTH]
                raise ChannelUnavailable(detail=self._unreachable) from error
        return self._client

    def _reset(self) -> None:
        """Reset the connection for the next message, or close it."""
        if self._client is not None:
            try:
                self._client.rset()
            except (smtplib.SMTPException, OSError):
                self.close()


def _transmit(client: smtplib.SMTP, sender: str, to: str, raw: bytes) -> str:
    """The reply to one message. Step by step, to tell apart what broke off after the data from what was never sent."""
    options = ["SMTPUTF8"] if not to.isascii() and client.has_extn("smtputf8") else []
    if not to.isascii() and not options:
        raise smtplib.SMTPNotSupportedError(ADDRESS_NOT_SUPPORTED)
    _accepted(MAIL_UTF8 if options else MAIL, client.mail(sender, options))
    _accepted(RCPT, client.rcpt(to))
    try:
        return _accepted(DATA, client.data(raw))
    except _Refused:
        raise
    except smtplib.SMTPDataError as error:  # the reply to DATA itself, before any text was sent
        raise _Refused(DATA, error.smtp_code, _clean_text(error.smtp_error)) from error
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        reason = with_detail(SERVER_WENT_AWAY, _error_text(error))[:ERROR_LENGTH]
        raise DeliveryUnclear(detail=reason) from error


def _accepted(command: str, reply: tuple[int, bytes]) -> str:
    code, text = reply
    if not 200 <= code < 300:
        raise _Refused(command, code, _clean_text(text))
    return _clean_text(text)


def _failed(error: Exception) -> DeliveryFailed:
    text = _error_text(error)
    if isinstance(error, _Refused):
        scope = scope_of_refusal(error.command, error.smtp_code, _clean_text(error.smtp_error))
        if scope is RefusalScope.SERVICE:
            return ChannelUnavailable(detail=text)
        return DeliveryFailed(detail=text, permanent=scope is RefusalScope.MESSAGE)
    return DeliveryFailed(detail=text, permanent=isinstance(error, smtplib.SMTPNotSupportedError))


def _error_text(error: Exception) -> str:
    """What went wrong, without an address: servers like to repeat the recipient's."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = f"{error.smtp_code} {_clean_text(error.smtp_error)}"
    else:
        text = one_line(str(error)) or type(error).__name__
    return " ".join("(address)" if "@" in word else word for word in text.split())[:ERROR_LENGTH]


def _clean_text(reply: str | bytes) -> str:
    """What a server replied, in one line that every database can keep."""
    return one_line(reply if isinstance(reply, str) else reply.decode("utf-8", "replace"))
