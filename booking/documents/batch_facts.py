"""A batch of receipts as queries read it: who handed it over, what is in it, and how it goes on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.documents.batch_delivery import BatchWay


@dataclass(frozen=True)
class BatchReceipt:
    """A receipt: of which visit and whom; `items` are {"document", "result", "copies"} as it was given."""

    id: int
    number: str
    reference: str
    name: str
    resident_id: int | None
    given_at: datetime
    items: tuple[dict[str, object], ...]

    @property
    def documents(self) -> tuple[str, ...]:
        """What it is about."""
        return tuple(str(item.get("document", "")) for item in self.items)


@dataclass(frozen=True)
class BatchCopy:
    """A certified copy of a batch; `stored_name` is empty when its file is not kept any more."""

    id: int
    document: str
    on_behalf_of: str
    reference: str
    certified_at: datetime
    revoked_at: datetime | None
    sha256: str
    stored_name: str


@dataclass(frozen=True)
class BatchView:
    """A batch, who handed it over and when, how much is in it, and how it goes on.

    `failure` is why it had not arrived at the last try, or of one that has: that nobody saw it there.
    """

    id: int
    number: str
    handed_over_at: datetime
    staff: str
    receipts: int
    way: BatchWay = BatchWay.FILE
    arrived_at: datetime | None = None
    failure: str = ""
    next_try_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True)
class BatchToDeliver:
    """A batch that goes on by itself: of which council and site (their slugs), and how far it has come."""

    view: BatchView
    authority_id: int
    site_id: int
    council: str
    site: str
    zone: str
    tries: int = 0
    written_as: str = ""

    @property
    def way(self) -> BatchWay:
        """How it goes."""
        return self.view.way

    @property
    def folder_name(self) -> str:
        """The name of its folder."""
        return f"{self.site}-{self.view.number}"
