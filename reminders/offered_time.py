"""Another time that is held for somebody, as messages tell it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.proposals.time_ranking import ProposedChange
from locations.model import SiteFacts


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """Another time that is held for whoever has the appointment, and others who share it, until `answer_by`, in UTC."""

    site: SiteFacts
    starts_at: datetime
    answer_by: datetime
    change: ProposedChange | None = None
    is_shared: bool = False
