"""Settings as plain values: read once from the environment (`core.environment`), checked, and passed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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
    bounce_address: str = ""
    bounce_mailbox: str = ""
    notify_api_key: str = ""
    notify_base_url: str = ""
    notify_callback_token: str = ""
    notify_daily_texts: int = 0
    notify_daily_letters: int = 0
    notify_daily_emails: int = 0
    security_contact: str = ""
    trusted_proxies: int = 0
    log_level: str = "INFO"
    api_rate_limit: str = "100/second"
    rate_limit_storage: str = "database://"
    old_secret_keys: tuple[str, ...] = ()
    document_key: str = ""
    old_document_keys: tuple[str, ...] = ()
    document_folder: str = "instance/documents"
    virus_scanner: str = ""
    handover_folder: str = ""
    webhook_hosts: tuple[str, ...] = ()
    metrics_token: str = ""
    calendar_hosts: tuple[str, ...] = ()
    heartbeat_seconds: int = 60
    undo_seconds: int = 60
    allow_http: bool = False
    public_url_is_set: bool = True
    mail_from_is_set: bool = True
    fixed_now: datetime | None = None
    is_demo: bool = False
    is_test: bool = False

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The key that signs, and after it those that are still accepted."""
        return (self.secret_key, *self.old_secret_keys)

    @property
    def document_keys(self) -> tuple[str, ...]:
        """The key that seals files of documents, and after it those that still open what they sealed."""
        return (self.document_key, *self.old_document_keys)
