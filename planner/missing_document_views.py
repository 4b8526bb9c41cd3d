"""People who were turned away because a document was missing: by service and document, and as a file by day."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Response, render_template
from flask_babel import gettext as _

from booking.missing.missing_count_repository import missing_counts
from booking.missing.missing_counts import OTHER, PEOPLE, MissingCount
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import blueprint
from planner.search_count_views import period_asked
from web.account.home import managed_sites_of_staff
from web.page_context import StaffContext, staff_context

PATH = "/staff/turned-away"


@dataclass(frozen=True)
class MissingLine:
    """How many people of a service, at a site, were turned away in the period, and for which document how many of them."""

    service: str
    site: str
    people: int
    documents: tuple[tuple[str, int], ...]


@blueprint.get(PATH)
@requires(Action.MANAGE_SESSIONS)
def turned_away() -> str:
    """The sums of a period at one's sites; the last four weeks unless another one is asked for."""
    with staff_context() as context:
        first, last = period_asked(context)
        lines = _lines(context, _counts(context, first, last))
        period = {"from": first.isoformat(), "until": last.isoformat()}
        return render_template("planner/turned_away.html", first=first, last=last, lines=lines, period=period)


@blueprint.get(f"{PATH}.csv")
@requires(Action.MANAGE_SESSIONS)
def turned_away_file() -> Response:
    """The same by day, as a file."""
    with staff_context() as context:
        first, last = period_asked(context)
        counts = _counts(context, first, last)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(("day", "site", "service", "document", "number"))
    for one in counts:
        cells = (one.day.isoformat(), one.site, one.service, one.document, str(one.number))
        writer.writerow([safe_cell(cell) for cell in cells])
    headers = {"Content-Disposition": f'attachment; filename="turned-away-{first}-{last}.csv"'}
    return Response(BYTE_ORDER_MARK + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _counts(context: StaffContext, first: date, last: date) -> list[MissingCount]:
    sites = [site.slug for site in managed_sites_of_staff(context.staff, context.catalogue.sites)]
    return missing_counts(context.db, context.authority.id, sites, first, last)


def _lines(context: StaffContext, counts: Sequence[MissingCount]) -> list[MissingLine]:
    """The sums, those with most people first."""
    services = {one.slug: one.name for one in context.catalogue.services}
    sites = {one.slug: one.name for one in context.catalogue.sites}
    people: Counter[tuple[str, str]] = Counter()
    documents: dict[tuple[str, str], Counter[str]] = {}
    for one in counts:
        where = (one.service, one.site)
        if one.document == PEOPLE:
            people[where] += one.number
        else:
            documents.setdefault(where, Counter())[one.document] += one.number
    return [
        MissingLine(
            services.get(service, service),
            sites.get(site, site),
            number,
            tuple((_document(name), times) for name, times in documents.get((service, site), Counter()).most_common()),
        )
        for (service, site), number in people.most_common()
    ]


def _document(name: str) -> str:
    return str(_("Another document")) if name == OTHER else name
