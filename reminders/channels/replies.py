"""What the reply of a mail server is about: this service, one message, or only this moment. Pure.

Sources: RFC 5321 4.2 (reply codes) and RFC 3463 3 (enhanced status codes, "5.7.1").
"""

from __future__ import annotations

import re
from enum import Enum

PERMANENT = 500  # RFC 5321 4.2.1: 5yz is a permanent negative reply, 4yz a transient one

# The commands that name a sender, a recipient and a text. A server that refuses before them (greeting, EHLO, STARTTLS,
# AUTH) refuses this service, whatever the code: `reminders.channels.smtp` decides that without this module.
MAIL, RCPT, DATA = "MAIL", "RCPT", "DATA"
MAIL_UTF8 = "MAIL with SMTPUTF8"  # needed for one recipient's address, so the reply may be about that

# Signing in is required, too weak or without encryption (RFC 4954 6, RFC 3207 4), whichever command they answer.
# 421 closes the connection (RFC 5321 4.2.3).
_SERVICE_CODES = frozenset({421, 530, 534, 535, 538})
# Congestion of the sender, as daily limits are reported (RFC 3463 3.5); large providers say 5.1.90 for the same.
_SERVICE_STATUSES = frozenset({"5.4.5", "5.1.90"})
_MAILBOX_FULL = frozenset({"5.2.0", "5.2.2"})
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}(?!\d)")


class RefusalScope(Enum):
    """What a negative reply is about."""

    SERVICE = "service"
    EITHER = "service or message"
    MESSAGE = "message"
    TEMPORARY = "temporary"


def scope_of_refusal(command: str, code: int, text: str) -> RefusalScope:
    """What the negative reply `code` `text` to `command` is about.

    SERVICE: no message can be sent now. MESSAGE: this one can never be sent. TEMPORARY: this one is tried again. EITHER:
    security or policy (5.7.x), or a box that is full, which may be ours at the server or the recipient's.
    """
    if command == MAIL_UTF8:
        return RefusalScope.TEMPORARY
    found = _STATUS.match(text)
    status = found.group() if found else ""
    if command == MAIL or code in _SERVICE_CODES or status in _SERVICE_STATUSES:
        return RefusalScope.SERVICE
    if code < PERMANENT:
        return RefusalScope.TEMPORARY
    is_full = status in _MAILBOX_FULL or (command == RCPT and code == 552)
    if is_full or (command == RCPT and status.startswith("5.7.")):
        return RefusalScope.EITHER
    return RefusalScope.MESSAGE
