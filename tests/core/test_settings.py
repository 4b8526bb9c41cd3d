"""Settings that cannot work stop the start, with words that name the variable; those that can do not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.environment import settings_from
from core.errors import ConfigurationError
from core.settings import ROOT

GOOD = {
    "DATABASE_URL": "postgresql+psycopg://front_door@db.internal/front_door",
    "SECRET_KEY": "cHJldGVuZCB0aGF0IHRoaXMgaXMgcmFuZG9t",
    "PUBLIC_URL": "https://appointments.example.org",
    "SMTP_URL": "smtp://user:password@mail.internal:587",
    "MAIL_FROM": "appointments@example.org",
    "TRUSTED_PROXIES": "1",
    "BOUNCE_ADDRESS": "bounces+@example.org",
    "BOUNCE_MAILBOX": "imaps://bounces:password@mail.internal/INBOX",
}
BAD = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "x"),
    ("SECRET_KEY", "a" * 64),
    ("DATABASE_URL", "mysql://db.internal/front_door"),
    ("PUBLIC_URL", ""),
    ("PUBLIC_URL", "evil"),
    ("PUBLIC_URL", "ftp://example.org"),
    ("PUBLIC_URL", "http://appointments.example.org"),
    ("PUBLIC_URL", "https://"),
    ("PUBLIC_URL", "https://example.org:port"),
    ("PUBLIC_URL", "https://www.example.org/appointments"),
    ("PUBLIC_URL", "https://user:password@example.org"),
    ("PUBLIC_URL", "https://example.org?a=b"),
    ("MAIL_FROM", ""),
    ("MAIL_FROM", "nonsense"),
    ("SMTP_URL", "mail.internal:25"),
    ("BOUNCE_ADDRESS", "nobody"),
    ("BOUNCE_MAILBOX", "imap://user:password@mail.internal/INBOX"),
    ("BOUNCE_MAILBOX", "maildir://relative"),
    ("SECURITY_CONTACT", "someone@example.org"),
    ("TRUSTED_PROXIES", "99"),
    ("TRUSTED_PROXIES", "one"),
    ("TRUSTED_PROXIES", "²"),
    ("LOG_LEVEL", "FOO"),
    ("API_RATE_LIMIT", "nonsense"),
    ("RATE_LIMIT_STORAGE", "nonsense://"),
    ("RATE_LIMIT_STORAGE", "redis://127.0.0.1:6379"),
    ("NOW", "2026-11-23T09:00:00+00:00"),
    ("NOW", "yesterday"),
    ("HEARTBEAT_SECONDS", "0"),
]


def test_settings_that_work_are_taken() -> None:
    settings = settings_from(GOOD)
    assert (settings.public_url, settings.is_test) == ("https://appointments.example.org", False)


@pytest.mark.parametrize(
    "more",
    [
        {"PUBLIC_URL": "https://appointments.example.org:8443/"},
        {"PUBLIC_URL": "http://192.0.2.1:8000", "ALLOW_HTTP": "1"},
        {"PUBLIC_URL": "http://127.0.0.1:8000"},
        {"MAIL_FROM": "Anytown Council <appointments@example.org>"},
        {"MAIL_FROM": "appointments@anytown.local"},
        {"API_RATE_LIMIT": "100/second;2000 per hour"},
        {"RATE_LIMIT_STORAGE": "memory://"},
        {"LOG_LEVEL": "debug"},
    ],
)
def test_other_settings_that_work_are_taken_too(more: dict[str, str]) -> None:
    settings_from(GOOD | more)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_each_setting_that_cannot_work_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from(GOOD | {name: value})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(name)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from({"SMTP_URL": "smtp://mail.internal:25"})
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["SECRET_KEY", "PUBLIC_URL", "MAIL_FROM"]


def test_a_trial_on_one_host_needs_no_address() -> None:
    """gunicorn listens on this host alone; with a proxy in front, or with messages that leave, the address is needed."""
    trial = {"SECRET_KEY": GOOD["SECRET_KEY"], "PORT": "8400"}
    assert settings_from(trial).public_url == "http://127.0.0.1:8400"
    with pytest.raises(ConfigurationError, match="PUBLIC_URL is not set"):
        settings_from(trial | {"TRUSTED_PROXIES": "1"})


def test_the_demo_needs_nothing_but_a_key() -> None:
    assert settings_from({"FRONT_DOOR_DEMO": "1", "SECRET_KEY": "given", "PORT": "8400"}).is_demo
    with pytest.raises(ConfigurationError, match="LOG_LEVEL"):
        settings_from({"FRONT_DOOR_DEMO": "1", "SECRET_KEY": "given", "LOG_LEVEL": "FOO"})


def test_nothing_in_the_environment_makes_it_a_test() -> None:
    assert not settings_from(GOOD | {"FRONT_DOOR_TEST": "1"}).is_test


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [["gunicorn", "wsgi:app", "--bind", "127.0.0.1:0"], ["flask", "--app", "wsgi", "migrate"]]
)
def test_the_start_stops_with_words_and_without_a_traceback(command: list[str]) -> None:
    environ = os.environ | GOOD | {"API_RATE_LIMIT": "nonsense", "LOG_LEVEL": "FOO"}
    started = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert started.returncode != 0
    assert "API_RATE_LIMIT must look like" in started.stderr
    assert "LOG_LEVEL must be one of" in started.stderr
    assert "Traceback" not in started.stderr
