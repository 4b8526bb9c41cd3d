"""Texts, letters and email by GOV.UK Notify, against a server that speaks its protocol and fails in its ways."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from flask.testing import FlaskCliRunner
from hypothesis import given
from hypothesis import strategies as st

from core.database import Database
from core.errors import DeliveryFailed
from core.settings import Settings
from locations.tables import Authority
from reminders.channels.base import ChannelUnavailable, DeliveryDeferred, DeliveryUnclear
from reminders.channels.notify import NotifyChannel
from reminders.channels.notify_account import CallLimits, NotifyAccount
from reminders.channels.notify_answers import Answer, failure_of
from reminders.channels.pace import Pace
from reminders.channels.registry import configured_channels
from reminders.channels.smtp import SmtpChannel
from reminders.letters import LetterBody
from reminders.messages import Body, EmailBody, RenderedMessage
from reminders.recipients import Delivery
from reminders.texts import TextBody
from tests.conftest import NOW
from tests.reminders.channels import Patient
from tests.support.factories import make_world
from tests.support.notify_server import API_KEY, LOCALHOST, SERVICE_ID, Fault, NotifyServer, Sent, notify_server
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

REFERENCE = "notification-7-1"
LETTER = LetterBody(("Robin Sample", "1 High Street", "Testford", "TE1 1ST"), "Your appointment", "Please come.")
EMAIL = EmailBody("Your appointment", "Please come.", "<p>Please come.</p>", "", "")
BODIES: dict[str, tuple[Body, str]] = {
    "text": (TextBody("Please come."), "07700 900123"),
    "letter": (LETTER, ""),
    "email": (EMAIL, "robin@example.org"),
}


def message(channel: str = "text", reference: str = REFERENCE, **values: object) -> RenderedMessage:
    body, address = BODIES[channel]
    recipient = Delivery(channel, address, "Robin Sample")
    made = RenderedMessage(7, 1, reference, recipient, "Testshire", "", body, NOW)
    return replace(made, **values)  # type: ignore[arg-type]


def send(account: NotifyAccount, one: RenderedMessage, waiting: Patient | None = None) -> str:
    with NotifyChannel(account, type(one.body)).open(waiting or Patient()) as connection:
        return connection.send(one)


@contextmanager
def refused(detail: str) -> Iterator[None]:
    """The block ends with a refusal of this service, whose reason begins with `detail`."""
    with pytest.raises(ChannelUnavailable) as found:
        yield
    assert found.value.detail.startswith(detail)


def only(provider: NotifyServer) -> Sent:
    (sent,) = provider.messages.values()
    return sent


@pytest.mark.parametrize("channel", BODIES)
def test_a_message_arrives_with_our_reference_by_the_template_of_its_channel(
    provider: NotifyServer, account: NotifyAccount, channel: str
) -> None:
    assert send(account, message(channel)) == only(provider).id
    assert only(provider).reference == REFERENCE
    assert only(provider).personalisation["message"] == "Please come."
    name = next(one["name"] for one in provider.templates if one["id"] == only(provider).template_id)
    assert name == f"Front Door: {channel}"


@pytest.mark.parametrize(("sender_id", "used"), [("known", "known"), ("gone", ""), ("", "")])
def test_a_text_goes_by_the_senders_own_number_or_else_by_the_usual_one(
    provider: NotifyServer, account: NotifyAccount, caplog: pytest.LogCaptureFixture, sender_id: str, used: str
) -> None:
    provider.senders.add("known")
    send(account, message(text_sender_id=sender_id))
    assert only(provider).sender_id == used
    assert ("does not know the sender" in caplog.text) == (sender_id == "gone")


def test_a_letter_in_large_print_has_a_template_of_its_own(provider: NotifyServer, account: NotifyAccount) -> None:
    send(account, message("letter", body=replace(LETTER, large_print=True)))
    name = next(one["name"] for one in provider.templates if one["id"] == only(provider).template_id)
    assert name == "Front Door: letter in large print"
    assert only(provider).to.splitlines() == list(LETTER.address_lines)


# What the answer means, and whether the provider has the message.
AT_ONCE = {
    Fault.TOO_MANY: (ChannelUnavailable, "provider_busy", False),
    Fault.NO_MORE_TODAY: (ChannelUnavailable, "allowance_used_up", False),
    Fault.TEAM_ONLY: (ChannelUnavailable, "key_restricted", False),
    Fault.TRIAL: (ChannelUnavailable, "key_restricted", False),
    Fault.UNAVAILABLE: (ChannelUnavailable, "provider_unusable", False),
    Fault.ODD: (DeliveryFailed, "recipient_refused", False),
    Fault.ERROR: (DeliveryUnclear, "provider_went_away", False),
    Fault.ERROR_AFTER: (DeliveryUnclear, "provider_went_away", True),
    Fault.RESET_AFTER: (DeliveryUnclear, "provider_went_away", True),
    Fault.REFUSE: (DeliveryUnclear, "provider_went_away", False),
    Fault.NOT_JSON: (DeliveryUnclear, "provider_went_away", True),
}


@pytest.mark.parametrize("fault", AT_ONCE)
def test_each_way_to_fail_is_sorted_and_what_may_have_arrived_is_asked_for(
    provider: NotifyServer, account: NotifyAccount, fault: Fault
) -> None:
    kind, code, is_there = AT_ONCE[fault]
    provider.faults.append(fault)
    with pytest.raises(DeliveryFailed) as failed:
        send(account, message())
    assert (type(failed.value), failed.value.detail.partition(":")[0]) == (kind, code)
    assert not failed.value.permanent
    later = NotifyAccount(API_KEY, provider.url, account.limits, Pace(100_000))  # when the key may be used again
    assert NotifyChannel(later, TextBody).arrived([REFERENCE, "other"]) == ({REFERENCE} if is_there else set())


def test_the_provider_says_for_how_long_it_wants_to_be_left_alone(
    provider: NotifyServer, account: NotifyAccount
) -> None:
    provider.faults.append(Fault.TOO_MANY)
    with pytest.raises(ChannelUnavailable) as refused:
        send(account, message())
    assert refused.value.retry_after == 20


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (message(recipient=Delivery("text", "01632 960123", "Robin")), "invalid_number"),
        (message("email", recipient=Delivery("email", "robin", "Robin")), "recipient_refused"),
        (message("letter", body=replace(LETTER, address_lines=("Robin", "TE1 1ST"))), "undeliverable_address"),
        (message("letter", body=replace(LETTER, address_lines=("Robin", "1 Way", "Nowhere"))), "undeliverable_address"),
        (message(body=TextBody("x" * 919)), "message_too_long"),
    ],
)
def test_a_recipient_that_cannot_be_reached_is_refused_for_good(
    provider: NotifyServer, account: NotifyAccount, one: RenderedMessage, code: str
) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        send(account, one)
    assert failed.value.permanent
    assert failed.value.detail.startswith(f"{code}: 400")
    assert provider.messages == {}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"secret": "c0ffee00-0000-4000-8000-000000000000"}, "key_refused"),
        ({"clock_offset": 45}, "clock_differs"),
        ({"clock_offset": -45}, "clock_differs"),
    ],
)
def test_a_wrong_key_or_clock_is_about_this_service(
    provider: NotifyServer, account: NotifyAccount, values: dict[str, object], code: str
) -> None:
    for name, value in values.items():
        setattr(provider, name, value)
    with refused(code):
        send(account, message())


@pytest.mark.parametrize("body", ["Your appointment", "((message)) ((surname))"])
def test_a_template_that_would_lose_the_message_is_not_used_until_it_is_put_right(
    provider: NotifyServer, account: NotifyAccount, body: str
) -> None:
    provider.make_templates(sms=body)
    with refused("template_unusable: Front Door: text"):
        send(account, message())
    assert send(account, message("email"))
    provider.make_templates()
    with refused("template_unusable"):  # known under the id of before
        send(account, message("email"))
    assert send(account, message("email"))
    assert send(account, message())


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.DRIP])
def test_a_slow_provider_is_left_at_the_deadline_and_a_stop_ends_the_wait(
    provider: NotifyServer, account: NotifyAccount, fault: Fault
) -> None:
    provider.seconds = 5
    account = replace(account, limits=CallLimits(call=0.6, batch=30))
    provider.faults.append(fault)
    began = monotonic()
    with pytest.raises(DeliveryUnclear):
        send(account, message())
    assert monotonic() - began < 2
    waiting = Patient()
    provider.faults.append(fault)
    account = replace(account, limits=CallLimits(call=30, batch=30))
    threading.Timer(0.3, waiting.stopping.set).start()
    began = monotonic()
    with pytest.raises(DeliveryUnclear):
        send(account, message(), waiting)
    assert monotonic() - began < 2
    with pytest.raises(DeliveryDeferred):
        send(account, message(), waiting)


def test_the_same_holds_under_tls_and_a_certificate_that_nobody_vouches_for_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with notify_server(is_encrypted=True) as provider:
        account = NotifyAccount(API_KEY, provider.url, CallLimits(call=2, batch=30), Pace(100_000))
        with refused("provider_unusable"):
            send(account, message())
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(LOCALHOST))
        assert send(account, message()) == only(provider).id
        provider.faults.append(Fault.DRIP)
        began = monotonic()
        with pytest.raises(DeliveryUnclear):
            send(replace(account, limits=CallLimits(call=0.6, batch=30)), message(reference="notification-8-1"))
        assert monotonic() - began < 2


def test_nothing_more_of_a_batch_is_begun_after_an_unclear_answer_or_too_long_a_time(
    provider: NotifyServer, account: NotifyAccount
) -> None:
    provider.faults.append(Fault.ERROR)
    with NotifyChannel(account, TextBody).open(Patient()) as connection:
        with pytest.raises(DeliveryUnclear):
            connection.send(message())
        with pytest.raises(ChannelUnavailable):
            connection.send(message(reference="notification-8-1"))
    account = replace(account, limits=CallLimits(call=2, batch=-1))
    with pytest.raises(DeliveryDeferred):
        send(account, message())
    assert provider.messages == {}


def test_where_nobody_listens_nothing_can_have_arrived(provider: NotifyServer) -> None:
    account = NotifyAccount(API_KEY, "http://127.0.0.1:9", CallLimits(call=2, batch=30))
    with refused("provider_unusable"):
        send(account, message())
    provider.is_down = True
    with pytest.raises(ChannelUnavailable):
        NotifyChannel(replace(account, base_url=provider.url), TextBody).arrived([REFERENCE])


@pytest.mark.parametrize(("status", "is_there"), [("sending", True), ("delivered", True), ("temporary-failure", False)])
def test_what_the_provider_gave_up_has_not_arrived(
    provider: NotifyServer, account: NotifyAccount, status: str, *, is_there: bool
) -> None:
    provider.add(reference=REFERENCE, status=status)
    assert bool(NotifyChannel(account, TextBody).arrived([REFERENCE])) is is_there


def test_without_a_key_the_command_says_so(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["reminders", "templates", "check"])
    assert (result.exit_code, "NOTIFY_API_KEY" in result.output) == (1, True)


def test_each_thread_has_a_client_of_its_own(provider: NotifyServer, account: NotifyAccount) -> None:
    threads = [
        threading.Thread(target=send, args=(account, message(reference=f"notification-{number}-1")))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.messages) == 4


@given(st.integers(60, 400), st.lists(st.floats(0, 30), min_size=1, max_size=300))
def test_no_minute_has_more_requests_than_the_key_allows(per_minute: int, gaps: list[float]) -> None:
    pace, now, begun = Pace(per_minute), 0.0, list[float]()
    for gap in (0.0, *[gap / 100 for gap in gaps], *[0.0] * per_minute):
        now += gap
        begun.append(pace.reserve(now))
    assert begun == sorted(begun)
    window = per_minute  # any so many requests and one take a minute at least
    assert all(later - first >= 60 - 1e-6 for first, later in zip(begun, begun[window:], strict=False))


@given(st.integers(0, 599), st.text(max_size=60), st.booleans())
def test_no_answer_gives_a_resident_up_unless_it_is_about_them(status: int, text: str, has_begun: bool) -> None:
    found = failure_of(Answer(status, "Error", text, has_begun=has_begun))
    assert not found.permanent or status == 400
    may_have_arrived = has_begun if status == 0 else status >= 500 and status != 503
    assert isinstance(found, DeliveryUnclear) == may_have_arrived


def test_what_the_provider_repeats_of_a_person_is_taken_out() -> None:
    answer = Answer(400, "ValidationError", f"robin@example.org and 07700 900123 of {SERVICE_ID[:4]}")
    assert "900123" not in failure_of(answer).detail
    assert "example.org" not in failure_of(answer).detail


def test_the_registry_has_the_provider_when_there_is_a_key_and_mail_by_smtp_where_it_is_set(
    provider: NotifyServer, database: Database
) -> None:
    settings = Settings(notify_api_key=API_KEY, notify_base_url=provider.url)
    channels = configured_channels(settings, database)
    assert {name: type(channel) for name, channel in channels.items()} == dict.fromkeys(BODIES, NotifyChannel)
    assert len({id(channel.account) for channel in channels.values() if isinstance(channel, NotifyChannel)}) == 1
    with_mail = configured_channels(replace(settings, smtp_url="smtp://127.0.0.1"), database)
    assert type(with_mail["email"]) is SmtpChannel
    without = configured_channels(Settings(smtp_url="smtp://127.0.0.1"), database)
    assert without.keys() == {"email"}


@pytest.mark.parametrize(
    ("bodies", "last", "status"),
    [
        ({}, "there    Front Door: letter in large print (letter)", 0),
        ({"letter": "Dear ((name))"}, "has ((name)), for which there is no value", 1),
    ],
)
def test_the_command_says_which_templates_there_are_and_what_they_lack(
    provider: NotifyServer, settings: Settings, database: Database, bodies: dict[str, str], last: str, status: int
) -> None:
    provider.make_templates(**bodies)
    check = ["reminders", "templates", "check"]
    with_key = replace(settings, notify_api_key=API_KEY, notify_base_url=provider.url)
    runner = create_app(with_key, database).test_cli_runner()
    result = runner.invoke(args=check)
    assert result.exit_code == status
    assert result.output.strip().endswith(last)
    provider.templates.pop(0)
    result = runner.invoke(args=check)
    assert (result.exit_code, result.output.splitlines()[0].split(":")[0]) == (1, "missing  Front Door")


@pytest.mark.parametrize(
    ("number", "sender_id", "said"),
    [
        ("", "", "sent by the account's usual sender"),
        ("07700 900100", "", "07700 900100 has no text_sender_id"),
        ("", "a-sender", "sent by a-sender, without text_number"),
        ("07700 900100", "a-sender", "sent by a-sender, with the number 07700 900100"),
    ],
)
def test_the_command_says_who_sends_the_texts_of_a_council(
    provider: NotifyServer, settings: Settings, database: Database, number: str, sender_id: str, said: str
) -> None:
    provider.make_templates()
    world = make_world(database)
    with database.writing() as db:
        council = db.get_one(Authority, world.authority_id)
        council.text_number, council.text_sender_id = number, sender_id
    with_key = replace(settings, notify_api_key=API_KEY, notify_base_url=provider.url)
    result = create_app(with_key, database).test_cli_runner().invoke(args=["reminders", "templates", "check"])
    assert said in result.output.splitlines()[-1]
