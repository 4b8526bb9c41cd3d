"""Who acts for a resident, as the screens show them."""

from __future__ import annotations

from typing import Any

from booking.states import RepresentativeView
from people.residents.mandate_rules import NEVER, last_day_told
from people.residents.tables import Representative


def representative_in(found: Any) -> RepresentativeView:
    """Who acts in a row with the representative and what is `noted`: without a contact where they may not be told."""
    row: Representative = found.Representative
    until = last_day_told(found.noted, row.name) if found.noted else None
    if until == NEVER:
        return RepresentativeView(row.id, row.name, row.basis, "", "", told_until=until)
    mail, post = row.email_returned_at is not None, row.letter_returned_at is not None
    who = (row.id, row.name, row.basis, row.email, row.phone)
    return RepresentativeView(*who, mail, row.address, row.postcode, post, row.do_not_text, until)
