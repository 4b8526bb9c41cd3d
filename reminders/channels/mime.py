"""Messages as MIME: text, HTML and a calendar that mail programs act on."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

from core.errors import DeliveryFailed
from core.text import NAME_LENGTH, one_line, person_name
from reminders.bounce_marks import is_of_invitation, is_of_wish, marked
from reminders.channels.base import ChannelUnavailable
from reminders.channels.headers import is_address, mailbox, unstructured
from reminders.messages import EmailBody, RenderedMessage
from reminders.reasons import INVALID_ADDRESS, INVALID_SENDER


@dataclass(frozen=True)
class BounceOrigin:
    """Where servers report what they cannot deliver, and the key of the mark that their reports bring back.

    An `address` such as bounces+@example.org gets the mark behind its plus; without one reports go to the sender.
    """

    secret_key: str
    address: str = ""

    def reference_of(self, message: RenderedMessage) -> str:
        """Our reference with its mark, of a message about an appointment, or to somebody who waits for one or is invited."""
        is_beside = is_of_wish(message.reference) or is_of_invitation(message.reference)
        is_to_resident = message.notification_id is not None or is_beside
        is_marked = is_to_resident and self.secret_key
        return marked(self.secret_key, message.reference) if is_marked else message.reference

    def sender_of(self, message: RenderedMessage, mail_from: str) -> str:
        """The sender on the envelope. Raises: ChannelUnavailable when it is no address."""
        address = sender_address(self.address or mail_from)
        local, _, domain = address.rpartition("@")
        return f"{local}{self.reference_of(message)}@{domain}" if local.endswith("+") else address


WITHOUT_MARKS = BounceOrigin("")


def as_email(message: RenderedMessage, mail_from: str, origin: BounceOrigin = WITHOUT_MARKS) -> EmailMessage:
    """The email of `message`: alternatives from the plainest to the richest, and the calendar once more as an attachment.

    The same notification always has the same Message-ID, so that mail systems can merge a duplicate. What people and
    councils typed is written out by `reminders.channels.headers`. Raises: DeliveryFailed (permanent) when the address
    is no address; ChannelUnavailable when the sender's is none.
    """
    to, sender = envelope_address(message.recipient.address), sender_address(mail_from)
    body = message.email
    council = one_line(message.sender_name)[:NAME_LENGTH].strip()
    email = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    email["From"] = mailbox("From", council, sender)
    email["To"] = mailbox("To", person_name(message.recipient.name), to)
    if reply_to := _reply_address(message.reply_to, is_ascii=to.isascii()):
        email["Reply-To"] = mailbox("Reply-To", council, reply_to)
    email["Subject"] = unstructured("Subject", one_line(body.subject))
    email["Date"] = format_datetime(message.at)
    email["Message-ID"] = message_id(origin.reference_of(message), sender)
    # Automatic replies are not wanted. Source: RFC 3834 5.
    email["Auto-Submitted"] = "auto-generated"
    # The same for Exchange, which does not know it. Source: [MS-OXCMAIL] 2.2.3.2.15, read 2026-11-25.
    email["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    email.set_content(body.text)
    email.add_alternative(body.html, subtype="html")
    if body.calendar:
        _add_calendar(email, body)
    return email


def envelope_address(address: str) -> str:
    """`address` as mail servers want it, its domain in ASCII. Raises: DeliveryFailed (permanent) when it is none."""
    local, _, domain = address.rpartition("@")
    try:
        in_ascii = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise DeliveryFailed(detail=INVALID_ADDRESS, permanent=True) from error
    if not is_address(in_ascii):
        raise DeliveryFailed(detail=INVALID_ADDRESS, permanent=True)
    return in_ascii


def sender_address(mail_from: str) -> str:
    """The address in `mail_from`, in ASCII. Raises: ChannelUnavailable when there is none: no message is to blame."""
    try:
        address = envelope_address(parseaddr(mail_from)[1])
    except DeliveryFailed as error:
        raise ChannelUnavailable(detail=INVALID_SENDER) from error
    if not address.isascii():
        raise ChannelUnavailable(detail=INVALID_SENDER)
    return address


def message_id(reference: str, sender: str) -> str:
    """`<reference@domain of the sender>`."""
    return f"<{reference}@{sender.rpartition('@')[2] or 'localhost'}>"


def _reply_address(address: str, *, is_ascii: bool) -> str:
    """`address` when answers can go there and a message of this kind can name it, else nothing."""
    try:
        checked = envelope_address(address)
    except DeliveryFailed:
        return ""
    return "" if is_ascii and not checked.isascii() else checked


def _add_calendar(email: EmailMessage, body: EmailBody) -> None:
    """The calendar as an alternative (Outlook and Gmail act on that one) and as a file (Apple's and others' open it)."""
    calendar = body.calendar.encode()
    parameters = {"method": body.calendar_method, "charset": "utf-8"}
    email.add_alternative(calendar, maintype="text", subtype="calendar", cte="base64", params=parameters)
    email.add_attachment(calendar, maintype="application", subtype="ics", filename="appointment.ics")
