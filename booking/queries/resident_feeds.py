"""The feeds of residents: whose an address is, and which appointments it may show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.feeds.tables import ResidentFeed
from booking.tables import Appointment
from core.errors import NotFound
from core.tokens import digest

DAYS_BACK = timedelta(days=14)  # so that a calendar still has what was cancelled or missed lately
MOST_SHOWN = 200


@dataclass(frozen=True)
class ResidentFeedView:
    """A feed that answers. `reader` is the digest of the address that it shows the messages' appointments of."""

    authority_id: int
    resident_id: int
    reader: str

    def is_read_by(self, address: str) -> bool:
        """Whether the feed was made by whoever reads the mail of this address."""
        return bool(address) and reader_digest(self.resident_id, address) == self.reader


def reader_digest(resident_id: int, address: str) -> str:
    """By what it is known again who made the feed of a resident."""
    return digest(f"{resident_id} {address.strip().casefold()}")


def resident_feed_by_token(db: Session, token: str) -> ResidentFeedView:
    """The feed of this address. Raises: NotFound, alike for one that never was and one that was revoked."""
    row = db.scalar(
        select(ResidentFeed).where(ResidentFeed.token_digest == digest(token), ResidentFeed.revoked_at.is_(None))
    )
    if row is None:
        raise NotFound
    return ResidentFeedView(row.authority_id, row.resident_id, row.reader_digest)


def is_in_use(db: Session, feed_id: int) -> bool:
    """Whether the feed answers: it has not been revoked."""
    return (
        db.scalar(select(ResidentFeed.id).where(ResidentFeed.id == feed_id, ResidentFeed.revoked_at.is_(None)))
        is not None
    )


def has_feed(db: Session, authority_id: int, resident_id: int) -> bool:
    """Whether any feed of the resident answers."""
    theirs = (ResidentFeed.authority_id == authority_id, ResidentFeed.resident_id == resident_id)
    return db.scalar(select(ResidentFeed.id).where(*theirs, ResidentFeed.revoked_at.is_(None)).limit(1)) is not None


def made_at(db: Session, authority_id: int, resident_id: int, address: str) -> datetime | None:
    """When the feed that answers was made by the reader of this address; None where there is none."""
    return db.scalar(
        select(ResidentFeed.created_at).where(
            ResidentFeed.authority_id == authority_id,
            ResidentFeed.resident_id == resident_id,
            ResidentFeed.reader_digest == reader_digest(resident_id, address),
            ResidentFeed.revoked_at.is_(None),
        )
    )


def shown_ids(db: Session, feed: ResidentFeedView, now: datetime) -> list[int]:
    """The resident's appointments to come and of the last days, cancelled or not, the soonest first."""
    theirs = (
        select(Appointment.id)
        .where(
            Appointment.authority_id == feed.authority_id,
            Appointment.resident_id == feed.resident_id,
            Appointment.ends_at >= now - DAYS_BACK,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(MOST_SHOWN)
    )
    return list(db.scalars(theirs))
