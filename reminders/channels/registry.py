"""The channels by name. A row of the outbox names its channel; a worker runs all that are configured."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from core.database import Database
from core.errors import ConfigurationError
from core.settings import Settings
from reminders.channels.base import Channel, TracksDelivery
from reminders.channels.mime import BounceOrigin
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import BASE_URL, PER_MINUTE, NotifyAccount
from reminders.channels.pace import Pace
from reminders.channels.shared_pace import SharedPace
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.channels.stored import StoredChannel
from reminders.letters import LetterBody
from reminders.messages import Body, EmailBody
from reminders.recipients import BY_STAFF, CHANNELS, EMAIL, LETTER, TEXT
from reminders.texts import TextBody

# With a dot, and no address of digits: what a server can look up.
DOMAIN_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)

# Makes a channel from the settings, or nothing when this installation does not use it. Raises: ConfigurationError.
Factory = Callable[[Settings, Database], Channel | None]


def email_channel(settings: Settings, database: Database) -> Channel:
    """SMTP when SMTP_URL is set, else GOV.UK Notify; in the demo and in tests else the demo's outbox.

    Raises: ConfigurationError.
    """
    if settings.smtp_url:
        server = SmtpServer.from_url(settings.smtp_url, ehlo_name=ehlo_name(settings))
        origin = BounceOrigin(settings.secret_key, settings.bounce_address)
        return SmtpChannel(server, settings.mail_from, origin)
    if channel := _notify_or_demo(settings, database, EmailBody):
        return channel
    raise ConfigurationError(
        "SMTP_URL is not set, so no message can be sent. Set it to your mail server, "
        "for example smtp://user:password@mail.example.org:587, or set NOTIFY_API_KEY."
    )


def text_channel(settings: Settings, database: Database) -> Channel | None:
    """GOV.UK Notify when NOTIFY_API_KEY is set; in the demo and in tests else the demo's outbox; else none."""
    return _notify_or_demo(settings, database, TextBody)


def letter_channel(settings: Settings, database: Database) -> Channel | None:
    """As `text_channel`."""
    return _notify_or_demo(settings, database, LetterBody)


def _notify_or_demo(settings: Settings, database: Database, body_type: type[Body]) -> Channel | None:
    if settings.notify_api_key:
        return NotifyChannel(account_of(settings.notify_api_key, settings.notify_base_url, database), body_type)
    return StoredChannel(database, settings.mail_from, body_type) if settings.is_demo or settings.is_test else None


@lru_cache(maxsize=8)
def account_of(api_key: str, base_url: str, database: Database) -> NotifyAccount:
    """The one account of a key in this process. All processes with the same database keep the pace of the key together."""
    return NotifyAccount(api_key, base_url or BASE_URL, pace=SharedPace(database, api_key, Pace(PER_MINUTE)))


def confirming_channels(settings: Settings, database: Database) -> frozenset[str]:
    """The names of the channels with which everything that was sent has arrived; one that cannot be used knows nothing.

    A provider that says so of each message is none of them: it has what was sent, and may yet fail to deliver it.
    """
    names = set()
    for name, factory in FACTORIES.items():
        with suppress(ConfigurationError):
            channel = factory(settings, database)
            if channel is not None and channel.can_confirm_arrival and not isinstance(channel, TracksDelivery):
                names.add(name)
    return frozenset(names)


def ehlo_name(settings: Settings) -> str | None:
    """How this service introduces itself to mail servers (RFC 5321 4.1.1.1); None for the name of this host.

    It is SMTP_EHLO_NAME, else the host of PUBLIC_URL, else the domain of MAIL_FROM, whichever is a full domain name
    first. Raises: ConfigurationError for an SMTP_EHLO_NAME that is none.
    """
    given = settings.smtp_ehlo_name
    if given and not DOMAIN_NAME.fullmatch(given):
        raise ConfigurationError(f"SMTP_EHLO_NAME must be a domain name such as mail.example.org, not {given!r}.")
    host = urlsplit(settings.public_url).hostname or ""
    names = (given, host, parseaddr(settings.mail_from)[1].rpartition("@")[2])
    return next((name for name in names if DOMAIN_NAME.fullmatch(name)), None)


FACTORIES: dict[str, Factory] = {EMAIL: email_channel, TEXT: text_channel, LETTER: letter_channel}


def set_channels(settings: Settings, database: Database) -> None:
    """Keep by which channels this installation reaches people, for whoever plans or sends with this database."""
    database.facts[CHANNELS] = usable_channels(settings, database)


def usable_channels(settings: Settings, database: Database) -> frozenset[str]:
    """The channels by which this installation reaches people: those that it uses, and what staff do.

    One that is configured wrongly counts: what is owed by it waits until that is put right.
    """
    names = {*BY_STAFF}
    for name, factory in FACTORIES.items():
        try:
            if factory(settings, database) is not None:
                names.add(name)
        except ConfigurationError:
            names.add(name)
    return frozenset(names)


def configured_channels(settings: Settings, database: Database) -> dict[str, Channel]:
    """The channels that this installation uses, by name. Raises: ConfigurationError."""
    made = {name: factory(settings, database) for name, factory in FACTORIES.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
