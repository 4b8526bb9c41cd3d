"""Messages as MIME: text, HTML and a calendar that mail programs act on."""

from __future__ import annotations

from email.errors import HeaderParseError, MessageDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from core.errors import DeliveryFailed
from reminders.channels.base import Message

NO_ADDRESS = "The email address is not one."


def as_email(message: Message, mail_from: str) -> EmailMessage:
    """The email of `message`: alternatives in rising order of worth, and the calendar once more as an attachment.

    The same notification always has the same Message-ID, so that mail systems can merge a duplicate. Raises:
    DeliveryFailed (permanent) when an address is no address.
    """
    to, (_, sender) = envelope_address(message.to_email), parseaddr(mail_from)
    email = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    email["From"] = _mailbox(message.sender_name, sender)
    email["To"] = _mailbox(message.to_name, to)
    if message.reply_to:
        email["Reply-To"] = _mailbox(message.sender_name, message.reply_to)
    email["Subject"] = _one_line(message.subject)
    email["Date"] = format_datetime(message.at)
    email["Message-ID"] = message_id(message.reference, sender)
    # Nobody on holiday needs to answer a machine. Source: RFC 3834 5.
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text)
    email.add_alternative(message.html, subtype="html")
    if message.calendar:
        _add_calendar(email, message)
    return email


def envelope_address(address: str) -> str:
    """`address` as mail servers want it, its domain in ASCII. Raises: DeliveryFailed (permanent) when it is none."""
    local, _, domain = address.rpartition("@")
    try:
        in_ascii = f"{local}@{domain.encode('idna').decode()}"
        # Letters of any script may stand before the @ (RFC 6531); the parser knows ASCII, so a letter stands for each.
        Address(addr_spec="".join(character if character.isascii() else "x" for character in in_ascii))
    except (ValueError, IndexError, HeaderParseError, MessageDefect) as error:
        raise DeliveryFailed(reason=NO_ADDRESS, permanent=True) from error
    return in_ascii


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(_one_line(name), username=local, domain=domain)


def message_id(reference: str, sender: str) -> str:
    """`<reference@domain of the sender>`."""
    return f"<{reference}@{sender.rpartition('@')[2] or 'localhost'}>"


def _add_calendar(email: EmailMessage, message: Message) -> None:
    """The calendar as an alternative (Outlook and Gmail act on that one) and as a file (Apple's and others' open it)."""
    calendar = message.calendar.encode()
    parameters = {"method": message.calendar_method, "charset": "utf-8"}
    email.add_alternative(calendar, maintype="text", subtype="calendar", cte="base64", params=parameters)
    email.add_attachment(calendar, maintype="application", subtype="ics", filename="appointment.ics")


def _one_line(text: str) -> str:
    """`text` without line ends: a header holds none, and none can be smuggled in."""
    return " ".join(text.split())
