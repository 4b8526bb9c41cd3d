"""One key, several processes: together they make no more requests than it allows, and a refusal stops them all."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import select, update

from core.clock import SystemClock
from core.database import Database
from reminders.channels.base import ChannelUnavailable
from reminders.channels.notify_account import NotifyAccount, Patience
from reminders.channels.pace import Pace
from reminders.channels.shared_pace import AT_ONCE, SharedPace
from reminders.tables import KeyPace
from tests.support.notify_server import API_KEY, Fault, NotifyServer


def of_host(database: Database, api_key: str = API_KEY, per_minute: int = 3_000) -> SharedPace:
    return SharedPace(database, api_key, Pace(per_minute))


def test_several_hosts_share_the_pace_of_a_key(database: Database) -> None:
    hosts = [of_host(database) for _ in range(3)]
    with database.reading() as db:
        began = SystemClock().database_now(db)
    for _ in range(3 * AT_ONCE):
        begun = [host.reserve(monotonic()) for host in hosts]
    with database.reading() as db:
        free_at = db.scalars(select(KeyPace.free_at)).one()
    assert (free_at - began).total_seconds() >= 9 * AT_ONCE * 60 / 3_000
    assert len(set(begun)) == 3
    assert of_host(database, "another key").reserve(monotonic()) - monotonic() < 0.1


def test_what_was_taken_and_not_needed_in_time_is_not_made_up_for(database: Database) -> None:
    host, began = of_host(database), monotonic()
    host.reserve(began)
    later = began + 60
    begun = [host.reserve(later) for _ in range(2)]
    assert begun[1] - begun[0] >= host.alone.interval - 1e-6 or begun[1] == later


def test_a_refusal_stops_the_key_on_every_host(database: Database) -> None:
    one, other = of_host(database), of_host(database)
    other.reserve(monotonic())
    for _ in range(3):  # each of many answers asks for the same, not for more
        one.pause(20)
    assert 19 < one.reserve(monotonic()) - monotonic() < 21
    for _ in range(AT_ONCE):  # what it had taken before goes on
        last = other.reserve(monotonic())
    assert last - monotonic() > 19


@pytest.mark.parametrize("column", ["free_at", "paused_until"])
def test_a_clock_that_is_set_back_makes_nobody_wait(database: Database, column: str) -> None:
    host = of_host(database)
    host.reserve(monotonic())
    with database.writing() as db:
        in_an_hour = SystemClock().database_now(db) + timedelta(hours=1)
        db.execute(update(KeyPace).values({column: in_an_hour}))
    assert of_host(database).reserve(monotonic()) - monotonic() < 1


@pytest.mark.databases("sqlite")
def test_429_of_one_channel_leaves_the_provider_alone_on_all(database: Database, provider: NotifyServer) -> None:
    texts, letters = (NotifyAccount(API_KEY, provider.url, pace=of_host(database)) for _ in range(2))
    texts.look_for_templates(Patience())
    provider.faults.append(Fault.TOO_MANY)
    with pytest.raises(ChannelUnavailable) as refused:
        texts.send(Patience(), lambda client: client.send_sms_notification("07700900123", "x", {}, "ours"))
    assert refused.value.retry_after == 20
    asked = provider.requests.total()
    for account in (texts, letters):
        with pytest.raises(ChannelUnavailable) as paused:
            account.look_for_templates(Patience())
        assert paused.value.detail == "provider_busy"
        assert 15 < paused.value.retry_after <= 21
    assert provider.requests.total() == asked


@pytest.mark.databases("sqlite")
def test_an_allowance_of_a_day_that_is_used_up_stops_no_other_channel(
    database: Database, provider: NotifyServer
) -> None:
    account = NotifyAccount(API_KEY, provider.url, pace=of_host(database))
    provider.faults.append(Fault.NO_MORE_TODAY)
    with pytest.raises(ChannelUnavailable):
        account.send(Patience(), lambda client: client.send_sms_notification("07700900123", "x", {}, "ours"))
    assert account.look_for_templates(Patience())
