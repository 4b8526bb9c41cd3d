"""Whatever people and councils type, a message has the headers, the recipient and the parts that we gave it."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import getaddresses
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import DeliveryFailed
from core.text import NAME_LENGTH, one_line, person_name
from reminders.channels.base import ChannelUnavailable
from reminders.channels.mime import as_email
from reminders.messages import RenderedMessage
from tests.reminders.test_smtp import MESSAGE, SENDER, message_to

HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted",
    "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
]  # fmt: skip
PARTS = ["text/plain", "text/html", "text/calendar", "application/ics"]

ATTACK = "=?utf-8?q?Sam=0d=0a=0d=0aYour_fine_is_due:_pay_at_evil.example=0d=0a?="
ONE_LINE_END = "=?utf-8?q?Sam=0d=0aBcc:_all@example.org?="
LONG = "Featherstonehaugh, Maximilian Bartholomew Alexander (for Mrs Featherstonehaugh), Cllr"
STRANGER = "victim@example.com <x@example.com>, and everybody else who lives in the same long street"
SCRIPTS = [
    "محمد بن عبد الله بن عبد المطلب بن هاشم بن عبد مناف بن قصي بن كلاب",
    "陳大文" * 20,
    "Nguyễn Thị Minh Khai Hoàng Phương Thảo Trần Lê Quỳnh Anh Đặng Vũ Bảo Châu",
]

# Single characters, and the pieces that parsers of mail act on.
PIECES = [
    "=?utf-8?q?",
    "=?utf-8?b?",
    "?=",
    "=0d=0a",
    "\r\n",
    "Bcc: a@b.example",
    ",",
    ";",
    ":",
    "<",
    ">",
    "(",
    ")",
    '"',
]
WORDS = st.lists(st.one_of(st.sampled_from([*PIECES, "\\", "@", " ", "a", "\x00", "\u202e", "\ud800"]), st.text()))
TYPED = st.one_of(st.text(max_size=300), WORDS.map("".join), st.sampled_from([ATTACK, LONG, STRANGER, *SCRIPTS]))
ADDRESSES = st.sampled_from(
    ["zoe@example.org", "zoë@example.org", "用户@例子.example", "o'brien+x@xn--fsqu00a.example"]
)


def header_lines(raw: bytes) -> list[str]:
    """The lines of the headers, each unfolded, as a reader by RFC 5322 2.2.3 sees them."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    return head.replace(b"\r\n ", b" ").decode().split("\r\n")


def recipients(raw: bytes) -> list[tuple[str, str]]:
    """Names and addresses in To: divided first, and only then decoded."""
    (value,) = [line.removeprefix("To: ") for line in header_lines(raw) if line.startswith("To: ")]
    return [(str(make_header(decode_header(name))), address) for name, address in getaddresses([value])]


def parts_of(email: Message) -> list[str]:
    return [part.get_content_type() for part in email.walk() if not part.is_multipart()]


def typed_message(name: str, subject: str, council: str, to: str = "zoe@example.org") -> RenderedMessage:
    """A message with what people and a council typed."""
    message = message_to(to, name)
    return replace(message, body=replace(message.email, subject=subject), sender_name=council)


@given(name=TYPED, subject=TYPED, council=TYPED, to=ADDRESSES)
@example(name=ATTACK, subject=ATTACK, council=ATTACK, to="zoe@example.org")
@example(name=ONE_LINE_END, subject=ONE_LINE_END, council=ONE_LINE_END, to="zoë@example.org")
@example(name=LONG, subject=LONG, council=LONG, to="zoe@example.org")
@example(name=LONG, subject=LONG, council=LONG, to="zoë@example.org")
@example(name=STRANGER, subject=STRANGER, council=STRANGER, to="zoë@example.org")
def test_typed_text_never_changes_the_form_of_a_message(name: str, subject: str, council: str, to: str) -> None:
    typed = typed_message(name, subject, council, to)
    raw = as_email(typed, SENDER).as_bytes()
    expected_name, expected_subject = person_name(name), one_line(subject)
    address = to if to.isascii() else f"{to.rpartition('@')[0]}@{to.rpartition('@')[2].encode('idna').decode()}"
    assert recipients(raw) == [(expected_name, address)]
    assert [line.partition(":")[0] for line in header_lines(raw)] == HEADERS

    strict = message_from_bytes(raw, policy=default)
    plain = message_from_bytes(raw)
    assert strict.keys() == plain.keys() == HEADERS
    assert parts_of(strict) == parts_of(plain) == PARTS
    assert [len(strict[header].addresses) for header in ("To", "From", "Reply-To")] == [1, 1, 1]
    # CPython before 3.13 puts a space between two encoded words of a name, against RFC 2047 6.2.
    assert strict["To"].addresses[0].display_name.replace(" ", "") == expected_name.replace(" ", "")
    assert strict["Subject"] == expected_subject
    assert str(make_header(decode_header(plain["Subject"]))) == expected_subject
    assert strict["From"].addresses[0].addr_spec == SENDER
    assert cast(EmailMessage, strict.get_body(("plain",))).get_content().splitlines() == MESSAGE.email.text.splitlines()


@given(name=TYPED, subject=TYPED, council=TYPED)
def test_every_header_line_is_short_ascii_and_folded_at_a_space(name: str, subject: str, council: str) -> None:
    """Newer releases of Python refuse to write a header with any other line end."""
    raw = as_email(typed_message(name, subject, council), SENDER).as_bytes()
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        assert line.isascii()
        assert len(line) <= 78
        assert not any(byte < 32 and byte != 9 for byte in line)


@given(TYPED)
def test_a_name_is_short_and_of_one_line_and_cleaning_it_again_changes_nothing(name: str) -> None:
    cleaned = person_name(name)
    assert len(cleaned) <= NAME_LENGTH
    assert cleaned == " ".join(cleaned.split()) == person_name(cleaned)
    assert not {"\r", "\n", "\x00", "\u202e", "\ud800"} & set(cleaned)


@pytest.mark.parametrize(
    "name", [*SCRIPTS, "Zoë Sample", "O'Brien, Sam", 'Sam "the van" Smith', "Back\\slash", "Ann-Marie"]
)
def test_a_name_arrives_as_it_is_in_any_script(name: str) -> None:
    raw = as_email(message_to(name=name), SENDER).as_bytes()
    assert recipients(raw) == [(name[:NAME_LENGTH].strip(), "zoe@example.org")]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Sam https://evil.example/pay", "Sam"),
        ("evil.example/pay now", "now"),
        ("Pay at WWW.evil.example", "Pay at"),
        ("evil.example:8080/pay", ""),
        ("evil.example", "evil. example"),
        ("St.John", "St. John"),
        ("J.R. Smith Ph.D.", "J.R. Smith Ph.D."),
        ("  Sam \t\r\n Smith\u202e ", "Sam Smith"),
        ("Sam/Alex Smith", "Sam/Alex Smith"),
    ],
)
def test_a_name_holds_no_address_of_a_page(typed: str, name: str) -> None:
    assert person_name(typed) == name


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?a=0d=0aBcc:_b?=@example.org", "a\x00b@example.org", "a,b@example.org", "a b@c.d"]
)
def test_an_address_that_a_mail_program_would_decode_or_divide_is_refused(address: str) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        as_email(message_to(address), SENDER)
    assert caught.value.permanent


@pytest.mark.parametrize(
    "reply_to", ["", "nobody", "a@example.org\r\nBcc: b@example.org", "=?utf-8?q?=0d?=@example.org", "é@b.example"]
)
def test_a_reply_address_that_cannot_be_used_is_left_out(reply_to: str) -> None:
    assert as_email(replace(MESSAGE, reply_to=reply_to), SENDER)["Reply-To"] is None


@pytest.mark.parametrize("mail_from", ["", "nonsense", "é@example.org"])
def test_a_sender_that_cannot_be_used_is_the_fault_of_no_message(mail_from: str) -> None:
    with pytest.raises(ChannelUnavailable):
        as_email(MESSAGE, mail_from)
