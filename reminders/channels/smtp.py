"""Email over SMTP: smtp:// (STARTTLS where the server offers it) and smtps://, with one connection for a batch."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError, DeliveryFailed
from core.text import one_line
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred, DeliveryUnclear, Waiting
from reminders.channels.bounded_smtp import GREETING, BoundedSmtp, Deadline, TimeLimits
from reminders.channels.mime import WITHOUT_MARKS, BounceOrigin, as_email, envelope_address
from reminders.channels.replies import DATA, MAIL, MAIL_UTF8, RCPT, RefusalScope, scope_of_refusal
from reminders.messages import EmailBody, RenderedMessage
from reminders.reasons import ADDRESS_NOT_SUPPORTED, SERVER_UNUSABLE, SERVER_WENT_AWAY, with_detail

ERROR_LENGTH = 250
SERVICE_CLOSING = 421  # RFC 5321 3.8: some servers end a connection so after a number of messages
SECONDS_TO_PART = 2.0  # for RSET and QUIT, on which nothing depends


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
    limits: TimeLimits = field(default_factory=TimeLimits)
    ehlo_name: str | None = None

    @classmethod
    def from_url(cls, url: str, limits: TimeLimits | None = None, *, ehlo_name: str | None = None) -> SmtpServer:
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
        return cls(parts.hostname, port, user, password, is_tls, limits or TimeLimits(), ehlo_name)

    def connect(self, deadline: Deadline) -> BoundedSmtp:
        """A connection, encrypted wherever the server can, and signed in. Raises: smtplib.SMTPException, OSError."""
        deadline.begin(self.limits.connect)
        # To read the certificates that are trusted takes longer than to hand over an email, and only encryption needs them.
        client = BoundedSmtp(deadline, self.ehlo_name, ssl.create_default_context() if self.is_tls else None)
        try:
            code, greeting = client.connect(self.host, self.port)
            if code != GREETING:
                raise smtplib.SMTPConnectError(code, greeting)
            client.ehlo_or_helo_if_needed()
            if not self.is_tls and client.has_extn("starttls"):
                client.encrypt(ssl.create_default_context())
                client.ehlo()
            if self.user:
                client.login(self.user, self.password)
        except (smtplib.SMTPException, OSError):
            client.close()
            raise
        return client


class _Connector(Protocol):
    @property
    def limits(self) -> TimeLimits: ...

    def connect(self, deadline: Deadline) -> BoundedSmtp: ...


class SmtpChannel:
    """Email over SMTP, which has no way to look up a message later."""

    can_confirm_arrival = False
    batch_size = 50
    body_type = EmailBody

    def __init__(self, server: _Connector, mail_from: str, origin: BounceOrigin = WITHOUT_MARKS) -> None:
        self.server = server
        self.mail_from = mail_from
        self.origin = origin

    @contextmanager
    def open(self, waiting: Waiting) -> Iterator[SmtpConnection]:
        """A connection that is made at its first message and used for the whole batch."""
        connection = SmtpConnection(self.server, (self.mail_from, self.origin), Deadline(waiting))
        try:
            yield connection
        finally:
            connection.close()

    def arrived(self, references: Sequence[str]) -> set[str]:
        """An empty set: SMTP has no way to look up a message."""
        return set()


class SmtpConnection:
    """One connection for one batch. A server that cannot be used is not tried again within the batch."""

    def __init__(self, server: _Connector, sender: tuple[str, BounceOrigin], deadline: Deadline) -> None:
        self._server = server
        self._mail_from, self._origin = sender
        self._deadline = deadline
        self._client: BoundedSmtp | None = None
        self._unreachable: str = ""

    def send(self, message: RenderedMessage) -> str:
        """The answer of the server that took `message`.

        Raises: DeliveryFailed, DeliveryUnclear, DeliveryDeferred, ChannelUnavailable.
        """
        email = as_email(message, self._mail_from, self._origin).as_bytes()
        to = envelope_address(message.recipient.address)
        client = self._ready_for(self._origin.sender_of(message, self._mail_from), to)
        try:
            _accepted(RCPT, client.rcpt(to))
            client.begin_text(email)
        except smtplib.SMTPDataError as error:  # the reply to DATA itself, before any text was sent
            self._part()
            raise _failed(_Refused(DATA, error.smtp_code, _clean_text(error.smtp_error))) from error
        except smtplib.SMTPServerDisconnected as error:
            raise self._broken_off(error) from error
        except smtplib.SMTPException as error:
            self._part()
            raise _failed(error) from error
        return self._reply_to_text(client)

    def close(self) -> None:
        """End the connection. A server that is gone already is ignored."""
        client, self._client = self._client, None
        if client is not None:
            self._deadline.begin(SECONDS_TO_PART)
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _ready_for(self, sender: str, to: str) -> BoundedSmtp:
        """A connection on which the server has taken the sender. A used one that has ended meanwhile is made anew.

        Raises: DeliveryFailed, DeliveryDeferred, ChannelUnavailable.
        """
        is_used = self._client is not None
        client = self._connected()
        self._deadline.begin_message(self._server.limits)
        try:
            _name_sender(client, sender, to)
        except (smtplib.SMTPServerDisconnected, _Refused) as error:
            is_over = isinstance(error, smtplib.SMTPServerDisconnected) or error.smtp_code == SERVICE_CLOSING
            if is_over and is_used and not self._deadline.waiting.stopping.is_set():
                self._drop()
                return self._ready_for(sender, to)
            if isinstance(error, _Refused):
                self._part()
                raise _failed(error) from error
            raise self._broken_off(error, ChannelUnavailable(detail=_error_text(error))) from error
        except smtplib.SMTPException as error:
            self._part()
            raise _failed(error) from error
        return client

    def _reply_to_text(self, client: BoundedSmtp) -> str:
        """What the server says of a text that it has. Raises: DeliveryFailed, DeliveryUnclear."""
        self._deadline.begin(self._server.limits.reply_to_text)
        try:
            return _accepted(DATA, client.getreply())
        except _Refused as error:
            if error.smtp_code < 0:
                self._drop()
                raise _unclear(error) from error
            self._part()
            raise _failed(error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise _unclear(error) from error

    def _connected(self) -> BoundedSmtp:
        if self._unreachable:
            raise ChannelUnavailable(detail=self._unreachable)
        if self._client is None:
            try:
                self._client = self._server.connect(self._deadline)
            except (smtplib.SMTPException, OSError) as error:
                # A wrong password is for the operator to correct, not a reason to give a message up.
                reason = with_detail(SERVER_UNUSABLE, _error_text(error))[:ERROR_LENGTH]
                raise self._broken_off(error, ChannelUnavailable(detail=reason)) from error
        return self._client

    def _broken_off(self, error: Exception, otherwise: DeliveryFailed | None = None) -> DeliveryFailed:
        """What a conversation that broke off means: nothing when we are stopping, else `otherwise` or a plain failure."""
        self._drop()
        if self._deadline.waiting.stopping.is_set():
            return DeliveryDeferred()
        if isinstance(otherwise, ChannelUnavailable):
            self._unreachable = otherwise.detail
        return otherwise or _failed(error)

    def _part(self) -> None:
        """Reset the connection for the next message, or close it."""
        if self._client is not None:
            self._deadline.begin(SECONDS_TO_PART)
            try:
                self._client.rset()
            except (smtplib.SMTPException, OSError):
                self._drop()

    def _drop(self) -> None:
        """Leave a connection that is of no more use without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _name_sender(client: BoundedSmtp, sender: str, to: str) -> None:
    options = ["SMTPUTF8"] if not to.isascii() and client.has_extn("smtputf8") else []
    if not to.isascii() and not options:
        raise smtplib.SMTPNotSupportedError(ADDRESS_NOT_SUPPORTED)
    _accepted(MAIL_UTF8 if options else MAIL, client.mail(sender, options))


def _accepted(command: str, reply: tuple[int, bytes]) -> str:
    code, text = reply
    if not 200 <= code < 300:
        raise _Refused(command, code, _clean_text(text))
    return _clean_text(text)


def _unclear(error: Exception) -> DeliveryUnclear:
    return DeliveryUnclear(detail=with_detail(SERVER_WENT_AWAY, _error_text(error))[:ERROR_LENGTH])


def _failed(error: Exception) -> DeliveryFailed:
    text = _error_text(error)
    if isinstance(error, _Refused):
        scope = scope_of_refusal(error.command, error.smtp_code, _clean_text(error.smtp_error))
        if scope is RefusalScope.SERVICE:
            return ChannelUnavailable(detail=text)
        if scope is RefusalScope.EITHER:
            return DeliveryDeferred(detail=text)
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
