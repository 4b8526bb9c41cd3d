"""Where bookings leave, or could leave, somebody without a break."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta

from flask_babel import gettext as _

from booking.availability.bits import NOTHING, Bits, span, spans
from booking.availability.breaks import lacks_break
from booking.queries.week_plan import DayPlan
from core.wall_clock import TICK_MINUTES
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit
from locations.model import PERSON_KINDS
from locations.session_tables import PlainSession, session_hours, session_of
from planner.session_context import sessions_by_key
from web.page_context import SiteContext
from web.request_language import format_day

LOOKED_AT = timedelta(weeks=8)
MOST_SHOWN = 10


def break_notes(plan: DayPlan) -> Iterator[str]:
    """Who is booked on the day without a break, and who could be."""
    for one in plan.resources:
        if one.resource.kind not in PERSON_KINDS:
            continue
        name = one.resource.name
        if lacks_break(spans((max(seat.first_tick, 0), seat.last_tick) for seat in one.taken)):
            yield _("%(name)s is booked for more than six hours without a break of 20 minutes", name=name)
        elif lacks_break(one.open_ticks):
            yield _("Bookings could leave %(name)s more than six hours without a break of 20 minutes", name=name)


def break_warnings(context: SiteContext, edits: Sequence[Edit]) -> list[str]:
    """Whom the edits of sessions could leave without a break, and on which day first; not where it was so before."""
    before = {key: one.session for key, one in sessions_by_key(context).items()}
    after = dict(before)
    for edit in edits:
        after.pop(edit.key, None)
    new = {edit.key: session_of(edit.table) for edit in edits if edit.table is not None}
    opened = {slug for session in new.values() for slug in session.resources}
    return list(_of_people(context, opened, before, after | new))[:MOST_SHOWN]


def _of_people(
    context: SiteContext, opened: set[str], before: dict[Key, PlainSession], after: dict[Key, PlainSession]
) -> Iterator[str]:
    people = {one.slug: one for one in (*context.catalogue.people, *context.site.resources)}
    for slug in sorted(opened & people.keys()):
        person = people[slug]
        if person.kind not in PERSON_KINDS:
            continue
        site = "" if person.is_council_wide else context.site.slug
        was, work = (_work(_of_person(sessions, slug, site), context.today) for sessions in (before, after))
        longer = (day for day, bits in work.items() if lacks_break(bits) and bits & ~was.get(day, NOTHING))
        day = min(longer, default=None)
        if day is not None:
            yield _(
                "Bookings could leave %(name)s more than six hours without a break of 20 minutes, first on %(day)s",
                name=person.name,
                day=format_day(day),
            )


def _of_person(sessions: dict[Key, PlainSession], slug: str, site: str) -> Iterator[PlainSession]:
    """The sessions of a person at the site, or at every one where it is empty."""
    return (one for key, one in sessions.items() if slug in one.resources and site in ("", key.slugs[0]))


def _work(sessions: Iterable[PlainSession], today: date) -> dict[date, Bits]:
    """The ticks of the sessions on each of the next days."""
    work: dict[date, Bits] = defaultdict(lambda: NOTHING)
    for session in sessions:
        for day, hours in session_hours(session, today, today + LOOKED_AT):
            for starts, ends in hours.parts:
                work[day] |= span(_tick(starts), _tick(ends))
    return work


def _tick(at: time) -> int:
    return (at.hour * 60 + at.minute) // TICK_MINUTES
