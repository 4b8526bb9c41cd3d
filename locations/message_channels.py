"""The words by which a council says by which channels its messages go. Pure."""

from __future__ import annotations

EVERY_MESSAGE = "all"
# What a council may choose the channels of, besides every message; and the channels, a telephone call by staff the last.
MESSAGES_WITH_CHANNELS = (
    "confirmation",
    "rescheduled",
    "cancelled",
    "reminder",
    "arrangement",
    "offer",
    "earlier_time",
    "manage_link",
)
MESSAGE_CHANNELS = ("email", "text", "letter", "call")
CHANNEL_PLACES = ("first", "second", "third", "fourth")
