"""The sections of the day list (who waits, who comes next, what is free), its search, and the sentences above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.availability.free_periods import FreeStretch
from booking.queries.appointments import AppointmentView
from booking.queries.day_list import SiteDayView
from booking.states import State
from core.tokens import old_reference_key
from core.wall_clock import TICK_MINUTES, instant_of, unit_of
from locations.model import SiteFacts
from locations.session_facts import ClosureFacts
from people.residents.details import name_tokens, sound_of
from people.residents.search import near_words
from web.labels import MODES, label_of
from web.request_language import all_of, format_minutes, format_time
from web.site.day_rows import DayRow, mark_of

WAITING, NEXT, SERVING, RECORDED, FREE, UNRECORDED, LATER, DONE = (
    "waiting",
    "next",
    "serving",
    "recorded",
    "free",
    "unrecorded",
    "later",
    "done",
)
HEADINGS = {
    WAITING: _l("Waiting now"),
    NEXT: _l("Next"),
    SERVING: _l("Being seen now"),
    RECORDED: _l("Just recorded"),
    FREE: _l("Free gaps"),
    UNRECORDED: _l("Time over, nothing recorded"),
    LATER: _l("Later"),
    DONE: _l("Done or cancelled"),
}
SECTION_OF_STATE = {State.ARRIVED.value: WAITING, State.IN_PROGRESS.value: SERVING}
NEXT_PERIOD = timedelta(minutes=30)
NEXT_LEAST, NEXT_MOST = 3, 8
# A longer section shows one line for each person, which opens: 133 appointments fit into four screens.
LONG_SECTION = 8
GAPS_SHOWN = 3
MOST_NAMED = 3  # services in the sentence about a closure


@dataclass(frozen=True)
class GapRow:
    """A period in which one or several resources are free."""

    id: str
    starts_at: datetime
    text: str
    resources: str
    length: str

    kind = "gap"

    @property
    def mark(self) -> str:
        """A digest of what is shown; `starts_at` only gives the row its place."""
        return mark_of((self.id, self.text, self.resources, self.length))


@dataclass(frozen=True)
class Section:
    """Some rows of the day under one heading. `is_folded` hides them, `is_brief` shows a line of each, until opened."""

    code: str
    items: tuple[DayRow | GapRow, ...]
    now: datetime
    is_brief: bool = False
    is_folded: bool = False

    @property
    def heading(self) -> str:
        """What the rows have in common, and how many they are."""
        return str(_("%(what)s (%(num)d)", what=HEADINGS[self.code], num=len(self.items)))

    @property
    def can_fold(self) -> bool:
        """Whether the section has a control that hides its rows."""
        return self.code in (FREE, DONE)

    @property
    def marks(self) -> tuple[str, ...]:
        """The digests of the rows, in their order."""
        return (self.code, mark_of((self.is_brief, self.is_folded)), *(item.mark for item in self.items))

    def waited(self, row: DayRow) -> str:
        """How long somebody has waited: "12 minutes"; empty for whoever does not wait."""
        if self.code != WAITING or row.arrived_at is None:
            return ""
        minutes = max(0, int((self.now - row.arrived_at).total_seconds()) // 60)
        return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))


@dataclass(frozen=True)
class DayTime:
    """When a day list is read: whether its day is the present one, and whether it is still to come."""

    now: datetime
    is_today: bool
    is_to_come: bool


def sections_of(
    rows: Sequence[DayRow], gaps: Sequence[GapRow], time: DayTime, *, kept: str, is_part: bool
) -> tuple[Section, ...]:
    """All sections in their order, also the empty ones. `kept` is the reference of the row that was clicked last; `is_part`
    says that a filter or a search leaves others out: then nothing is folded.
    """
    coming = sorted(_coming_next(rows, time), key=lambda row: row.starts_at)
    next_ids = {row.id for row in coming[: _number_of_next(coming, time.now)]}
    by_section: dict[str, list[DayRow]] = {code: [] for code in HEADINGS}
    for row in rows:
        by_section[_section_of(row, next_ids, time, kept)].append(row)
    by_section[WAITING].sort(key=lambda row: (row.arrived_at or row.starts_at, row.starts_at))
    has_others = any(by_section[code] for code in HEADINGS if code != DONE)
    return tuple(
        Section(FREE, tuple(gaps), time.now, is_folded=len(gaps) > GAPS_SHOWN and not is_part)
        if code == FREE
        else Section(
            code,
            tuple(found),
            time.now,
            is_brief=code in (UNRECORDED, LATER, DONE) and len(found) > LONG_SECTION and not is_part,
            is_folded=code == DONE and has_others and not is_part,
        )
        for code, found in by_section.items()
    )


def _coming_next(rows: Sequence[DayRow], time: DayTime) -> Iterator[DayRow]:
    """Who may come next: booked for today, and not over."""
    return (row for row in rows if time.is_today and row.is_booked and row.ends_at > time.now)


def _number_of_next(coming: Sequence[DayRow], now: datetime) -> int:
    """How many of those to come are next: all who are due soon, within limits."""
    due = sum(row.starts_at <= now + NEXT_PERIOD for row in coming)
    return min(max(due, NEXT_LEAST), NEXT_MOST)


def _section_of(row: DayRow, next_ids: set[str], time: DayTime, kept: str) -> str:
    if row.is_over:
        return RECORDED if row.reference == kept else DONE
    if row.is_booked:
        is_over = not time.is_to_come and row.ends_at <= time.now
        return NEXT if row.id in next_ids else UNRECORDED if is_over else LATER
    return SECTION_OF_STATE[row.state]


def gap_rows(periods: Iterable[FreeStretch], site: SiteFacts, zone: str, now: datetime) -> list[GapRow]:
    """The free periods by start; resources that are free at exactly the same time share a row."""
    by_times: dict[tuple[int, int], list[FreeStretch]] = {}
    for period in periods:
        by_times.setdefault((period.first_unit, period.last_unit), []).append(period)
    return [_gap_row(group, site, ZoneInfo(zone), unit_of(now)) for group in by_times.values()]


def _gap_row(periods: list[FreeStretch], site: SiteFacts, zone: ZoneInfo, now_unit: int) -> GapRow:
    first, last = periods[0].first_unit, periods[0].last_unit
    starts_at = instant_of(first)
    ends = format_time(instant_of(last).astimezone(zone))
    # The text of a period that has begun has only its end, so that the row does not change every minute.
    has_begun = first <= now_unit
    if has_begun:
        text, length = _("Free now until %(time)s", time=ends), ""
    else:
        text = _("Free %(first)s to %(last)s", first=format_time(starts_at.astimezone(zone)), last=ends)
        length = format_minutes((last - first) * TICK_MINUTES)
    return GapRow(
        id=f"g-{'now' if has_begun else first}-{last}",
        starts_at=instant_of(now_unit) if has_begun else starts_at,
        text=text,
        resources=", ".join(_resource_name(period, site) for period in periods),
        length=length,
    )


def _resource_name(period: FreeStretch, site: SiteFacts) -> str:
    resource = site.resource(period.resource_id)
    name = resource.name if resource else ""
    if resource is None or resource.seats == 1:
        return name
    return str(ngettext("%(name)s (%(num)d place)", "%(name)s (%(num)d places)", period.seats, name=name))


def is_meant(view: AppointmentView, text: str) -> bool:
    """Whether `text` is the beginning of words of the name, in any order, or a part of a reference, however written."""
    typed = old_reference_key(text)
    if typed and (typed in view.reference or typed in old_reference_key(view.old_reference)):
        return True
    words, names = name_tokens(text), name_tokens(view.resident.name)
    return bool(words) and all(any(name.startswith(word) for name in names) for word in words)


def is_nearly_meant(view: AppointmentView, text: str) -> bool:
    """Whether each word of `text` begins, sounds like or is spelt nearly like a word of the name, as in calls."""
    words, names = name_tokens(text), name_tokens(view.resident.name)
    return bool(words) and all(any(_is_near(word, name) for name in names) for word in words)


def _is_near(word: str, name: str) -> bool:
    sound = sound_of(word) if len(word) > 2 else ""
    return name.startswith(word) or bool(sound and sound == sound_of(name)) or bool(near_words(word, [name]))


def notices(day: SiteDayView) -> Iterator[str]:
    """A sentence for the bank holiday, each closure and each cancelled session of the day."""
    if day.opening.holiday:
        yield _("Bank holiday: %(name)s. The site is shut all day.", name=day.opening.holiday)
    for closure in day.opening.closures:
        yield _closure_text(closure, day)
    yield from day.opening.cancelled


def opening_text(day: SiteDayView) -> str:
    """When the site is open on the day; on the day itself before that, when it will be."""
    if not day.opening.periods:
        return str(_("No sessions are open on this day."))
    periods = (tuple(format_time(at.astimezone(ZoneInfo(day.zone))) for at in period) for period in day.opening.periods)
    hours = ", ".join(_("%(first)s to %(last)s", first=first, last=last) for first, last in periods)
    if day.opening.starts_at <= day.now < day.opening.periods[0][0]:
        return str(_("Not open yet. Sessions today: %(hours)s.", hours=hours))
    return str(_("Sessions: %(hours)s.", hours=hours))


def _closure_text(closure: ClosureFacts, day: SiteDayView) -> str:
    zone, starts_at, ends_at = ZoneInfo(day.zone), day.opening.starts_at, day.opening.ends_at
    resource = day.site.resource(closure.resource_id) if closure.resource_id else None
    part = _part_shut(closure, day)
    reason = _("busy elsewhere") if closure.is_busy_elsewhere else closure.reason
    facts = {
        "what": resource.name if resource else _("Site"),
        "reason": reason,
        "first": format_time(max(closure.starts_at, starts_at).astimezone(zone)),
        "last": format_time(min(closure.ends_at, ends_at).astimezone(zone)),
    }
    if part:
        facts["what"] = _("%(what)s (%(part)s)", what=facts["what"], part=part)
    is_away = resource is not None and resource.is_council_wide and not part
    is_all_day = closure.starts_at <= starts_at and closure.ends_at >= ends_at
    return _closure_sentence(is_away, is_all_day, bool(reason)) % facts


def _part_shut(closure: ClosureFacts, day: SiteDayView) -> str:
    """Which services and way to meet are shut alone, such as "Debt advice, Video"; empty when everything is."""
    mode = "" if day.site.modes == (closure.mode,) else label_of(MODES, closure.mode)
    if closure.service_ids is None:
        return mode
    ids = closure.service_ids & day.site.service_ids
    names = [service.name for service in day.catalogue.services if service.id in ids]
    services = (
        all_of(names) if len(names) <= MOST_NAMED else ngettext("%(num)d service", "%(num)d services", len(names))
    )
    return ", ".join(part for part in (services, mode) if part)


def _closure_sentence(is_away: bool, is_all_day: bool, has_reason: bool) -> str:
    sentences = {
        (True, True, True): _("%(what)s away all day: %(reason)s."),
        (True, True, False): _("%(what)s away all day."),
        (True, False, True): _("%(what)s away from %(first)s to %(last)s: %(reason)s."),
        (True, False, False): _("%(what)s away from %(first)s to %(last)s."),
        (False, True, True): _("%(what)s shut all day: %(reason)s."),
        (False, True, False): _("%(what)s shut all day."),
        (False, False, True): _("%(what)s shut from %(first)s to %(last)s: %(reason)s."),
        (False, False, False): _("%(what)s shut from %(first)s to %(last)s."),
    }
    return str(sentences[is_away, is_all_day, has_reason])
