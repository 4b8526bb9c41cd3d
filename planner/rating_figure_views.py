"""How people found their visits, for managers: by service and site, and as a file. Fewer than five answers show nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

from flask import Response, render_template, request
from flask_babel import gettext as _

from booking.ratings.rating_repository import rating_figures
from booking.ratings.rating_rules import FEWEST, MARKS, RatingFigures, months_shown
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import blueprint
from web.account.home import managed_sites_of_staff
from web.page_context import StaffContext, staff_context

PATH = "/staff/ratings"


@blueprint.get(PATH)
@requires(Action.MANAGE_SESSIONS)
def ratings() -> str:
    """The figures of a month at one's sites; of the last one that is over unless another one is asked for."""
    with staff_context() as context:
        month = _month_asked(context)
        return render_template(
            "planner/ratings.html",
            month=month,
            months=months_shown(context.today),
            lines=_figures(context, month),
            names=_names(context),
            marks=MARKS,
            fewest=FEWEST,
        )


@blueprint.get(f"{PATH}.csv")
@requires(Action.MANAGE_SESSIONS)
def ratings_file() -> Response:
    """The same as a file, without what people wrote."""
    with staff_context() as context:
        month = _month_asked(context)
        lines = _figures(context, month)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(("site", "service", "answers", "average", *(f"mark {mark}" for mark in MARKS)))
    for one in lines:
        numbers = (str(one.answers), f"{one.average:.2f}", *map(str, one.numbers)) if one.is_shown else (_few(),)
        cells = (one.site, one.service, *numbers, *("" for _blank in range(0 if one.is_shown else 1 + len(MARKS))))
        writer.writerow([safe_cell(cell) for cell in cells])
    headers = {"Content-Disposition": f'attachment; filename="ratings-{month:%Y-%m}.csv"'}
    return Response(BYTE_ORDER_MARK + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _few() -> str:
    return str(_("fewer than %(fewest)s", fewest=FEWEST))


def _month_asked(context: StaffContext) -> date:
    """Of the months that are shown the one that the address names, else the newest."""
    shown = months_shown(context.today)
    return next((one for one in shown if f"{one:%Y-%m}" == request.args.get("month", "")), shown[0])


def _figures(context: StaffContext, month: date) -> Sequence[RatingFigures]:
    sites = [site.slug for site in managed_sites_of_staff(context.staff, context.catalogue.sites)]
    return rating_figures(context.db, context.authority.id, sites, month, context.today)


def _names(context: StaffContext) -> Mapping[str, str]:
    """The names of services and sites by their kind and slug."""
    sites = {f"site {one.slug}": one.name for one in context.catalogue.sites}
    return sites | {f"service {one.slug}": one.name for one in context.catalogue.services}
