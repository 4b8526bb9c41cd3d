"""The promises of the services, and how they were kept on the last days."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.promises.promise_rules import Measured, Promise, is_kept
from booking.queries.promise_figures import PromiseView, promises_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import blueprint
from web.account.home import managed_sites_of_staff
from web.page_context import staff_context
from web.request_language import format_day


@dataclass(frozen=True)
class PromiseLine:
    """A promise as the page shows it: what it is, the last figure, for how long it is broken, and the figures before."""

    view: PromiseView
    promise: str
    last: str
    broken: str
    days: tuple[str, ...]


@blueprint.get("/staff/promises")
@requires(Action.MANAGE_SESSIONS)
def promises() -> ResponseReturnValue:
    """What was promised of the services of one's sites, those first that are broken for longest."""
    with staff_context() as context:
        sites = managed_sites_of_staff(context.staff, context.catalogue.sites)
        lines = [_line(view) for view in promises_of(context.db, context.catalogue, context.now, sites)]
        groups = (
            (_("Not kept"), [line for line in lines if line.view.is_alarm]),
            (_("Others"), [line for line in lines if not line.view.is_alarm]),
        )
        may_change = context.staff.may(Action.MANAGE_SET_UP)
        return render_template("planner/promises.html", groups=groups, is_empty=not lines, may_change=may_change)


def _line(view: PromiseView) -> PromiseLine:
    measured = [_day(view, one) for one in view.measured]
    return PromiseLine(
        view,
        _promise(view),
        measured[0] if measured else _("Not measured yet"),
        _broken(view),
        tuple(measured[1:]),
    )


def _promise(view: PromiseView) -> str:
    if view.promise is Promise.THIRD_TIME:
        words = ngettext(
            "The third free time is at most %(num)d day away",
            "The third free time is at most %(num)d days away",
            view.limit,
        )
    else:
        words = ngettext(
            "9 of 10 people are seen within %(num)d minute of their time",
            "9 of 10 people are seen within %(num)d minutes of their time",
            view.limit,
        )
    return str(words)


def _broken(view: PromiseView) -> str:
    days = view.broken_days
    return str(ngettext("For %(num)d day", "For %(num)d days in a row", days)) if days else ""


def _day(view: PromiseView, one: Measured) -> str:
    words = _figure(view.promise, one.figure)
    if not is_kept(one.figure, view.limit):
        words = _("%(figure)s, not kept", figure=words)
    return f"{format_day(one.date)}: {words}"


def _figure(promise: Promise, figure: int | None) -> str:
    if figure is None:
        return str(_("there were not three free times"))
    if promise is Promise.THIRD_TIME:
        return str(ngettext("%(num)d day", "%(num)d days", figure))
    return str(ngettext("%(num)d minute", "%(num)d minutes", figure))
