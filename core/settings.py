"""Settings from the environment, read once, checked, and passed on as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATABASE_URL = "sqlite:///instance/front-door.sqlite"


@dataclass(frozen=True)
class Settings:
    """How this process is to run. Source: docs/operations.md lists each with its default."""

    database_url: str = DEFAULT_DATABASE_URL
    secret_key: str = ""
    public_url: str = "http://127.0.0.1:8000"
    smtp_url: str = ""
    mail_from: str = "appointments@frontdoor.example"
    smtp_ehlo_name: str = ""
    security_contact: str = ""
    trusted_proxies: int = 0
    log_level: str = "INFO"
    api_rate_limit: str = "100/second"
    rate_limit_storage: str = "database://"
    fixed_now: datetime | None = None
    is_demo: bool = False
    is_test: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that `environ` describes.

        Raises: ConfigurationError, naming the variable and what to set.
        """
        settings = cls(
            database_url=environ.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
            secret_key=environ.get("SECRET_KEY", ""),
            public_url=(environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or 8000}").rstrip("/"),
            smtp_url=environ.get("SMTP_URL", ""),
            mail_from=environ.get("MAIL_FROM") or cls.mail_from,
            smtp_ehlo_name=environ.get("SMTP_EHLO_NAME", "").strip(),
            security_contact=environ.get("SECURITY_CONTACT", ""),
            trusted_proxies=_whole_number(environ, "TRUSTED_PROXIES"),
            log_level=(environ.get("LOG_LEVEL") or "INFO").upper(),
            api_rate_limit=environ.get("API_RATE_LIMIT") or cls.api_rate_limit,
            rate_limit_storage=environ.get("RATE_LIMIT_STORAGE") or cls.rate_limit_storage,
            fixed_now=_instant(environ, "NOW"),
            is_demo=environ.get("FRONT_DOOR_DEMO") == "1",
            is_test=environ.get("FRONT_DOOR_TEST") == "1",
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse settings that are unsafe. Raises: ConfigurationError."""
        if not self.secret_key and not self.is_test:
            raise ConfigurationError(
                "SECRET_KEY is not set. Set it to a long random value, for example the output of "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))', and keep it the same on every host."
            )
        if self.fixed_now and not (self.is_demo or self.is_test):
            raise ConfigurationError("NOW fixes the clock and is for demo and tests only. Unset it.")
        if not self.database_url.startswith(("sqlite:", "postgresql+psycopg:")):
            raise ConfigurationError("DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")


def _whole_number(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name) or "0"
    if not text.isdecimal():
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
