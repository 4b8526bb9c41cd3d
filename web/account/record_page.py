"""The record of what staff did and saw, in words: its filters, its rows, its file."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from booking.queries.staff_record import RecordEntry
from booking.states import BY_COUNCIL
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from core.tokens import spoken_reference
from core.wall_clock import parse_instant, wall_instant
from web.components.form_fields import AtMost, Dropdown, Form, Text
from web.components.moment_fields import DayField
from web.labels import ROLES, STATES, label_of
from web.record_labels import ACTORS, AUDIT_ACTIONS, RECORD_KINDS, SCREENS, VIEW_PURPOSES, WHY_LOOKING
from web.request_language import format_time

MOST_NAMES = 5  # of a list that somebody looked at, on the page; the file has all
LONGEST_REFERENCE = 40  # as somebody may type one, with spaces
ALL = ""


class RecordFilterForm(Form):
    """Which entries to show. It stands in the address, so that a page can be kept and come back to."""

    person = Dropdown(_l("Who"), default=ALL)
    kind = Dropdown(_l("What"), default=ALL)
    since = DayField(_l("First day"), render_kw={"classes": "govuk-input--width-10"})
    until = DayField(_l("Last day"), render_kw={"classes": "govuk-input--width-10"})
    reference = Text(
        _l("Reference of an appointment"),
        description=_l("What was done with it, and who looked at its resident."),
        validators=[AtMost(LONGEST_REFERENCE)],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-input--width-10"},
    )

    class Meta(Form.Meta):
        """It changes nothing."""

        csrf = False

    def offer(self, staff: Iterable[tuple[int, str]]) -> None:
        """Offer these members of staff (id, name), and those who are none."""
        others = [(kind, str(label)) for kind, label in ACTORS.items() if kind != "staff"]
        own = [(f"staff-{staff_id}", name) for staff_id, name in staff]
        self.person.choices = [(ALL, gettext("Everybody")), *own, *others]
        self.kind.choices = [
            (ALL, gettext("Everything")),
            *((kind, str(words)) for kind, words in RECORD_KINDS.items()),
        ]

    def actor(self) -> tuple[str, int | None] | None:
        """Whom the form names: a kind of actors, and which of them."""
        kind, _hyphen, number = (self.person.data or ALL).partition("-")
        return (kind, int(number) if number else None) if kind else None

    def instants(self, zone: str) -> tuple[datetime | None, datetime | None]:
        """The beginning of the first day, and the end of the last one, at the council's places."""
        first, last = self.since.day, self.until.day
        since = wall_instant(first, time(), zone) if first else None
        return since, wall_instant(last + timedelta(days=1), time(), zone) if last else None


@dataclass(frozen=True)
class RecordRow:
    """An entry in words."""

    at: datetime
    who: str
    what: str
    about: str
    more: str
    where: str


def rows_of(entries: Iterable[RecordEntry], zone: str, *, most_names: int | None = MOST_NAMES) -> list[RecordRow]:
    """The entries in words, with the times of `zone`; of each list of residents the first names, None for all."""
    return [
        RecordRow(
            at=entry.place.at,
            who=_who(entry),
            what=label_of(VIEW_PURPOSES if entry.is_view else AUDIT_ACTIONS, entry.code),
            about=_about(entry, most_names),
            more=_more(entry, ZoneInfo(zone)),
            where=_screen(entry.facts),
        )
        for entry in entries
    ]


def _who(entry: RecordEntry) -> str:
    """A name where somebody has one: what the service does by itself, and residents online, stand as what they are."""
    named = entry.actor_name if entry.actor_kind in ("staff", "api") else ""
    return named or label_of(ACTORS, entry.actor_kind)


def _about(entry: RecordEntry, most_names: int | None) -> str:
    kind, _number = entry.subject
    if entry.residents:
        return _names(entry.resident_names, most_names)
    if kind == "appointment" and entry.subject_name:
        return spoken_reference(entry.subject_name)
    return entry.subject_name


def _names(names: Sequence[str], most: int | None) -> str:
    shown = [name or gettext("somebody whose data was erased") for name in names[:most]]
    left = len(names) - len(shown)
    if left:
        shown.append(gettext("and %(count)s more", count=left))
    return ", ".join(shown)


def _more(entry: RecordEntry, zone: ZoneInfo) -> str:
    facts, parts = entry.facts, []
    if role := facts.get("role"):
        parts.append(label_of(ROLES, role))
    if state := facts.get("state") if entry.code in ("moved", "corrected") else None:
        parts.append(label_of(STATES, state))
    if entry.code in ("rescheduled", "cancelled") and facts.get("by") == BY_COUNCIL:
        parts.append(gettext("By the council"))
    if why := facts.get("why"):
        parts.append(label_of(WHY_LOOKING, why))
    if entry.reason:
        parts.append(entry.reason)
    if noted_at := facts.get("noted_at"):
        noted, sent = (format_time(at.astimezone(zone)) for at in (parse_instant(noted_at), entry.place.at))
        parts.append(gettext("noted without network at %(noted)s, sent at %(sent)s", noted=noted, sent=sent))
    return "; ".join(parts)


def _screen(facts: Mapping[str, Any]) -> str:
    return label_of(SCREENS, str(facts.get("screen", "")).partition(".")[0])


def record_csv(rows: Iterable[RecordRow], zone: ZoneInfo) -> str:
    """The file: a heading, then a line for each entry, in the times of `zone`. No cell is run by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow((gettext("Date"), gettext("Time"), gettext("Who"), gettext("What"), gettext("About"), *_last()))
    for row in rows:
        at = row.at.astimezone(zone)
        cells = (f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", row.who, row.what, row.about, row.more, row.where)
        writer.writerow(safe_cell(cell) for cell in cells)
    return BYTE_ORDER_MARK + out.getvalue()


def _last() -> tuple[str, str]:
    return gettext("More"), gettext("From which screen")
