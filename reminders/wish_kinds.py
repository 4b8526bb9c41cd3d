"""Kinds of messages to those who wait without an appointment. Pure."""

from __future__ import annotations

from reminders.recipients import EARLIER_GONE, EARLIER_TIME, MANAGE_LINK, WISH_PAUSED

LINK, OFFERED, GONE, PAUSED = "link", "offered", "gone", "paused"
LEFT = "left"  # the answer to a text that gives the time back
# What the same message is called that somebody with an appointment gets: a pause of the one holds back the other.
FAMILY_OF = {LINK: MANAGE_LINK, OFFERED: EARLIER_TIME, GONE: EARLIER_GONE, PAUSED: WISH_PAUSED, LEFT: MANAGE_LINK}
