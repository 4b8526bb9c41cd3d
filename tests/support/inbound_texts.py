"""Texts from residents, for tests."""

from __future__ import annotations

from datetime import datetime

from core.database import Database
from people.residents.details import phone_key
from reminders.tables import InboundText
from reminders.text_answers import Outcome


def inbound_text(
    database: Database, authority_id: int, at: datetime, *, number: str = "447700900123", text: str = "Can I come at 3?"
) -> int:
    """The id of a text that somebody has to read."""
    row = InboundText(
        provider_id=f"text of {authority_id} from {number}",
        authority_id=authority_id,
        from_number=number,
        phone_key=phone_key(number),
        text=text,
        received_at=at,
        handled_at=at,
        outcome=Outcome.TO_READ.value,
    )
    with database.writing() as db:
        db.add(row)
        db.flush()
        return row.id
