"""The settings that the environment describes. One that cannot work or is unsafe stops the start."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import ConfigurationError
from core.settings import DEFAULT_DATABASE_URL, Settings
from core.settings_checks import problems_of


def settings_from(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` describes.

    Raises: ConfigurationError, with a line for each that cannot work, which names it and says what to set.
    """
    settings = Settings(
        database_url=environ.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
        public_url=(environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or 8000}").rstrip("/"),
        smtp_url=environ.get("SMTP_URL", ""),
        mail_from=environ.get("MAIL_FROM") or Settings.mail_from,
        smtp_ehlo_name=environ.get("SMTP_EHLO_NAME", "").strip(),
        bounce_address=environ.get("BOUNCE_ADDRESS", "").strip(),
        bounce_mailbox=environ.get("BOUNCE_MAILBOX", "").strip(),
        notify_api_key=environ.get("NOTIFY_API_KEY", "").strip(),
        notify_base_url=environ.get("NOTIFY_BASE_URL", "").strip(),
        notify_callback_token=environ.get("NOTIFY_CALLBACK_TOKEN", "").strip(),
        notify_daily_texts=_whole_number(environ, "NOTIFY_DAILY_TEXTS", 0),
        notify_daily_letters=_whole_number(environ, "NOTIFY_DAILY_LETTERS", 0),
        notify_daily_emails=_whole_number(environ, "NOTIFY_DAILY_EMAILS", 0),
        security_contact=environ.get("SECURITY_CONTACT", ""),
        trusted_proxies=_whole_number(environ, "TRUSTED_PROXIES", 0),
        log_level=(environ.get("LOG_LEVEL") or "INFO").upper(),
        api_rate_limit=environ.get("API_RATE_LIMIT") or Settings.api_rate_limit,
        rate_limit_storage=environ.get("RATE_LIMIT_STORAGE") or Settings.rate_limit_storage,
        fixed_now=_instant(environ, "NOW"),
        is_demo=environ.get("FRONT_DOOR_DEMO") == "1",
        **_keys(environ),
        metrics_token=environ.get("METRICS_TOKEN", ""),
        undo_seconds=_whole_number(environ, "UNDO_SECONDS", Settings.undo_seconds),
        calendar_hosts=tuple(environ.get("CALENDAR_HOSTS", "").lower().split()),
        heartbeat_seconds=_whole_number(environ, "HEARTBEAT_SECONDS", Settings.heartbeat_seconds),
        allow_http=environ.get("ALLOW_HTTP") == "1",
        public_url_is_set=bool(environ.get("PUBLIC_URL")),
        mail_from_is_set=bool(environ.get("MAIL_FROM")),
    )
    problems = problems_of(settings)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def _keys(environ: Mapping[str, str]) -> dict[str, Any]:
    """The keys of the service and of its files of documents, each with those before it; their folder and scanner."""
    return {
        "secret_key": environ.get("SECRET_KEY", ""),
        "old_secret_keys": tuple(environ.get("OLD_SECRET_KEYS", "").split()),
        "document_key": environ.get("DOCUMENT_KEY", ""),
        "old_document_keys": tuple(environ.get("OLD_DOCUMENT_KEYS", "").split()),
        "document_folder": environ.get("DOCUMENT_FOLDER") or Settings.document_folder,
        "virus_scanner": environ.get("VIRUS_SCANNER", "").strip(),
        "webhook_hosts": tuple(environ.get("WEBHOOK_HOSTS", "").lower().split()),
        "handover_folder": environ.get("HANDOVER_FOLDER", "").strip(),
    }


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()):
        raise ConfigurationError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _instant(environ: Mapping[str, str], name: str) -> datetime | None:
    text = environ.get(name)
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{name} must be an ISO instant, 2026-11-23T09:00:00+00:00, not {text!r}.") from error
    if instant.tzinfo is None:
        raise ConfigurationError(f"{name} needs a zone: write {text}+00:00 or {text}Z.")
    return instant
