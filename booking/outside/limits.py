"""How long a calendar that cannot be read is put up with. Pure."""

from __future__ import annotations

from datetime import timedelta

ALARM_AFTER = timedelta(hours=24)
