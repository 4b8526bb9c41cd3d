"""What became of the messages of a day, for managers: figures that open to the messages, and what goes out tomorrow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from core.errors import NotFound
from core.tokens import spoken_reference
from core.wall_clock import wall_instant
from locations.model import SiteFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.allowances import allowances
from reminders.delivery_decisions import PENDING
from reminders.ledger_queries import Ledger, LedgerAlarm, ledger_alarms, ledger_lines, ledger_messages
from reminders.message_outcomes import OUTCOMES
from reminders.recipients import family_of
from web.account.pause_lines import pause_lines
from web.labels import Labels
from web.manage.closure_context import managed_sites, sites_to_shut
from web.manage.manage_blueprint import blueprint
from web.message_labels import MESSAGE_CHANNELS, MESSAGE_KINDS, MESSAGE_OUTCOMES, message_reason
from web.page_context import StaffContext, date_of, staff_context

PATH = "/staff/ledger"
MOST_SHOWN = 200
ALARMS: Labels = {
    LedgerAlarm.UNBALANCED: _l(
        "The account does not add up: a message is in no known state. Tell who runs the service."
    ),
    LedgerAlarm.OVERDUE: _l("Nothing has been sent for some time, though messages are due. Tell who runs the service."),
    LedgerAlarm.FAILING: _l("More messages than usual could not be sent in the last day. Open the figures to see why."),
    LedgerAlarm.QUIET: _l(
        "Nothing has been sent for longer than is usual here, though people book or come. Tell who runs the service."
    ),
    LedgerAlarm.UNPLANNED: _l("An appointment was booked and no message is owed about it. Tell who runs the service."),
}


@dataclass(frozen=True)
class LedgerDay:
    """The day and the site that somebody looks at; no site is all that they manage."""

    day: date
    site: SiteFacts | None
    ledger: Ledger

    @property
    def query(self) -> dict[str, str]:
        """What an address says of it."""
        return {"day": self.day.isoformat()} | ({"site": self.site.slug} if self.site else {})


@blueprint.get(PATH)
@requires(Action.MANAGE_CLOSURES)
def ledger() -> str:
    """The figures of a day by kind, channel and outcome, with what is not in order, and what will go out the day after."""
    with staff_context() as context:
        shown = _day(context)
        tomorrow = _day_of(context, context.today + timedelta(days=1), shown.site)
        return render_template(
            "manage/ledger.html",
            shown=shown,
            sites=sites_to_shut(context),
            lines=ledger_lines(context.db, shown.ledger),
            day_after=tomorrow,
            tomorrow=[line for line in ledger_lines(context.db, tomorrow.ledger) if line.outcomes.get(PENDING)],
            alarms=[ALARMS[alarm] for alarm in ledger_alarms(context.db, context.authority.id, context.now)],
            allowances=allowances(context.db, context.runtime.settings, context.now),
            pauses=pause_lines(context),
            outcomes=OUTCOMES,
            kinds=MESSAGE_KINDS,
            channels=MESSAGE_CHANNELS,
            outcome_labels=MESSAGE_OUTCOMES,
        )


@blueprint.get(f"{PATH}/<kind>/<channel>/<outcome>")
@requires(Action.MANAGE_CLOSURES)
def ledger_list(kind: str, channel: str, outcome: str) -> str:
    """The messages of one figure: each leads to all messages of its appointment. Raises: NotFound for what is no figure."""
    if not (family_of(kind) in MESSAGE_KINDS and channel in MESSAGE_CHANNELS and outcome in MESSAGE_OUTCOMES):
        raise NotFound
    with staff_context() as context:
        shown = _day(context)
        found = ledger_messages(context.db, shown.ledger, kind, channel, outcome, MOST_SHOWN + 1)
        return render_template(
            "manage/ledger_list.html",
            shown=shown,
            rows=found[:MOST_SHOWN],
            is_cut=len(found) > MOST_SHOWN,
            kind=MESSAGE_KINDS.get(kind, kind),
            channel=MESSAGE_CHANNELS.get(channel, channel),
            outcome=MESSAGE_OUTCOMES.get(outcome, outcome),
            zone=context.zone,
            message_reason=message_reason,
            spoken=spoken_reference,
        )


def _day(context: StaffContext) -> LedgerDay:
    """What the address asks for: today at all sites without a word. Raises: NotFound."""
    asked = request.args.get("day", "")
    slug = request.args.get("site", "")
    site = next((site for site in sites_to_shut(context) if site.slug == slug), None)
    return _day_of(context, date_of(asked) if asked else context.today, site)


def _day_of(context: StaffContext, day: date, site: SiteFacts | None) -> LedgerDay:
    first, end = (wall_instant(one, time.min, context.zone) for one in (day, day + timedelta(days=1)))
    managed = managed_sites(context)
    return LedgerDay(day, site, Ledger(context.authority.id, first, end, [site.id] if site else managed))
