"""The words for contacts with a resident: what kind they were, and over which channel."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from reminders import contact_history_queries as kinds
from web.labels import Labels

HISTORY_KINDS: Labels = {
    kinds.BOOKED: _l("Booked"),
    kinds.ARRIVED: _l("Was here"),
    kinds.NOTE: _l("Note"),
    kinds.MESSAGE: _l("Message"),
    kinds.TEXT_IN: _l("They texted"),
    kinds.CHECKED: _l("Document"),
    kinds.FILE: _l("File of a document kept"),
    kinds.COPY: _l("Copy of a document certified"),
    kinds.RECEIPT: _l("Receipt for documents"),
    kinds.URGENT: _l("Urgent request"),
    kinds.FIRST_ASKED: _l("First asked for help with homelessness"),
    kinds.WISH: _l("Asked for an earlier time"),
}
CHECK_RESULTS: Labels = {"seen": _l("Original of a document seen"), "missing": _l("Document was missing")}
CONTACT_CHANNELS: Labels = {
    "online": _l("online"),
    "phone": _l("by telephone"),
    "counter": _l("at a counter"),
    "api": _l("by another system"),
    "text": _l("by text"),
    "import": _l("in another system"),
    "kiosk": _l("at a kiosk"),
}
