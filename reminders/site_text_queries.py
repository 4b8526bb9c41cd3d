"""The texts that staff wrote to everybody of a day at a site."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.site_text import SiteText
from reminders.tables import SiteMessage

MOST_LISTED = 20


def site_texts(db: Session, ids: Collection[int]) -> dict[int, SiteText]:
    """The texts with these numbers, by number."""
    rows = db.scalars(select(SiteMessage).where(SiteMessage.id.in_(ids)))
    return {row.id: SiteText(row.site_id, row.local_date, row.text, row.text_cy) for row in rows}


def sent_messages(db: Session, authority_id: int, site_ids: Collection[int] | None) -> Sequence[SiteMessage]:
    """The messages that were sent last to everybody of a day, at these sites or (None) at all, the newest first."""
    rows = select(SiteMessage).where(SiteMessage.authority_id == authority_id, SiteMessage.appointment_id.is_(None))
    if site_ids is not None:
        rows = rows.where(SiteMessage.site_id.in_(site_ids))
    return db.scalars(rows.order_by(SiteMessage.id.desc()).limit(MOST_LISTED)).all()
