"""Fixtures of messages: a stand-in for GOV.UK Notify, and an account there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reminders.channels.notify_account import CallLimits, NotifyAccount
from reminders.channels.pace import Pace
from tests.support.notify_server import API_KEY, NotifyServer, notify_server


@pytest.fixture(scope="session")
def running_provider() -> Iterator[NotifyServer]:
    with notify_server() as server:
        yield server


@pytest.fixture
def provider(running_provider: NotifyServer) -> NotifyServer:
    """The provider, with nothing sent and nothing wrong."""
    fresh = NotifyServer()
    for name in ("templates", "messages", "by_reference", "faults", "requests", "secret", "clock_offset", "is_down"):
        setattr(running_provider, name, getattr(fresh, name))
    return running_provider


@pytest.fixture
def account(provider: NotifyServer) -> NotifyAccount:
    return NotifyAccount(API_KEY, provider.url, CallLimits(call=2, batch=30), Pace(100_000))
