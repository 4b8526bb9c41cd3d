"""A council's pauses of its own messages: of all, of one kind, or of one channel. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reminders.recipients import EMAIL, LETTER, TEXT, family_of

LONGEST = timedelta(days=30)  # for which a pause can be given an end
ALARM_AFTER = timedelta(hours=24)
SENT_BY_US = (EMAIL, TEXT, LETTER)  # who rings is a person, whom no pause stops


class PauseScope(StrEnum):
    """What a pause holds back."""

    ALL = "all"
    KIND = "kind"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class MessagePause:
    """A pause of a council's messages. `subject` is the kind or the channel; `until` None is until somebody resumes."""

    id: int
    authority_id: int
    scope: str
    subject: str
    since: datetime
    until: datetime | None
    paused_by: str
    reason: str

    def holds(self, authority_id: int, kind: str, channel: str) -> bool:
        """Whether it holds back a message of this kind, by this channel."""
        if self.authority_id != authority_id or channel not in SENT_BY_US:
            return False
        return self.scope == PauseScope.ALL or self.subject == (
            family_of(kind) if self.scope == PauseScope.KIND else channel
        )
