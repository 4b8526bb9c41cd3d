"""Messages as MIME: text, HTML and a calendar that mail programs act on."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from core.errors import DeliveryFailed
from reminders.channels.base import Message


def as_email(message: Message, mail_from: str) -> EmailMessage:
    """The email of `message`: alternatives in rising order of worth, and the calendar once more as an attachment.

    The same notification always has the same Message-ID, so that mail systems can merge a duplicate. Raises:
    DeliveryFailed (permanent) when an address is no address.
    """
    email = EmailMessage(policy=SMTP)
    _, sender = parseaddr(mail_from)
    try:
        email["From"] = Address(_one_line(message.sender_name), addr_spec=sender)
        email["To"] = Address(_one_line(message.to_name), addr_spec=message.to_email)
    except (ValueError, IndexError) as error:  # the header registry raises either for a broken address
        raise DeliveryFailed(reason="The email address is not one.", permanent=True) from error
    if message.reply_to:
        email["Reply-To"] = Address(_one_line(message.sender_name), addr_spec=message.reply_to)
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
