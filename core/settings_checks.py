"""What is wrong with settings: a sentence for each, which names the variable and says what to set. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from limits import parse_many
from limits.errors import ConfigurationError as StorageError
from limits.storage import storage_from_string

from core.contact_values import parse_email, parse_sign_in_email
from core.errors import InvalidValue
from core.settings import ROOT, Settings

SHORTEST_KEY = 32
FEWEST_CHARACTERS = 8  # different ones in a key: "aaaa..." and "change me change me" are no random values
MOST_PROXIES = 10
SHORTEST_TOKEN = 10  # as GOV.UK Notify wants it, read 2026-11-26
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
OWN_STORAGES = ("database", "memory")
MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NOTIFY_KEY = re.compile(rf".*-?{_UUID}-{_UUID}", re.IGNORECASE)
HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9a-f:]+", re.IGNORECASE)


def problems_of(settings: Settings) -> list[str]:
    """Everything that is wrong with `settings`, in the order in which they are documented."""
    found = [
        *_of_database(settings),
        *_of_address(settings),
        *_of_mail(settings),
        *_of_notify(settings),
        *_of_limits(settings),
        *_of_documents(settings),
        *_of_the_rest(settings),
    ]
    is_real = not (settings.is_demo or settings.is_test)
    return [
        *(_of_keys(settings) if not settings.is_test else ()),
        *(_of_real_service(settings) if is_real else ()),
        *found,
    ]


def _of_keys(settings: Settings) -> Iterator[str]:
    if not settings.secret_key:
        yield (
            f"SECRET_KEY is not set. Set it to a long random value, for example the output of {MAKE_KEY}, "
            "and keep it the same on every host."
        )
    elif not settings.is_demo and _is_weak(settings.secret_key):
        yield f"SECRET_KEY is too short or plain: set {SHORTEST_KEY} random characters or more, the output of {MAKE_KEY}."


def _of_documents(settings: Settings) -> Iterator[str]:
    """The key is apart from the database, and so from the key that the database's own values are sealed with."""
    if settings.document_key and _is_weak(settings.document_key):
        yield f"DOCUMENT_KEY is too short or plain: set {SHORTEST_KEY} random characters or more, the output of {MAKE_KEY}."
    elif settings.document_key and settings.document_key in settings.secret_keys:
        yield f"DOCUMENT_KEY must be another one than SECRET_KEY: set it to the output of {MAKE_KEY}."
    for name, text in (("DOCUMENT_FOLDER", settings.document_folder), ("HANDOVER_FOLDER", settings.handover_folder)):
        if text and (ROOT / "static") in (ROOT / text / "files").resolve().parents:
            yield f"{name} must lie outside the folder that is served as /static/."
    if settings.virus_scanner and not _is_scanner(settings.virus_scanner):
        yield "VIRUS_SCANNER must look like tcp://127.0.0.1:3310 or unix:/run/clamav/clamd.ctl."


def _is_scanner(address: str) -> bool:
    """Whether a socket can be found by it."""
    try:
        parts = urlsplit(address)
        is_tcp = parts.scheme == "tcp" and bool(parts.hostname and parts.port) and parts.path in ("", "/")
    except ValueError:
        return False
    return is_tcp or (parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc)


def _is_weak(key: str) -> bool:
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS


def _of_real_service(settings: Settings) -> Iterator[str]:
    """What the demo has defaults for, and a service for people has not.

    gunicorn listens on this host alone, so without a proxy and without messages the address of this host is the right one.
    """
    is_open = bool(settings.trusted_proxies or settings.smtp_url or settings.notify_api_key)
    if not settings.public_url_is_set:
        if is_open:
            yield "PUBLIC_URL is not set. Set it to the address that people open, for example https://appointments.example.org."
    elif settings.public_url.startswith("http://") and not (settings.allow_http or _is_this_host(settings.public_url)):
        yield (
            "PUBLIC_URL begins with http://, so passwords and cookies would travel in the clear. Use https://, or set "
            "ALLOW_HTTP=1 for a trial on a network of your own."
        )
    if settings.smtp_url and not settings.mail_from_is_set:
        yield "MAIL_FROM is not set. Set it to the address that messages come from, for example appointments@example.org."
    if settings.fixed_now:
        yield "NOW fixes the clock and is for demo and tests only. Unset it."


def _is_this_host(url: str) -> bool:
    parts = _split(url)
    return parts is not None and parts.hostname in LOOPBACK


def _of_database(settings: Settings) -> Iterator[str]:
    if not settings.database_url.startswith(("sqlite:", "postgresql+psycopg:")):
        yield "DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://."


def _of_address(settings: Settings) -> Iterator[str]:
    parts = _split(settings.public_url)
    if parts is None or parts.scheme not in ("http", "https") or not HOST.fullmatch(parts.hostname or ""):
        yield f"PUBLIC_URL must be an address like https://appointments.example.org, not {settings.public_url!r}."
    elif parts.path or parts.query or parts.fragment or parts.username:
        yield (
            f"PUBLIC_URL must be a host of its own, without a path: {parts.scheme}://{parts.hostname}, not "
            f"{settings.public_url!r}. Front Door cannot be served below a path of another site."
        )
    if settings.trusted_proxies > MOST_PROXIES:
        yield f"TRUSTED_PROXIES is how many proxies stand in front, {MOST_PROXIES} at most, not {settings.trusted_proxies}."


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        return None
    return parts


def _of_mail(settings: Settings) -> Iterator[str]:
    try:
        parse_sign_in_email(parseaddr(settings.mail_from)[1])
    except InvalidValue:
        yield f"MAIL_FROM must be an email address, appointments@example.org, not {settings.mail_from!r}."
    parts = _split(settings.smtp_url)
    if settings.smtp_url and (parts is None or parts.scheme != "smtp" or not parts.hostname):
        yield "SMTP_URL must look like smtp://user:password@mail.example.org:587."
    yield from _of_bounces(settings)
    if settings.security_contact and not settings.security_contact.startswith(("mailto:", "https:", "tel:")):
        yield "SECURITY_CONTACT must begin with mailto:, https: or tel:."


def _of_bounces(settings: Settings) -> Iterator[str]:
    try:
        parse_email(settings.bounce_address) if settings.bounce_address else None
    except InvalidValue:
        yield "BOUNCE_ADDRESS must be an email address, for example bounces@example.org or bounces+@example.org."
    parts = _split(settings.bounce_mailbox)
    is_folder = parts is not None and parts.scheme == "maildir" and not parts.netloc and parts.path.strip("/")
    is_server = parts is not None and parts.scheme == "imaps" and parts.hostname and parts.username
    if settings.bounce_mailbox and not (is_folder or is_server):
        yield "BOUNCE_MAILBOX must look like imaps://user:password@mail.example.org/INBOX or maildir:///var/mail/bounces."


def _of_notify(settings: Settings) -> Iterator[str]:
    if settings.notify_api_key and not NOTIFY_KEY.fullmatch(settings.notify_api_key):
        yield "NOTIFY_API_KEY must be the whole key that GOV.UK Notify showed: a name and two groups of 36 characters."
    parts = _split(settings.notify_base_url)
    if settings.notify_base_url and (parts is None or parts.scheme not in ("http", "https") or not parts.hostname):
        yield "NOTIFY_BASE_URL must be an address like https://api.notifications.service.gov.uk."
    elif parts and parts.scheme == "http" and parts.hostname not in LOOPBACK and not settings.allow_http:
        yield "NOTIFY_BASE_URL begins with http://, so messages would travel in the clear. Use https://."
    if settings.notify_callback_token and len(settings.notify_callback_token) < SHORTEST_TOKEN:
        yield f"NOTIFY_CALLBACK_TOKEN must have {SHORTEST_TOKEN} characters or more, for example the output of {MAKE_KEY}."


def _of_limits(settings: Settings) -> Iterator[str]:
    try:
        parse_many(settings.api_rate_limit)
    except ValueError:
        yield f"API_RATE_LIMIT must look like 100/second or 2000/hour, not {settings.api_rate_limit!r}."
    if settings.rate_limit_storage.partition("://")[0] in OWN_STORAGES:
        return
    try:
        storage_from_string(settings.rate_limit_storage)
    except (StorageError, ValueError) as error:
        yield f"RATE_LIMIT_STORAGE must be database://, memory://, or redis://host:6379 with redis installed. {error}"


def _of_the_rest(settings: Settings) -> Iterator[str]:
    if settings.log_level not in LOG_LEVELS:
        yield f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {settings.log_level!r}."
    if not 1 <= settings.heartbeat_seconds <= 86_400:
        yield "HEARTBEAT_SECONDS must be a number of seconds from 1 to 86400."
