"""The slots that appear and disappear with a change of the set-up, by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.availability.bookings_that_fit import ServiceSlot, change_of_capacity
from booking.availability.values import BookedVisit
from booking.use_cases.import_locations import Imported
from core.wall_clock import local_date_of
from locations.importing.set_up_tables import TableChange
from locations.model import Catalogue
from locations.own_words import TRANSLATED, translation_keys

WEEKS = 8
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
            "text_number",
            "text_sender_id",
            "publishes_availability",
            "summary",
        ),
        *(
            "also_called",
            "documents",
            "documents_by_case",
            "triage_questions",
            "online_instead",
            "online_url",
            "post_instead",
            "open_limit",
        ),
        *("cancel_cutoff_minutes", "reminder_plan", "address", "directions", "joining_address", "rings_from"),
        *("ring_minutes", "privacy", "accessibility", "reason", "bookable_online", "successor", "where_to_go"),
        *("catchment", "wards", "postcodes", "catchment_kind", "catchment_instead"),
        *("catchment_may_be_passed", "named_adviser"),
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


def weeks_of(
    before: Catalogue, after: Catalogue, imported: Imported, read_visits: ReadVisits, now: datetime
) -> tuple[WeekOfSlots, ...]:
    """The weeks, of the next ones, in which slots appear or disappear; none where the change is of words alone.

    `read_visits` gives the booked visits at some sites.
    """
    if all(map(_is_of_words, imported.things)):
        return ()
    zone = after.authority.zone
    today = now.astimezone(ZoneInfo(zone)).date()
    dates = (today, _monday(today) + timedelta(weeks=WEEKS, days=-1))
    old, new = (_concerned(catalogue, imported) for catalogue in (before, after))
    visits = read_visits(_sites_with_visits(before, old, new))
    capacity = change_of_capacity(old, new, visits, dates, now)
    more, fewer = (_by_week(slots, zone) for slots in (capacity.appearing, capacity.disappearing))
    return tuple(WeekOfSlots(monday, more[monday], fewer[monday]) for monday in sorted(more.keys() | fewer.keys()))


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


def _by_week(slots: Iterable[ServiceSlot], zone: str) -> Counter[date]:
    weeks: Counter[date] = Counter()
    for slot in slots:
        weeks[_monday(local_date_of(slot.start_unit, zone))] += slot.free
    return weeks


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
