"""Which channel this installation sends by."""

from __future__ import annotations

from core.database import Database
from core.errors import ConfigurationError
from core.settings import Settings
from reminders.channels.base import Channel
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.channels.stored import DemoChannel


def channel_of(settings: Settings, database: Database) -> Channel:
    """SMTP when SMTP_URL is set; in the demo and in tests else the demo's outbox. Raises: ConfigurationError."""
    if settings.smtp_url:
        return SmtpChannel(SmtpServer.from_url(settings.smtp_url), settings.mail_from)
    if settings.is_demo or settings.is_test:
        return DemoChannel(database, settings.mail_from)
    raise ConfigurationError(
        "SMTP_URL is not set, so no message can be sent. Set it to your mail server, "
        "for example smtp://user:password@mail.example.org:587."
    )
