"""Reports of mail servers: what fails by them, and all that must change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from booking.events import appointment_changed, readers_asked
from booking.use_cases.change_record import change_record
from core.database import Database
from core.errors import ConfigurationError
from core.runtime import Runtime
from people.residents.details import Representation, ResidentDetails
from people.residents.tables import Representative, Resident
from reminders.bounce_marks import marked
from reminders.bounce_reports import LARGEST, Reading, read_report
from reminders.bounces import read_bounces
from reminders.channels import bounce_mailboxes
from reminders.channels.base import ChannelUnavailable
from reminders.channels.bounce_mailboxes import mailbox_from
from reminders.channels.mime import BounceOrigin
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.failure_queries import open_failures
from reminders.failures import FailureKind
from reminders.outbox import plan_notifications
from reminders.reach_queries import readers_of
from reminders.recipients import CHANNELS, USUAL_CHANNELS
from reminders.tables import Notification
from reminders.worker import Worker
from tests.faults.mail_server import MailServer, running
from tests.reminders.channels import RecordingChannel, writer
from tests.reminders.make_bulk_notifications import notifications
from tests.support.factories import AGENT, NOW, make_appointment, make_runtime, make_world
from tests.support.imap_server import LOCALHOST, ImapServer, drip, imap_server

SQLITE = pytest.mark.databases("sqlite")
KEY = "a secret key of this test, long enough"
ROBIN = ResidentDetails("Robin Sample", "Robin@example.org", "07700 900123")
SEEDS = [b"", b"\0", b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"]


def report(
    headers: str, *, action: str = "failed", status: str = "5.1.1", recipient: str = "robin@example.org", to: str = "b"
) -> bytes:
    """A report as servers write them, with these headers of the message that it brings back."""
    lines = f"""From: MAILER-DAEMON@mail.example.net
To: {to}@testshire.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Your mail could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} nobody here

--b1
Content-Type: message/rfc822

{headers}

The text.
--b1--
"""
    return lines.replace("\n", "\r\n").encode()


class Council:
    """A council whose mail goes to a real server, and whose reports come into a mailbox."""

    def __init__(self, runtime: Runtime, text: RecordingChannel, url: str) -> None:
        self.runtime, self.text = runtime, text
        self.server = MailServer()
        self.url = url

    def send(self, bounce_address: str = "") -> None:
        """Send what is due."""
        with running(self.server) as url:
            sender, origin = "appointments@testshire.example.org", BounceOrigin(KEY, bounce_address)
            channel = SmtpChannel(SmtpServer.from_url(url), sender, origin)
            Worker(self.database, self.runtime.clock, {"email": channel, "text": self.text}, writer()).send_due()

    @property
    def database(self) -> Database:
        return self.runtime.database

    @property
    def message_id(self) -> str:
        return str(self.server.taken[0]["Message-ID"])

    def read(self) -> dict[str, int]:
        """What was read in a pass, by its reading."""
        settings = replace(self.runtime.settings, bounce_mailbox=self.url, secret_key="new", old_secret_keys=(KEY,))
        return {one.value: number for one, number in read_bounces(replace(self.runtime, settings=settings)).items()}

    def rows(self) -> dict[str, tuple[str, str]]:
        found = [row for row in notifications(self.database) if row.kind == "confirmation"]
        return {row.channel: (row.status, row.reason) for row in found}

    def returned_at(self) -> list[bool]:
        with self.database.reading() as db:
            residents = db.scalars(select(Resident.email_returned_at)).all()
            helpers = db.scalars(select(Representative.email_returned_at)).all()
            return [one is not None for one in (*residents, *helpers)]


@pytest.fixture
def imap(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(LOCALHOST))
    with imap_server(ImapServer()) as server:
        yield server


@contextmanager
def council_of(database: Database, url: str) -> Iterator[Council]:
    with appointment_changed.connected_to(plan_notifications), readers_asked.connected_to(readers_of):
        yield Council(make_runtime(database), RecordingChannel(), url)


@pytest.fixture
def council(database: Database, imap: ImapServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset(USUAL_CHANNELS))
    with council_of(database, imap.url) as council:
        yield council


def book(council: Council, **values: object) -> None:
    world = make_world(council.database)
    make_appointment(council.runtime, world, NOW + timedelta(days=1, hours=2), resident=ROBIN, **values)


def test_what_comes_back_goes_by_the_next_channel_and_the_address_counts_as_bad(
    council: Council, imap: ImapServer
) -> None:
    book(council)
    council.send()
    assert council.rows() == {"email": ("sent", "")}
    imap.add(report(f"Message-ID: {council.message_id}"))
    raw = imap.mails[1].raw
    assert council.read() == {"failed": 1}
    assert imap.mails == {}
    assert council.rows() == {"email": ("failed", "mail_returned: 5.1.1"), "text": ("pending", "")}
    assert council.returned_at() == [True]
    with council.database.reading() as db:
        authority_id = db.scalars(select(Notification.authority_id)).first() or 0
        found = open_failures(db, authority_id, NOW, site_ids=None, limit=9)
        assert [(one.channel, one.what) for one in found] == [("email", FailureKind.RETURNED_MAIL)]
    council.send()
    assert len(council.text.sent) == 1
    before = [(row.id, row.status, row.fencing_token) for row in notifications(council.database)]
    imap.add(raw, raw)  # the same once more: it was not removed before the program ended
    assert council.read() == {"failed": 2}
    assert [(row.id, row.status, row.fencing_token) for row in notifications(council.database)] == before


def test_the_address_of_who_acts_for_somebody_counts_as_bad_and_no_other(council: Council, imap: ImapServer) -> None:
    book(council, representative=Representation("Kim Helper", "carer", "kim@example.org"))
    council.send("bounces+@testshire.example.org")
    sender = f"bounces+{council.message_id[1:].partition('@')[0]}"
    imap.add(report("Subject: no headers that help", recipient="kim@example.org", to=sender))
    assert council.read() == {"failed": 1}
    assert council.returned_at() == [False, True]
    assert council.rows()["text"] == ("pending", "")


def test_what_came_back_from_an_earlier_address_does_not_fail_what_went_to_the_corrected_one(
    council: Council, imap: ImapServer
) -> None:
    person = ResidentDetails("Robin Sample", "robin@example.org")
    world = make_world(council.database)
    make_appointment(council.runtime, world, NOW + timedelta(days=1, hours=2), resident=person)
    council.send()
    ours = f"Message-ID: {council.message_id}"
    imap.add(report(ours))
    council.read()
    with council.database.reading() as db:
        resident_id = db.scalars(select(Resident.id)).one()
    corrected = replace(person, email="robin.sample@example.org")
    change_record(council.runtime, world.authority_id, resident_id, corrected, actor=AGENT)
    council.send()
    assert council.rows() == {"email": ("sent", "")}
    imap.add(report(ours))  # a server on the way reports the first copy, too
    assert council.read() == {"failed": 1}
    assert council.rows() == {"email": ("sent", "")}
    assert council.returned_at() == [False]
    imap.add(report(ours, recipient="robin.sample@example.org", status="5.2.2"))
    assert council.read() == {"failed": 1}
    assert council.rows() == {"email": ("failed", "mail_returned: 5.2.2")}
    assert council.returned_at() == [False]


@SQLITE
def test_a_report_that_cannot_be_written_is_left_and_stops_no_other(council: Council, imap: ImapServer) -> None:
    world = make_world(council.database)
    for hours in (2, 3):
        make_appointment(council.runtime, world, NOW + timedelta(days=1, hours=hours), resident=ROBIN)
    council.send()
    ours = {str(mail["Message-ID"]) for mail in council.server.taken}
    first, second = sorted(int(one.split("-")[1]) for one in ours)
    with council.database.writing() as db:
        refused = f"NEW.id = {first} BEGIN SELECT RAISE(ABORT, 'a mistake of ours'); END"
        db.connection().exec_driver_sql(f"CREATE TRIGGER broken BEFORE UPDATE ON notifications WHEN {refused}")
    imap.add(*(report(f"Message-ID: {one}") for one in sorted(ours)))
    assert council.read() == {"broken": 1, "failed": 1}
    assert [mail.flags for mail in imap.mails.values()] == [{"Flagged"}]
    failed = [row.id for row in notifications(council.database) if row.status == "failed"]
    assert failed == [second]
    assert council.read() == {}


def test_nothing_else_changes_anything_and_all_of_it_is_left(council: Council, imap: ImapServer) -> None:
    book(council)
    council.send()
    ours = f"Message-ID: {council.message_id}"
    stranger = marked("another key", "notification-1-1")
    not_understood = {
        "unmarked": report("Message-ID: <notification-1-1@testshire.example.org>"),
        "forged": report(f"Message-ID: <{stranger}@testshire.example.org>"),
        "no_report": b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n"
        + ours.encode()
        + b"\r\n\r\nI am away",
        "huge": report(ours) + b"x" * LARGEST,
        "malformed": report(ours).replace(b"Action:", b"Inaction:"),
    }
    understood = {
        "delayed": report(ours, action="delayed", status="4.4.1"),
        "delivered": report(ours, action="relayed"),
    }
    imap.add(*not_understood.values(), *understood.values())
    assert council.read() == dict.fromkeys([*not_understood, *understood], 1)
    assert council.rows() == {"email": ("sent", "")}
    assert council.returned_at() == [False]
    assert [mail.flags for mail in imap.mails.values()] == [{"Flagged"}] * len(not_understood)
    assert council.read() == {}


@SQLITE
@pytest.mark.parametrize(
    ("status", "is_bad"),
    [(status, True) for status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")]
    + [(status, False) for status in ("5.0.0", "5.1.7", "5.1.8", "5.2.2", "5.4.4", "5.7.1", "4.1.1", "4.4.7")],
)
def test_only_what_the_address_is_to_blame_for_counts_against_it(status: str, *, is_bad: bool) -> None:
    raw = report(f"Message-ID: <{marked(KEY, 'notification-7-2')}@example.org>", status=status)
    found = read_report(raw, [KEY])
    recipients = ("robin@example.org",)
    expected = (Reading.FAILED, status, recipients, recipients if is_bad else ())
    assert (found.reading, found.status, found.recipients, found.bad) == expected
    assert read_report(raw, ["other", KEY]) == found


@given(st.one_of(st.binary(max_size=400), st.sampled_from(SEEDS)), st.integers(0, 1_500), st.integers(0, 400))
def test_whatever_comes_is_read_without_an_error(junk: bytes, at: int, left_out: int) -> None:
    whole = report(f"Message-ID: <{marked(KEY, 'notification-7-2')}@example.org>")
    for raw in (junk, whole[:at] + junk + whole[at + left_out :], junk * 40 + whole):
        assert read_report(raw, [KEY]).reading in Reading


def test_deep_and_endless_mail_is_read_without_an_error() -> None:
    deep = b"".join(b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5_000))
    assert read_report(deep, [KEY]).reading in (Reading.MALFORMED, Reading.NO_REPORT)
    wide = report("Message-ID: " + f"<{marked('x', 'notification-1-1')}@a> " * 5_000)
    assert read_report(wide, [KEY]).reading is Reading.FORGED


@SQLITE
def test_a_folder_of_files_is_read_as_well(database: Database, tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    with council_of(database, f"maildir://{tmp_path}") as council:
        book(council)
        council.send()
        (tmp_path / "new" / "1.host").write_bytes(report(f"Message-ID: {council.message_id}"))
        (tmp_path / "cur" / "2.host:2,S").write_bytes(b"Subject: hello\n\nhello")
        assert council.read() == {"failed": 1, "no_report": 1}
        assert council.rows()["email"] == ("failed", "mail_returned: 5.1.1")
        assert [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.host*")] == ["cur/2.host:2,FS"]
        assert council.read() == {}


@SQLITE
def test_a_rude_server_holds_nobody_and_learns_nothing(
    council: Council, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.rude = drip
    with monkeypatch.context() as soon:
        soon.setattr(bounce_mailboxes, "SECONDS_TO_CONNECT", 1.0)
        with pytest.raises(ChannelUnavailable) as refused:
            council.read()
    assert "within 1 seconds" in refused.value.detail
    imap.rude = lambda _command, _socket: False
    council.url = imap.url.replace("a%20password", "wrong")
    with pytest.raises(ChannelUnavailable) as refused:
        council.read()
    assert "wrong user or password" in refused.value.detail
    monkeypatch.delenv("SSL_CERT_FILE")
    council.url = imap.url
    with pytest.raises(ChannelUnavailable) as refused:
        council.read()
    assert "certificate" in refused.value.detail
    assert imap.commands.count(b"LOGIN") == 2


@SQLITE
@pytest.mark.parametrize(
    "url", ["imap://a:b@mail.example.org", "imaps://mail.example.org", "maildir:///", "imaps://a@h:x"]
)
def test_a_mailbox_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="BOUNCE_MAILBOX"):
        mailbox_from(url)
