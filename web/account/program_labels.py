"""The words for what programs are told, and for why they have not taken it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from booking.webhooks.signed_message import (
    BOOKED,
    CANCELLED,
    OUTCOME,
    RECEIPTS_HANDED_OVER,
    RESCHEDULED,
    WebhookFailure,
)
from web.labels import Labels

PROGRAM_EVENTS: Labels = {
    BOOKED: _l("Appointments that are booked"),
    RESCHEDULED: _l("Appointments that are moved"),
    CANCELLED: _l("Appointments that are cancelled"),
    OUTCOME: _l("What became of appointments on the day"),
    RECEIPTS_HANDED_OVER: _l("Batches of receipts that are handed over"),
}
PROGRAM_FAILURES: Labels = {
    WebhookFailure.SILENT: _l("It does not answer."),
    WebhookFailure.REFUSED: _l("It answers that it does not take it."),
    WebhookFailure.PRIVATE: _l("Its address leads into the network of this service."),
    WebhookFailure.SEALED: _l("Its address cannot be read any more: remove it, and add it again."),
    WebhookFailure.BROKEN: _l("Something is wrong here: tell whoever runs this service."),
}
