"""The form by which staff put somebody without an appointment on the waiting list."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from core.contact_values import takes_texts
from people.residents.tables import Resident
from web.components.form_fields import Choice
from web.components.wish_fields import AnywhereForm, WishForm
from web.labels import Labels

STAFF_WAYS: Labels = {
    BY_PHONE: _l("We ring them"),
    BY_TEXT: _l("By text"),
    BY_EMAIL: _l("By email"),
}


TELL_THEM = _l("How shall we tell them?")


class StaffEarlierForm(WishForm):
    """The same of somebody who has an appointment."""

    told_by = Choice(TELL_THEM)


class StaffWaitForm(AnywhereForm):
    """Which times suit them, and how we tell them of one."""

    told_by = Choice(TELL_THEM, choices=list(STAFF_WAYS.items()), default=BY_PHONE)

    def offer_every_way(self, ways: Sequence[str]) -> None:
        """Offer the ways by which they can be told, though it be only one: nothing else says how."""
        self.told_by.choices = [SelectChoice(way, STAFF_WAYS[way]) for way in ways]
        if not self.is_submitted():
            self.told_by.data = ways[0]


def ways_to_tell(resident: Resident, *, by_text: bool) -> tuple[str, ...]:
    """How they can be told, what they prefer first."""
    has_email = bool(resident.email) and resident.email_returned_at is None
    texts = by_text and takes_texts(resident.phone) and not resident.do_not_text
    found = [
        *([BY_PHONE] if resident.phone else []),
        *([BY_TEXT] if texts else []),
        *([BY_EMAIL] if has_email else []),
    ]
    return tuple(sorted(found, key=lambda way: way != resident.contact_preference)) or (BY_PHONE,)
