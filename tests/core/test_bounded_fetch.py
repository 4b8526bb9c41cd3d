"""What an address that somebody typed can do to us: nothing for longer than it may, and nothing in our own network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from core.bounded_fetch import FetchFailed, FetchFailure, FetchLimits, FetchRequest, fetch, is_public
from tests.support.calendar_server import CalendarServer, calendar_server

HOSTS = ("127.0.0.1",)
QUICK = FetchLimits(seconds=1, most_bytes=100_000)


@pytest.fixture(scope="module")
def server() -> Iterator[CalendarServer]:
    with calendar_server() as running:
        running.text = "BEGIN:VCALENDAR"
        yield running


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/slow", FetchFailure.SLOW),
        ("/drip", FetchFailure.SLOW),
        ("/drip_head", FetchFailure.SLOW),
        ("/endless", FetchFailure.TOO_LONG),
        ("/garbage", FetchFailure.BROKEN),
        ("/redirect/3", FetchFailure.REDIRECTS),
        ("/away", FetchFailure.PRIVATE),
        ("/elsewhere", FetchFailure.ADDRESS),
        ("/nowhere", FetchFailure.ADDRESS),
    ],
)
def test_a_server_that_misbehaves_is_given_up_in_time(server: CalendarServer, path: str, failure: FetchFailure) -> None:
    began = monotonic()
    with pytest.raises(FetchFailed) as refused:
        fetch(FetchRequest(f"{server.url}{path}"), HOSTS, QUICK)
    assert refused.value.failure is failure
    assert monotonic() - began < QUICK.seconds + 1


def test_redirects_are_followed_as_far_as_they_may_and_the_status_is_told(server: CalendarServer) -> None:
    assert fetch(FetchRequest(f"{server.url}/redirect/2"), HOSTS).body == b"BEGIN:VCALENDAR"
    assert fetch(FetchRequest(f"{server.url}/html"), HOSTS).status == 200


def test_a_password_is_for_the_host_that_it_was_given_for(server: CalendarServer) -> None:
    request = FetchRequest(f"{server.url}/calendar.ics", user="ann", password="secret")
    fetch(request, HOSTS)
    assert server.seen[-1]["Authorization"] == "Basic YW5uOnNlY3JldA=="
    fetch(FetchRequest(f"{server.url}/elsewhere", user="ann", password="secret"), (*HOSTS, "localhost"))
    assert server.paths[-1] == "/calendar.ics"
    assert "Authorization" not in server.seen[-1]


def test_a_host_that_is_allowed_with_a_port_is_allowed_with_that_alone(server: CalendarServer) -> None:
    request = FetchRequest(f"{server.url}/calendar.ics")
    assert fetch(request, (f"127.0.0.1:{server.server_port}",)).status == 200
    with pytest.raises(FetchFailed) as refused:
        fetch(request, (f"127.0.0.1:{server.server_port + 1}",))
    assert refused.value.failure is FetchFailure.ADDRESS
    for allowed in (("::1",), ("[::1]",), ("[::1]:9",)):
        with pytest.raises(FetchFailed) as refused:
            fetch(FetchRequest("http://[::1]:9/calendar.ics"), allowed, QUICK)
        assert refused.value.failure is FetchFailure.UNREACHABLE


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a.ics",
        "ftp://example.org/a.ics",
        "file:///etc/passwd",
        "https://",
        "https:///a.ics",
        "https://user@example.org/",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org/\r\nHost: evil",
        "https://[::1",
        "nonsense",
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(address: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch(FetchRequest(address))
    assert refused.value.failure is FetchFailure.ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0"])
def test_no_spelling_of_this_host_is_reached(host: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        fetch(FetchRequest(f"https://{host}/calendar.ics"), limits=QUICK)
    assert refused.value.failure in (FetchFailure.PRIVATE, FetchFailure.UNREACHABLE)


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns a name can give it any addresses, and change them between two questions: it is asked once."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_options: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("93.184.216.34", "10.0.0.5")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(FetchFailed) as refused:
        fetch(FetchRequest("https://calendar.example.org/a.ics"), limits=QUICK)
    assert refused.value.failure is FetchFailure.PRIVATE
    assert asked == ["calendar.example.org"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("feff:ffff::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_of_the_internet(address: str, expected: bool) -> None:
    assert is_public(address) is expected
