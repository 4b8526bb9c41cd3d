"""Texts that people send to the provider's number: kept as they came, once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.runtime import Runtime
from core.text import one_line, received_text
from core.transactions import lock_by_name
from locations.tables import Authority
from people.residents.details import phone_key
from reminders.inbound_queries import council_texted_last, councils_of_number
from reminders.tables import InboundText
from reminders.text_answers import Outcome

NUMBER_LENGTH, TEXT_LENGTH = 40, 2000  # of the columns; a text of ten segments has 1,530 characters at the most


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text as the provider passes it on: its id, from which number, what it says, since when it has it, and to which."""

    provider_id: str
    from_number: str
    text: str
    received_at: datetime
    to_number: str = ""


def receive_text(runtime: Runtime, received: ReceivedText) -> None:
    """Keep a text that has come, once; the scheduler does what it says."""
    with runtime.database.writing() as db:
        lock_by_name(db, f"inbound text {received.provider_id}")
        keep_text(db, received)


def keep_text(db: Session, received: ReceivedText) -> InboundText | None:
    """The text as a row of the running transaction; None when it was kept before.

    From a number that no council knows it may be for any of them: nobody's staff read it, and nothing is done about it.
    """
    known = select(InboundText.id).where(InboundText.provider_id == received.provider_id)
    if db.scalar(known) is not None:
        return None
    authority_id = _authority_of(db, phone_key(received.from_number), phone_key(received.to_number))
    row = InboundText(
        provider_id=received.provider_id,
        authority_id=authority_id,
        from_number=one_line(received.from_number)[:NUMBER_LENGTH],
        phone_key=phone_key(received.from_number),
        text=received_text(received.text)[:TEXT_LENGTH],
        received_at=received.received_at,
        handled_at=None if authority_id else received.received_at,
        outcome="" if authority_id else Outcome.UNKNOWN.value,
    )
    db.add(row)
    db.flush()
    return row


def _authority_of(db: Session, key: str, to_key: str) -> int | None:
    """The council that texted the number last, of those that know it; else the one that has been written to.

    A council is known to have been written to by its own number for texts, or because it is the only one here.
    """
    numbers = db.execute(select(Authority.id, Authority.text_number).order_by(Authority.id)).all()
    written_to = [row.id for row in numbers if to_key and phone_key(row.text_number) == to_key]
    known = councils_of_number(db, key)
    among = [council for council in known if council in written_to] or known
    if among:
        return council_texted_last(db, among, key) or among[0]
    return next((found[0] for found in (written_to, [row.id for row in numbers]) if len(found) == 1), None)
