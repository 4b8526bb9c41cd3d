"""The channels by name. A row of the outbox names its channel; a worker runs all that are configured."""

from __future__ import annotations

from collections.abc import Callable

from core.database import Database
from core.errors import ConfigurationError
from core.settings import Settings
from reminders.channels.base import Channel
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.channels.stored import StoredChannel
from reminders.recipients import EMAIL, ChannelRules

# Makes a channel from the settings, or nothing when this installation does not use it. Raises: ConfigurationError.
Factory = Callable[[Settings, Database], Channel | None]


def email_channel(settings: Settings, database: Database) -> Channel:
    """SMTP when SMTP_URL is set; in the demo and in tests else the demo's outbox. Raises: ConfigurationError."""
    if settings.smtp_url:
        return SmtpChannel(SmtpServer.from_url(settings.smtp_url), settings.mail_from)
    if settings.is_demo or settings.is_test:
        return StoredChannel(database, settings.mail_from)
    raise ConfigurationError(
        "SMTP_URL is not set, so no message can be sent. Set it to your mail server, "
        "for example smtp://user:password@mail.example.org:587."
    )


FACTORIES: dict[str, Factory] = {EMAIL: email_channel}
# The channels that a council may use: every one that is registered, also one that is registered later.
CHANNEL_RULES = ChannelRules(FACTORIES.keys())


def configured_channels(settings: Settings, database: Database) -> dict[str, Channel]:
    """The channels that this installation uses, by name. Raises: ConfigurationError."""
    made = {name: factory(settings, database) for name, factory in FACTORIES.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
