"""Searches that ended without an appointment, for managers: by service, site, reason and channel, and as a file by day."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Response, render_template, request
from flask_babel import lazy_gettext as _l

from booking.searches import search_ends
from booking.searches.search_count_repository import search_counts
from booking.searches.search_ends import SearchCount
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from locations.triage.tree import COME_TODAY, ELSEWHERE, ONLINE, POST, RING
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import blueprint
from web.first_contact_lines import HOW_ASKED
from web.labels import Labels, label_of
from web.page_context import StaffContext, staff_context
from web.resident.search_state import day_of

PATH = "/staff/searches"
USUAL_DAYS, MOST_DAYS = 28, 366
ENDS: Labels = {
    ONLINE: _l("Led to do it online"),
    POST: _l("Led to do it by post"),
    RING: _l("Told to ring now"),
    COME_TODAY: _l("Told to come today"),
    ELSEWHERE: _l("Sent to somebody else"),
    search_ends.PASSED_BY: _l("Asked for an appointment instead of answering"),
    search_ends.NOTHING_FREE: _l("Nothing was free"),
    search_ends.TIME_GONE: _l("The time went to somebody else"),
    search_ends.NOT_FOR_THEM: _l("Not for them, by its questions or where they live"),
    search_ends.TOO_MANY: _l("They had too many appointments for it"),
    search_ends.OUT_OF_TIME: _l("Too soon or too far ahead"),
    search_ends.WAITS: _l("No time suited: on the waiting list"),
    search_ends.LEFT_QUICKLY: _l("Left the page quickly"),
    search_ends.NOT_BOOKED: _l("Held a time and did not book it"),
}
GROUPS = (
    (_l("Refused"), search_ends.REFUSED),
    (_l("Diverted"), search_ends.DIVERTED),
    (_l("Abandoned"), search_ends.ABANDONED),
)


@dataclass(frozen=True)
class CountLine:
    """How many searches for a service ended so in the period."""

    service: str
    site: str
    reason: str
    channel: str
    number: int


@blueprint.get(PATH)
@requires(Action.MANAGE_SESSIONS)
def searches() -> str:
    """The sums of a period; the last four weeks unless another one is asked for."""
    with staff_context() as context:
        first, last = period_asked(context)
        counts = search_counts(context.db, context.authority.id, first, last)
        groups = [(title, _lines(context, [one for one in counts if one.reason in codes])) for title, codes in GROUPS]
        groups = [(title, lines) for title, lines in groups if lines]
        period = {"from": first.isoformat(), "until": last.isoformat()}
        return render_template("planner/searches.html", first=first, last=last, groups=groups, period=period)


@blueprint.get(f"{PATH}.csv")
@requires(Action.MANAGE_SESSIONS)
def searches_file() -> Response:
    """The same by day, as a file."""
    with staff_context() as context:
        first, last = period_asked(context)
        counts = search_counts(context.db, context.authority.id, first, last)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(("day", "service", "site", "reason", "channel", "number"))
    for one in counts:
        cells = (one.day.isoformat(), one.service, one.site, one.reason, one.channel, str(one.number))
        writer.writerow([safe_cell(cell) for cell in cells])
    headers = {"Content-Disposition": f'attachment; filename="searches-{first}-{last}.csv"'}
    return Response(BYTE_ORDER_MARK + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def period_asked(context: StaffContext) -> tuple[date, date]:
    """From when until when, as the address says; a year at the most."""
    last = min(day_of(request.args.get("until", "")) or context.today, context.today)
    first = day_of(request.args.get("from", "")) or last - timedelta(days=USUAL_DAYS - 1)
    return max(min(first, last), last - timedelta(days=MOST_DAYS - 1)), last


def _lines(context: StaffContext, counts: Sequence[SearchCount]) -> list[CountLine]:
    """The sums, the largest first."""
    services = {one.slug: one.name for one in context.catalogue.services}
    sites = {one.slug: one.name for one in context.catalogue.sites}
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for one in counts:
        sums[one.service, one.site, one.reason, one.channel] += one.number
    return [
        CountLine(
            services.get(service, service),
            sites.get(site, site),
            label_of(ENDS, reason),
            label_of(HOW_ASKED, channel),
            number,
        )
        for (service, site, reason, channel), number in sums.most_common()
    ]
