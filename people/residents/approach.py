"""First contact counts: when, in which words, by whom and how somebody asked for help with homelessness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Approach:
    """How somebody asked: when, over which channel, in which words; `asked_by` names whoever asked for them."""

    asked_at: datetime
    channel: str
    words: str
    asked_by: str = ""
    taken_by: str = ""
