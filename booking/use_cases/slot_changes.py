"""The slots that appear and disappear with a change of the set-up, by week."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.availability.bookings_that_fit import change_of_capacity
from booking.availability.values import BookedVisit
from booking.use_cases.import_locations import Imported
from booking.use_cases.touched_dates import first_touched, is_not_open_yet
from core.wall_clock import ONE_DAY, local_date_of
from locations.importing.set_up_tables import TableChange
from locations.model import Catalogue
from locations.own_words import TRANSLATED, translation_keys
from locations.school_holidays import school_days_off

WEEKS = 8
HORIZON = "horizon_days"
ReadVisits = Callable[[Collection[int]], Iterable[BookedVisit]]
# What says something and opens nothing: a change of these alone leaves every slot as it is.
ONLY_WORDS = frozenset(
    {
        *(
            "name",
            "brand_colour",
            "logo",
            "service_order",
            "phone",
            "email",
            "opening_words",
            "bsl_contact",
            "urgent_email",
            "receipts_go_by",
            "text_number",
            "text_sender_id",
            "publishes_availability",
            "summary",
        ),
        *(
            "also_called",
            "documents",
            "done_lines",
            "documents_by_case",
            "documents_by_rule",
            "done_without_visit",
            "triage_questions",
            "online_instead",
            "online_url",
            "post_instead",
            "open_limit",
        ),
        *("cancel_cutoff_minutes", "reminder_plan", "address", "directions", "joining_address", "rings_from"),
        *(
            "ring_minutes",
            "privacy",
            "accessibility",
            "reason",
            "bookable_online",
            "successor",
            "where_to_go",
            "has_kiosk",
            "display_sounds",
            "display_speaks",
        ),
        *("catchment", "wards", "postcodes", "catchment_kind", "catchment_instead"),
        *("catchment_may_be_passed", "named_adviser"),
        *("case_number", "case_number_form", "case_number_listed", "case_number_again"),
        *("third_time_within_days", "seen_within_minutes", "promise_alarm_days"),
        *("message_name", "waiting_list_first", "offered_at_once", "answer_days", "languages", "first_language"),
        *("confirm_days_before", "confirm_within_hours"),
        *("text_pence", "letter_pence", "missed_visit_pounds"),
        *("rebook_within_miles", "rebook_answer_hours", "rebook_notice_hours"),
        *(key for kind in TRANSLATED for key in translation_keys(kind)),
    }
)


class WeekOfSlots(NamedTuple):
    """How many slots appear and disappear in the week from this Monday on."""

    monday: date
    appearing: int
    disappearing: int


@dataclass(frozen=True)
class CountedWeeks:
    """The slots that appear and disappear on `dates` (first and last), week by week; nothing was counted without dates.

    `is_beyond_horizon` says that slots count which are too far ahead to be booked yet. `next_day` is the first day of the
    week that is to be counted next, None when all are.
    """

    dates: tuple[date, date] | None = None
    weeks: tuple[WeekOfSlots, ...] = ()
    is_beyond_horizon: bool = False
    next_day: date | None = None

    @property
    def done(self) -> int:
        """How many of `WEEKS` are counted."""
        if self.dates is None or self.next_day is None:
            return WEEKS
        return (monday_of(self.next_day) - monday_of(self.dates[0])).days // 7


def weeks_of(
    before: Catalogue,
    after: Catalogue,
    imported: Imported,
    read_visits: ReadVisits,
    now: datetime,
    *,
    first: date | None = None,
    begun: CountedWeeks | None = None,
) -> Iterator[CountedWeeks]:
    """The weeks in which slots appear or disappear, of those from the first day that the change touches, or from `first`.

    What is counted so far is given after each week; it goes on with what was `begun`.

    Nothing is counted where the change is of words alone, or of what no session opens.
    Slots count whether or not they can be booked so far ahead today,
    but for a change of just that. `read_visits` gives the booked visits at some sites.
    """
    if all(_is_of_words(change) or is_not_open_yet(change) for change in imported.things):
        yield CountedWeeks()
        return
    zone = after.authority.zone
    today = now.astimezone(ZoneInfo(zone)).date()
    changes = [change for change in imported.things if not _is_of_words(change)]
    first = first or first_touched(changes, today, school_days_off(after.authority.school_holidays))
    dates = (max(today, monday_of(first)), monday_of(first) + timedelta(weeks=WEEKS, days=-1))
    old, new = (_concerned(catalogue, imported) for catalogue in (before, after))
    visits = list(read_visits(_sites_with_visits(before, old, new)))
    beyond = not any(map(_changes_horizon, changes))
    counted = begun if begun and begun.dates == dates else CountedWeeks(dates, (), beyond, dates[0])
    while counted.next_day is not None:
        day, last = counted.next_day, min(monday_of(counted.next_day) + timedelta(days=6), dates[1])
        near = [visit for visit in visits if day - ONE_DAY <= local_date_of(visit.slot.start_unit, zone) <= last]
        capacity = change_of_capacity(old, new, near, (day, last), now, is_beyond_horizon=beyond)
        more, fewer = (sum(slot.free for slot in slots) for slots in (capacity.appearing, capacity.disappearing))
        week = (WeekOfSlots(monday_of(day), more, fewer),) if more or fewer else ()
        next_day = last + ONE_DAY if last < dates[1] else None
        counted = replace(counted, weeks=(*counted.weeks, *week), next_day=next_day)
        yield counted


def counted_until(found: Iterable[CountedWeeks], is_enough: Callable[[], bool]) -> CountedWeeks:
    """What is counted by the time when it `is_enough`, or all."""
    counted = CountedWeeks()
    for so_far in found:
        counted = so_far
        if is_enough():
            break
    return counted


def _changes_horizon(change: TableChange) -> bool:
    before, after = change.before or {}, change.after or {}
    return change.key.kind in ("council", "service") and before.get(HORIZON) != after.get(HORIZON)


def _sites_with_visits(council: Catalogue, old: Catalogue, new: Catalogue) -> list[int]:
    """The sites whose visits decide what is free at those concerned: all of them where people work who may be elsewhere."""
    shares_people = any(site.council_wide_ids for concerned in (old, new) for site in concerned.sites)
    return [site.id for site in (council if shares_people else old).sites]


def _is_of_words(change: TableChange) -> bool:
    if change.key.kind in ("ward", "triage"):
        return True
    if change.before is None or change.after is None:
        return False
    before, after = change.before, change.after
    return ONLY_WORDS.issuperset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _concerned(catalogue: Catalogue, imported: Imported) -> Catalogue:
    """The sites whose plan changes, and the services, where no more than services change."""
    changes, kinds = imported.changes, {change.key.kind for change in imported.things}
    sites, services = catalogue.sites, catalogue.services
    if not changes.touches_all:
        sites = tuple(site for site in sites if site.id in changes.touched_site_ids)
    if kinds == {"service"}:
        slugs = {change.key.slugs[0] for change in imported.things}
        services = tuple(service for service in services if service.slug in slugs)
    return replace(catalogue, sites=sites, services=services)


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())
